//! The answers, made once.

/// Events of a stream.
const EVENTS: usize = 64;

/// What one path gets.
pub(crate) enum Answer<'a> {
    /// All of it.
    AtOnce(&'a [u8]),
    /// One piece after the other.
    InPieces(&'a [Vec<u8>], Pace),
}

/// What is between two pieces.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pace {
    /// Nothing: each is one write, right after the other.
    Flushed,
    /// Five milliseconds.
    Paced,
}

/// The answers of both wires.
pub(crate) struct Answers {
    chat: Wire,
    messages: Wire,
}

/// One wire's answers, with their heads.
struct Wire {
    plain: Vec<u8>,
    burst: Vec<u8>,
    pieces: Vec<Vec<u8>>,
}

impl Answers {
    pub(crate) fn new() -> Self {
        Self {
            chat: Wire::new(&chat_answer(), &chat_events()),
            messages: Wire::new(&messages_answer(), &messages_events()),
        }
    }

    /// The answer to the request of this head.
    pub(crate) fn of(&self, head: &str) -> Answer<'_> {
        let path = head.split(' ').nth(1).unwrap_or_default();
        let wire = if path.ends_with("/messages") { &self.messages } else { &self.chat };
        match path.split('/').nth(1) {
            Some("burst") => Answer::AtOnce(&wire.burst),
            Some("flushed") => Answer::InPieces(&wire.pieces, Pace::Flushed),
            Some("paced") => Answer::InPieces(&wire.pieces, Pace::Paced),
            _ => Answer::AtOnce(&wire.plain),
        }
    }
}

impl Wire {
    fn new(answer: &str, events: &[String]) -> Self {
        let head = "HTTP/1.1 200 OK\r\nx-request-id: req_0123456789abcdef\r\nx-ratelimit-remaining-requests: 9999\r\n";
        let plain = format!(
            "{head}content-type: application/json\r\ncontent-length: {}\r\n\r\n{answer}",
            answer.len()
        );
        let stream_head = format!(
            "{head}content-type: text/event-stream; charset=utf-8\r\ntransfer-encoding: chunked\r\n\r\n"
        );
        let mut pieces: Vec<Vec<u8>> =
            events.iter().map(|event| format!("{:x}\r\n{event}\r\n", event.len()).into_bytes()).collect();
        pieces[0].splice(..0, stream_head.into_bytes());
        pieces[events.len() - 1].extend_from_slice(b"0\r\n\r\n");
        Self { plain: plain.into_bytes(), burst: pieces.concat(), pieces }
    }
}

/// Some 600 bytes of words.
fn words() -> String {
    (0..100).map(|n| format!("word{n} ")).collect()
}

fn chat_answer() -> String {
    format!(
        r#"{{"id":"chatcmpl-0123456789","object":"chat.completion","created":1700000000,"model":"gpt-4o-mini-2024-07-18","choices":[{{"index":0,"message":{{"role":"assistant","content":"{}","refusal":null,"annotations":[]}},"logprobs":null,"finish_reason":"stop"}}],"usage":{{"prompt_tokens":200,"completion_tokens":150,"total_tokens":350,"prompt_tokens_details":{{"cached_tokens":0,"audio_tokens":0}},"completion_tokens_details":{{"reasoning_tokens":0,"audio_tokens":0}}}},"service_tier":"default","system_fingerprint":"fp_0123456789"}}"#,
        words()
    )
}

fn chat_events() -> Vec<String> {
    let chunk = |rest: &str| {
        format!(
            "data: {{\"id\":\"chatcmpl-0123456789\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,\"model\":\"gpt-4o-mini-2024-07-18\",\"service_tier\":\"default\",\"system_fingerprint\":\"fp_0123456789\",{rest}}}\n\n"
        )
    };
    let delta = |delta: &str, finish: &str| {
        chunk(&format!(
            r#""choices":[{{"index":0,"delta":{delta},"logprobs":null,"finish_reason":{finish}}}],"usage":null"#
        ))
    };
    let mut events = vec![delta(r#"{"role":"assistant","content":"","refusal":null}"#, "null")];
    events.extend((0..EVENTS - 4).map(|n| delta(&format!(r#"{{"content":" word{n}"}}"#), "null")));
    events.push(delta("{}", r#""stop""#));
    events.push(chunk(
        r#""choices":[],"usage":{"prompt_tokens":200,"completion_tokens":60,"total_tokens":260,"prompt_tokens_details":{"cached_tokens":0}}"#,
    ));
    events.push("data: [DONE]\n\n".to_owned());
    events
}

fn messages_answer() -> String {
    format!(
        r#"{{"id":"msg_0123456789","type":"message","role":"assistant","model":"claude-sonnet-4-5-20250929","content":[{{"type":"text","text":"{}"}}],"stop_reason":"end_turn","stop_sequence":null,"usage":{{"input_tokens":200,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":150,"service_tier":"standard"}}}}"#,
        words()
    )
}

fn messages_events() -> Vec<String> {
    let event = |name: &str, rest: &str| format!("event: {name}\ndata: {{\"type\":\"{name}\"{rest}}}\n\n");
    let mut events = vec![
        event(
            "message_start",
            r#","message":{"id":"msg_0123456789","type":"message","role":"assistant","model":"claude-sonnet-4-5-20250929","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":200,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":1}}"#,
        ),
        event("content_block_start", r#","index":0,"content_block":{"type":"text","text":""}"#),
    ];
    events.extend((0..EVENTS - 5).map(|n| {
        event(
            "content_block_delta",
            &format!(r#","index":0,"delta":{{"type":"text_delta","text":" word{n}"}}"#),
        )
    }));
    events.push(event("content_block_stop", r#","index":0"#));
    events.push(event(
        "message_delta",
        r#","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":60}"#,
    ));
    events.push(event("message_stop", ""));
    events
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_have_as_many_events_as_they_should() {
        assert_eq!(chat_events().len(), EVENTS);
        assert_eq!(messages_events().len(), EVENTS);
    }

    #[test]
    fn the_path_tells_wire_and_manner() {
        let answers = Answers::new();
        let of = |path: &str| match answers.of(&format!("POST {path} HTTP/1.1")) {
            Answer::AtOnce(bytes) => (1, String::from_utf8_lossy(bytes).contains("chatcmpl")),
            Answer::InPieces(pieces, _) => {
                (pieces.len(), String::from_utf8_lossy(&pieces[0]).contains("chatcmpl"))
            }
        };
        assert_eq!(of("/plain/v1/chat/completions"), (1, true));
        assert_eq!(of("/burst/v1/messages"), (1, false));
        assert_eq!(of("/flushed/v1/messages"), (EVENTS, false));
        assert_eq!(of("/paced/v1/chat/completions"), (EVENTS, true));
    }
}
