//! The answers, made once.

use crate::wires;

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

/// The answers of all wires.
pub(crate) struct Answers {
    chat: Wire,
    messages: Wire,
    gemini: Wire,
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
            chat: Wire::new(&wires::chat_answer(), &wires::chat_events()),
            messages: Wire::new(&wires::messages_answer(), &wires::messages_events()),
            gemini: Wire::new(&wires::gemini_answer(), &wires::gemini_events()),
        }
    }

    /// The answer to the request of this head.
    pub(crate) fn of(&self, head: &str) -> Answer<'_> {
        let path = head.split(' ').nth(1).unwrap_or_default();
        let wire = match path {
            _ if path.ends_with("/messages") => &self.messages,
            _ if path.contains("enerateContent") => &self.gemini,
            _ => &self.chat,
        };
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wires::EVENTS;

    #[test]
    fn streams_have_as_many_events_as_they_should() {
        for events in [wires::chat_events(), wires::messages_events(), wires::gemini_events()] {
            assert_eq!(events.len(), EVENTS);
        }
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
        assert_eq!(of("/burst/v1/models/gemini-2.5-flash:streamGenerateContent?alt=sse"), (1, false));
    }
}
