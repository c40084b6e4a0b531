//! An agent's conversation as Anthropic's clients send it.

use super::{CODE, PROSE, SCHEMA, arguments, fill, quoted, tool_count};

/// Tools, and turns of prose, tool calls, and code full of escapes, up to the size.
pub(super) fn conversation(size: usize) -> String {
    let tools = (0..tool_count(size)).map(tool).collect::<Vec<_>>().join(",");
    let system = quoted(PROSE);
    let turns = fill(size - tools.len() - system.len(), turn);
    format!("\"system\":{system},\"tools\":[{tools}],\"messages\":[{turns}]")
}

fn tool(index: usize) -> String {
    format!("{{\"name\":\"tool_{index}\",\"description\":{},\"input_schema\":{SCHEMA}}}", quoted(PROSE))
}

fn turn(turn: usize) -> String {
    [
        format!("{{\"role\":\"user\",\"content\":{}}}", quoted(&PROSE.repeat(3))),
        format!(
            "{{\"role\":\"assistant\",\"content\":[{{\"type\":\"text\",\"text\":{}}},{{\"type\":\"tool_use\",\
             \"id\":\"toolu_{turn}\",\"name\":\"tool_0\",\"input\":{}}}]}}",
            quoted(PROSE),
            arguments(turn)
        ),
        format!(
            "{{\"role\":\"user\",\"content\":[{{\"type\":\"tool_result\",\"tool_use_id\":\"toolu_{turn}\",\
             \"content\":{}}}]}}",
            quoted(&CODE.repeat(4))
        ),
    ]
    .join(",")
}
