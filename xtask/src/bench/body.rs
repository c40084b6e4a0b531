//! What is sent: a short question, or what agents send.

use super::scenario::{Manner, Scenario, Wire};

const PROSE: &str = "The cache is consulted before the request is sent, so a stale entry would be served; \
    I think the key lacks the tenant. Let me read the two places where it is made and compare them. ";
const CODE: &str = "    fn lookup(&self, key: &Key) -> Option<Entry> {\n        let \"quoted\" = self.map.get(key)?;\n\
    \t\tif entry.is_stale() { return None; } // \\ path\\to\\file\n    }\n";

/// The body of a scenario's requests. The gateway chooses the provider by the model's name, the
/// others are sent to it.
pub(super) fn request(scenario: &Scenario, named: bool) -> String {
    let provider = match scenario.wire {
        Wire::Chat => "openai",
        Wire::Messages => "anthropic",
    };
    let model = match (named, scenario.wire) {
        (false, _) => "gpt-4o-mini".to_owned(),
        (true, Wire::Chat) => format!("{provider}-{}/gpt-4o-mini", scenario.manner.name()),
        (true, Wire::Messages) => format!("{provider}-{}/claude-sonnet-4-5", scenario.manner.name()),
    };
    let stream = match scenario.manner {
        Manner::Plain => "",
        Manner::Burst | Manner::Flushed | Manner::Paced => {
            "\"stream\":true,\"stream_options\":{\"include_usage\":true},"
        }
    };
    let head = format!("{{\"model\":\"{model}\",{stream}\"temperature\":0.2,\"max_tokens\":4096,");
    if scenario.body < 5_000 {
        let question = quoted(&PROSE.repeat(scenario.body.div_ceil(PROSE.len()))[..scenario.body - 200]);
        return format!("{head}\"messages\":[{{\"role\":\"user\",\"content\":{question}}}]}}");
    }
    format!("{head}\"tools\":[{}],\"messages\":[{}]}}", tools(scenario.body), turns(scenario.body))
}

/// A tool with a schema for each five kilobytes.
fn tools(size: usize) -> String {
    let tool = |index: usize| {
        format!(
            "{{\"type\":\"function\",\"function\":{{\"name\":\"tool_{index}\",\"description\":{},\"parameters\":\
             {{\"type\":\"object\",\"required\":[\"path\",\"old\"],\"properties\":{{\
             \"path\":{{\"type\":\"string\",\"description\":\"The file, absolute\"}},\
             \"old\":{{\"type\":\"string\",\"description\":\"What stands there now\"}},\
             \"count\":{{\"type\":\"integer\",\"minimum\":1,\"maximum\":100}},\
             \"mode\":{{\"type\":\"string\",\"enum\":[\"plain\",\"regex\"]}}}}}}}}}}",
            quoted(PROSE)
        )
    };
    (0..(size / 5_000).clamp(1, 20)).map(tool).collect::<Vec<_>>().join(",")
}

/// Turns of prose, tool calls, and code full of escapes, up to the size.
fn turns(size: usize) -> String {
    let mut turns = format!("{{\"role\":\"system\",\"content\":{}}}", quoted(PROSE));
    for turn in 0.. {
        let call = format!("{{\"path\":\"/src/part_{turn}.rs\",\"old\":{}}}", quoted(&CODE.repeat(2)));
        let messages = [
            format!("{{\"role\":\"user\",\"content\":{}}}", quoted(&PROSE.repeat(3))),
            format!(
                "{{\"role\":\"assistant\",\"content\":{},\"tool_calls\":[{{\"id\":\"call_{turn}\",\"type\":\"function\",\
                 \"function\":{{\"name\":\"tool_0\",\"arguments\":{}}}}}]}}",
                quoted(PROSE),
                quoted(&call)
            ),
            format!(
                "{{\"role\":\"tool\",\"tool_call_id\":\"call_{turn}\",\"content\":{}}}",
                quoted(&CODE.repeat(4))
            ),
        ];
        let whole = messages.join(",");
        if turn > 0 && turns.len() + whole.len() + tools(size).len() > size {
            break;
        }
        turns.push(',');
        turns.push_str(&whole);
    }
    turns
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
        for scenario in &SCENARIOS {
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
