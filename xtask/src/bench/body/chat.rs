//! An agent's conversation as OpenAI's clients send it.

use super::{CODE, PROSE, SCHEMA, arguments, fill, quoted, tool_count};

/// Tools, and turns of prose, tool calls, and code full of escapes, up to the size.
pub(super) fn conversation(size: usize) -> String {
    let tools = (0..tool_count(size)).map(tool).collect::<Vec<_>>().join(",");
    let system = format!("{{\"role\":\"system\",\"content\":{}}}", quoted(PROSE));
    let turns = fill(size - tools.len() - system.len(), turn);
    format!("\"tools\":[{tools}],\"messages\":[{system},{turns}]")
}

fn tool(index: usize) -> String {
    format!(
        "{{\"type\":\"function\",\"function\":{{\"name\":\"tool_{index}\",\"description\":{},\"parameters\":{SCHEMA}}}}}",
        quoted(PROSE)
    )
}

fn turn(turn: usize) -> String {
    [
        format!("{{\"role\":\"user\",\"content\":{}}}", quoted(&PROSE.repeat(3))),
        format!(
            "{{\"role\":\"assistant\",\"content\":{},\"tool_calls\":[{{\"id\":\"call_{turn}\",\"type\":\"function\",\
             \"function\":{{\"name\":\"tool_0\",\"arguments\":{}}}}}]}}",
            quoted(PROSE),
            quoted(&arguments(turn))
        ),
        format!(
            "{{\"role\":\"tool\",\"tool_call_id\":\"call_{turn}\",\"content\":{}}}",
            quoted(&CODE.repeat(4))
        ),
    ]
    .join(",")
}
