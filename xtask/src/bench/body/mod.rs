//! What is sent: a short question, or what agents send, in the caller's protocol.

mod chat;
mod messages;

use super::scenario::{Manner, Protocol, Scenario};

const PROSE: &str = "The cache is consulted before the request is sent, so a stale entry would be served; \
    I think the key lacks the tenant. Let me read the two places where it is made and compare them. ";
const CODE: &str = "    fn lookup(&self, key: &Key) -> Option<Entry> {\n        let \"quoted\" = self.map.get(key)?;\n\
    \t\tif entry.is_stale() { return None; } // \\ path\\to\\file\n    }\n";

/// The schema of a tool's arguments.
const SCHEMA: &str = r#"{"type":"object","required":["path","old"],"properties":{"path":{"type":"string","description":"The file, absolute"},"old":{"type":"string","description":"What stands there now"},"count":{"type":"integer","minimum":1,"maximum":100},"mode":{"type":"string","enum":["plain","regex"]}}}"#;

/// The body of a scenario's requests. The gateway chooses the provider by the model's name, the
/// others are sent to it.
pub(super) fn request(scenario: &Scenario, named: bool) -> String {
    let (provider, model) = match scenario.wire {
        Protocol::Chat => ("openai", "gpt-4o-mini"),
        Protocol::Messages => ("anthropic", "claude-sonnet-4-5"),
        Protocol::Gemini => ("gemini", "gemini-2.5-flash"),
    };
    let model = match named {
        true => format!("{provider}-{}/{model}", scenario.manner.name()),
        false => model.to_owned(),
    };
    let messages = scenario.front == Protocol::Messages;
    let stream = match (scenario.manner, messages) {
        (Manner::Plain, _) => "",
        (_, true) => "\"stream\":true,",
        (_, false) => "\"stream\":true,\"stream_options\":{\"include_usage\":true},",
    };
    let head = format!("{{\"model\":\"{model}\",{stream}\"temperature\":0.2,\"max_tokens\":4096,");
    if scenario.body < 5_000 {
        let question = quoted(&PROSE.repeat(scenario.body.div_ceil(PROSE.len()))[..scenario.body - 200]);
        return format!("{head}\"messages\":[{{\"role\":\"user\",\"content\":{question}}}]}}");
    }
    let rest =
        if messages { messages::conversation(scenario.body) } else { chat::conversation(scenario.body) };
    format!("{head}{rest}}}")
}

/// How many tools go with a body of this size: one for each five kilobytes.
fn tool_count(size: usize) -> usize {
    (size / 5_000).clamp(1, 20)
}

/// Turns, one after the other, for as long as they fit into the size.
fn fill(size: usize, turn: impl Fn(usize) -> String) -> String {
    let mut turns = turn(0);
    for next in 1.. {
        let turn = turn(next);
        if turns.len() + turn.len() > size {
            break;
        }
        turns.push(',');
        turns.push_str(&turn);
    }
    turns
}

/// The arguments of a turn's tool call.
fn arguments(turn: usize) -> String {
    format!("{{\"path\":\"/src/part_{turn}.rs\",\"old\":{}}}", quoted(&CODE.repeat(2)))
}

/// The text as a JSON string.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::super::scenario::SCENARIOS;
    use super::*;

    #[test]
    fn bodies_have_about_the_size_that_they_should() {
        for scenario in SCENARIOS {
            let length = request(scenario, true).len();
            let off = length.abs_diff(scenario.body) as f64 / scenario.body as f64;
            assert!(off < 0.25, "{}: {length}", scenario.name);
        }
    }

    #[test]
    fn text_is_escaped() {
        assert_eq!(quoted("a\"\\\n\tb"), r#""a\"\\\n\tb""#);
    }
}
