//! The fields of one event.

use std::borrow::Cow;

/// One event, read from its raw bytes. Nothing is copied unless the data has several lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SseEvent<'a> {
    /// The last `event:` field; empty if there is none.
    pub name: &'a [u8],
    /// The `data:` fields, joined by `\n`; `None` if there are none, as in a block of comments.
    ///
    /// Some providers forget the blank line between events: then each line is a message.
    pub data: Option<Cow<'a, [u8]>>,
    /// The last `id:` field.
    pub id: Option<&'a [u8]>,
    /// The last `retry:` field, in milliseconds.
    pub retry: Option<u64>,
    /// Whether there are lines with no field that the standard knows, which it says to ignore. Some
    /// providers send an error as bare JSON: it is to be looked for in the raw bytes then.
    pub foreign: bool,
}

impl<'a> SseEvent<'a> {
    /// Reads the fields of `raw`, which [`SseFramer`](super::SseFramer) gave.
    pub fn read(raw: &'a [u8]) -> Self {
        let mut event = Self::default();
        let mut rest = raw;
        while !rest.is_empty() {
            let end = memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
            let (line, after) = rest.split_at(end);
            event.line(line);
            // A `\r\n` leaves its `\n` behind as a blank line, which says nothing.
            rest = after.get(1..).unwrap_or(&[]);
        }
        event
    }

    fn line(&mut self, line: &'a [u8]) {
        let (field, value) = match memchr::memchr(b':', line) {
            Some(colon) => {
                let (field, value) = line.split_at(colon);
                let value = value.strip_prefix(b":").unwrap_or(value);
                (field, value.strip_prefix(b" ").unwrap_or(value))
            }
            None => (line, &[][..]),
        };
        match field {
            b"data" => match &mut self.data {
                None => self.data = Some(Cow::Borrowed(value)),
                Some(data) => {
                    let data = data.to_mut();
                    data.push(b'\n');
                    data.extend_from_slice(value);
                }
            },
            b"event" => self.name = value,
            b"id" if !value.contains(&0) => self.id = Some(value),
            b"retry" if !value.is_empty() && value.iter().all(u8::is_ascii_digit) => {
                self.retry = std::str::from_utf8(value).ok().and_then(|digits| digits.parse().ok());
            }
            b"id" | b"retry" | b"" => {}
            _ => self.foreign = true,
        }
    }
}
