//! Server-sent events, read in the plainest way that the HTML standard allows: this reader judges
//! the gateway's and shares nothing with it.

/// One event, or one comment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Event {
    /// The `event:` field.
    pub(crate) name: Option<String>,
    /// The `data:` lines, joined.
    pub(crate) data: Option<String>,
    /// Comment lines.
    pub(crate) comments: Vec<String>,
}

/// All events of a complete stream.
pub(crate) fn events(text: &str) -> Vec<Event> {
    let mut reader = Reader::default();
    let mut all = reader.push(text.as_bytes());
    all.extend(reader.push(b"\n\n"));
    all
}

/// Reads events as bytes come.
#[derive(Default)]
pub(crate) struct Reader {
    rest: Vec<u8>,
}

impl Reader {
    /// The events that these bytes complete.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Vec<Event> {
        self.rest.extend(bytes.iter().filter(|byte| **byte != b'\r'));
        let mut events = Vec::new();
        while let Some(end) = self.rest.windows(2).position(|pair| pair == b"\n\n") {
            let block: Vec<u8> = self.rest.drain(..end + 2).collect();
            let event = block_event(&String::from_utf8_lossy(&block));
            if event != Event::default() {
                events.push(event);
            }
        }
        events
    }
}

fn block_event(block: &str) -> Event {
    let mut event = Event::default();
    let value = |line: &str| line.strip_prefix(' ').unwrap_or(line).to_owned();
    for line in block.lines() {
        if let Some(comment) = line.strip_prefix(':') {
            event.comments.push(value(comment));
        } else if let Some(name) = line.strip_prefix("event:") {
            event.name = Some(value(name));
        } else if let Some(data) = line.strip_prefix("data:") {
            match &mut event.data {
                Some(all) => {
                    all.push('\n');
                    all.push_str(&value(data));
                }
                None => event.data = Some(value(data)),
            }
        }
    }
    event
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_comments_and_names() {
        let events = events(": hi\n\ndata: a\r\ndata:b\n\nevent: error\ndata: {}\n\n");
        assert_eq!(events[0].comments, ["hi"]);
        assert_eq!(events[1].data.as_deref(), Some("a\nb"));
        assert_eq!(events[2].name.as_deref(), Some("error"));
    }
}
