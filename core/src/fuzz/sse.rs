//! Any split of a stream gives the same events.

use bytes::Bytes;

use crate::frame::sse::{SseError, SseEvent, SseFramer, Unfinished};

pub(super) const SEEDS: &[&[u8]] = &[
    b"\x10\x03data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\ndata: [DONE]\n\n",
    b"\x40\x01event: message_start\r\ndata: {}\r\n\r\nevent: ping\r\ndata: {\"type\": \"ping\"}\r\n\r\n",
    "\u{0}\u{7}\u{feff}: comment\rid: 1\rretry: 5\rdata: é\rdata: 😀\r\rdata: cut".as_bytes(),
    b"\x05\x02\n\r\n\rdata\n\n{\"error\":{\"message\":\"x\"}}\n\n",
];

/// Framed whole, in pieces and byte by byte, the same comes out. The first byte says how large an event
/// may be, the second how large the pieces are; the rest is the stream.
pub fn sse(bytes: &[u8]) {
    let [limit, size, stream @ ..] = bytes else { return };
    let limit = usize::from(*limit) * 4;
    let whole = frame(limit, [stream].into_iter());
    assert_eq!(frame(limit, stream.chunks(1)), whole);
    assert_eq!(frame(limit, stream.chunks(1 + usize::from(*size))), whole);
    for raw in whole.0.iter().flatten() {
        assert!(raw.len() <= limit);
        _ = SseEvent::read(raw);
    }
}

/// All that comes out of a stream in these pieces.
pub(crate) fn frame<'a>(
    limit: usize,
    pieces: impl Iterator<Item = &'a [u8]>,
) -> (Vec<Result<Bytes, SseError>>, Option<Unfinished>) {
    let mut framer = SseFramer::new(limit);
    let mut events = Vec::new();
    for piece in pieces {
        framer.push(Bytes::copy_from_slice(piece));
        while let Some(event) = framer.next() {
            events.push(event);
        }
    }
    (events, framer.finish())
}
