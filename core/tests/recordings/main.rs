//! Real answers of providers, read twice: by the codecs, and by an independent reading written here
//! over plain JSON values. Both must agree in every field.
//!
//! The recordings are no part of the repository. They are looked for in `../shared/recordings` beside
//! it, or in `TOLLBRIDGE_RECORDINGS`; where they are absent the tests say so and pass.

use std::{io::Read, path::PathBuf};

use bytes::{Bytes, BytesMut};
use serde_json::Value;
use tollbridge_core::{
    conversation::Event,
    frame::sse::{SseEvent, SseFramer},
    protocol::{Front, Wire, chat::AnswerMeta},
};

mod answers;
mod failures;
mod gemini_answers;
mod gemini_requests;
mod readers;
mod requests;
mod score;
mod table;

use score::Score;

const META: AnswerMeta<'_> = AnswerMeta { id: "none", created: 1, model: "none", functions: false };

fn recordings(wire: &str) -> Option<Vec<Value>> {
    let folder = std::env::var_os("TOLLBRIDGE_RECORDINGS").map(PathBuf::from).or_else(|| {
        let repository = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
        let parents = ["../shared/recordings", "../../shared/recordings"];
        parents.iter().map(|parent| repository.join(parent)).find(|folder| folder.is_dir())
    });
    let Some(folder) = folder else {
        println!("skipped: no recordings (../shared/recordings or TOLLBRIDGE_RECORDINGS)");
        return None;
    };
    let file =
        std::fs::File::open(folder.join(format!("{wire}.jsonl.gz"))).expect("the recordings of a wire");
    let mut text = String::new();
    flate2::read::GzDecoder::new(file).read_to_string(&mut text).expect("gzip");
    Some(text.lines().map(|line| serde_json::from_str(line).expect("a record a line")).collect())
}

fn events(body: &str) -> Vec<Value> {
    let body = body.replace("\r\n", "\n");
    let data = body.split("\n\n").filter_map(|event| {
        let data: Vec<&str> =
            event.lines().filter_map(|line| line.strip_prefix("data:")).map(str::trim).collect();
        (!data.is_empty()).then(|| data.join("\n"))
    });
    data.filter(|data| data != "[DONE]").map(|data| serde_json::from_str(&data).expect("JSON")).collect()
}

/// Feeds a stream in pieces of `size` bytes and gives the data of its events to `take`.
fn frames(body: &str, size: usize, mut take: impl FnMut(&[u8])) {
    let mut framer = SseFramer::default();
    let mut data = |raw: &[u8]| {
        if let Some(data) = SseEvent::read(raw).data {
            take(&data);
        }
    };
    for piece in body.as_bytes().chunks(size) {
        framer.push(Bytes::copy_from_slice(piece));
        while let Some(event) = framer.next() {
            data(&event.expect("not too large"));
        }
    }
    if let Some(rest) = framer.finish() {
        data(&rest.raw);
    }
}

/// Checks the laws of events on the way from a decoder to an encoder.
#[derive(Default)]
struct Laws {
    started: bool,
    open: Vec<u32>,
    next: u32,
    ended: bool,
}

impl Laws {
    fn check(&mut self, event: &Event<'_>) {
        assert!(!self.ended || matches!(event, Event::Start { .. }), "after the end: {event:?}");
        match event {
            Event::Start { .. } => (self.started, self.ended) = (true, false),
            Event::Error(_) => {
                assert!(self.open.is_empty(), "parts are closed before an error");
                self.ended = true;
            }
            _ => assert!(self.started, "before the start: {event:?}"),
        }
        match event {
            Event::PartStart { part, .. } => {
                assert_eq!(*part, self.next, "parts are numbered in order");
                self.next += 1;
                self.open.push(*part);
            }
            Event::Delta { part, .. } => assert!(self.open.contains(part), "a delta of an open part"),
            Event::PartEnd { part } => {
                let place = self.open.iter().position(|open| open == part).expect("a part closes once");
                self.open.remove(place);
            }
            Event::Finish { .. } => {
                assert!(self.open.is_empty(), "parts are closed before the finish");
                self.ended = true;
            }
            _ => {}
        }
    }
}

/// A stream of one wire, told to a caller of a front, and fed in pieces of `size` bytes.
fn retell(wire: Wire, front: Front, body: &str, size: usize) -> String {
    let mut decoder = wire.decoder("seed");
    let mut encoder = front.encoder(&META, true);
    let mut laws = Laws::default();
    let mut out = BytesMut::new();
    let mut sink = |event: Event<'_>| {
        laws.check(&event);
        encoder.event(&event, &mut out);
    };
    frames(body, size, |data| {
        decoder.push(data, &mut sink);
    });
    decoder.finish(&mut sink);
    assert!(laws.ended, "a finish or an error always comes");
    encoder.finish(&mut out);
    String::from_utf8(out.to_vec()).expect("UTF-8")
}
