use std::borrow::Cow;

use bytes::Bytes;
use proptest::prelude::*;

use super::{SseError, SseEvent, SseFramer, Unfinished};

/// All that comes out of a stream that was cut into these pieces.
type Outcome = (Vec<Result<Bytes, SseError>>, Option<Unfinished>);

fn frame(limit: usize, pieces: &[&[u8]]) -> Outcome {
    crate::fuzz::frame(limit, pieces.iter().copied())
}

fn raws(text: &str) -> (Vec<String>, Option<(String, bool)>) {
    let string = |raw: Bytes| String::from_utf8(raw.to_vec()).unwrap();
    let (events, rest) = frame(1000, &[text.as_bytes()]);
    let events = events.into_iter().map(|event| string(event.unwrap())).collect();
    (events, rest.map(|rest| (string(rest.raw), rest.whole_lines)))
}

#[test]
fn events_end_at_blank_lines() {
    type Rest<'a> = Option<(&'a str, bool)>;
    let cases: &[(&str, &[&str], Rest<'_>)] = &[
        ("", &[], None),
        ("data: a\n\ndata: b\n\n", &["data: a\n\n", "data: b\n\n"], None),
        ("data: a\r\n\r\ndata: b\r\n\r\n", &["data: a\r\n\r\n", "data: b\r\n\r\n"], None),
        ("data: a\r\rdata: b\r\r", &["data: a\r\r", "data: b\r\r"], None),
        (
            "data: a\n\r\ndata: b\r\n\ndata: c\n\rx\n\n",
            &["data: a\n\r\n", "data: b\r\n\n", "data: c\n\r", "x\n\n"],
            None,
        ),
        ("data: a\r\r\ndata: b\n\n", &["data: a\r\r", "data: b\n\n"], None),
        ("\n\r\n\ndata: a\n\n\n\n\r\r\ndata: b\n\n", &["data: a\n\n", "data: b\n\n"], None),
        ("data: a\ndata: b\n\n", &["data: a\ndata: b\n\n"], None),
        (": ping\n\ndata: a\n\n", &[": ping\n\n", "data: a\n\n"], None),
        ("\u{feff}data: a\n\n\u{feff}data: b\n\n", &["data: a\n\n", "\u{feff}data: b\n\n"], None),
        ("\u{feff}\n\ndata: a\n\n", &["data: a\n\n"], None),
        ("\u{feff}", &[], None),
        ("data: a\n\ndata: [DONE]\n", &["data: a\n\n"], Some(("data: [DONE]\n", true))),
        ("data: [DONE]\r", &[], Some(("data: [DONE]\r", true))),
        ("data: a\r\n\r", &[], Some(("data: a\r\n\r", true))),
        ("data: a\n\ndata: {\"b\":", &["data: a\n\n"], Some(("data: {\"b\":", false))),
        ("{\"error\":1}", &[], Some(("{\"error\":1}", false))),
        ("data: a\n\n\n", &["data: a\n\n"], None),
    ];
    for (text, events, rest) in cases {
        let (found, unfinished) = raws(text);
        assert_eq!(found, *events, "{text:?}");
        assert_eq!(unfinished.as_ref().map(|(raw, whole)| (&**raw, *whole)), *rest, "{text:?}");
    }
}

#[test]
fn an_event_is_handed_out_as_soon_as_its_last_byte_is_there() {
    for (text, due) in
        [("data: a\n\n", 9), ("data: a\r\r", 9), ("data: a\r\n\r\n", 11), ("data: a\n\r\n", 10)]
    {
        let mut framer = SseFramer::default();
        for (at, byte) in text.bytes().enumerate() {
            framer.push(Bytes::copy_from_slice(&[byte]));
            assert_eq!(framer.next().is_some(), at + 1 == due, "{text:?} {at}");
        }
    }
}

#[test]
fn fields_are_read() {
    let event = |name, data: Option<&'static str>, foreign| SseEvent {
        name,
        data: data.map(|data| Cow::Borrowed(data.as_bytes())),
        foreign,
        ..SseEvent::default()
    };
    let none = b"".as_slice();
    let cases: &[(&str, SseEvent<'_>)] = &[
        ("data: {\"a\":1}\n\n", event(none, Some("{\"a\":1}"), false)),
        ("data:a\r\n\r\n", event(none, Some("a"), false)),
        ("data:  a \n\n", event(none, Some(" a "), false)),
        ("data\n\n", event(none, Some(""), false)),
        ("data: a\ndata: b\rdata\r\ndata:c\n\n", event(none, Some("a\nb\n\nc"), false)),
        ("event: x\nevent: message_start\ndata: a\n\n", event(b"message_start", Some("a"), false)),
        (": data: no\n\n", event(none, None, false)),
        (":\n\n", event(none, None, false)),
        ("event: ping\n\n", event(b"ping", None, false)),
        ("DATA: a\n\n", event(none, None, true)),
        (" data: a\n\n", event(none, None, true)),
        ("{\"error\":{\"message\":\"x\"}}\n\n", event(none, None, true)),
        ("data: a", event(none, Some("a"), false)),
        ("data: é😀\n\n", event(none, Some("é😀"), false)),
        ("id: 7\nretry: 1500\n\n", SseEvent { id: Some(b"7"), retry: Some(1500), ..SseEvent::default() }),
        ("id: 7\nid: a\0\nretry: 1s\nretry:\n\n", SseEvent { id: Some(b"7"), ..SseEvent::default() }),
    ];
    for (raw, want) in cases {
        assert_eq!(SseEvent::read(raw.as_bytes()), *want, "{raw:?}");
    }
}

#[test]
fn an_event_within_a_chunk_is_not_copied_nor_its_data() {
    let chunk = Bytes::from_static(b"data: a\n\nevent: x\ndata: bc\n\n");
    let mut framer = SseFramer::default();
    framer.push(chunk.clone());
    let first = framer.next().unwrap().unwrap();
    let second = framer.next().unwrap().unwrap();
    assert_eq!(first.as_ptr(), chunk.as_ptr());
    assert_eq!(second.as_ptr(), chunk[9..].as_ptr());
    let data = SseEvent::read(&second).data;
    assert!(matches!(data, Some(Cow::Borrowed(data)) if data.as_ptr() == chunk[24..].as_ptr()));
}

#[test]
fn an_event_over_the_limit_ends_the_stream_with_an_error() {
    let text = b"data: 1\n\ndata: 12345678\n\ndata: 2\n\n";
    for cut in 0..text.len() {
        let (head, tail) = text.split_at(cut);
        let want =
            (vec![Ok(Bytes::from_static(b"data: 1\n\n")), Err(SseError::TooLarge { limit: 15 })], None);
        assert_eq!(frame(15, &[head, tail]), want, "{cut}");
        assert_eq!(frame(16, &[head, tail]).0.len(), 3, "{cut}");
    }
    let (events, rest) = frame(15, &[b"data: 1234567890", b"data: 1\n\n"]);
    assert_eq!((events, rest), (vec![Err(SseError::TooLarge { limit: 15 })], None));
}

#[test]
fn chunks_may_be_pushed_before_the_events_are_taken() {
    let mut framer = SseFramer::default();
    for piece in ["data: a\n\nda", "ta: b\n", "\ndata: c\n\n"] {
        framer.push(Bytes::copy_from_slice(piece.as_bytes()));
    }
    let mut events = Vec::new();
    while let Some(event) = framer.next() {
        events.push(event.unwrap());
    }
    assert_eq!(events, ["data: a\n\n", "data: b\n\n", "data: c\n\n"]);
}

/// The standard's algorithm, told plainly: lines first, then events. Gives name and data of each event that
/// has data; what is left at the end counts as one.
fn plainly(text: &str) -> Vec<(String, String)> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let (mut events, mut name, mut data) = (Vec::new(), String::new(), None::<String>);
    for line in text.split('\n').chain([""]) {
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "" if line.is_empty() => {
                let name = std::mem::take(&mut name);
                events.extend(data.take().map(|data| (name, data)));
            }
            "event" => name = value.to_owned(),
            "data" => data = Some(data.map_or(value.to_owned(), |data| format!("{data}\n{value}"))),
            _ => {}
        }
    }
    events
}

fn read_all((events, rest): &Outcome) -> Vec<(String, String)> {
    let raws = events.iter().map(|event| event.as_ref().unwrap()).chain(rest.iter().map(|rest| &rest.raw));
    let read = raws.filter_map(|raw| {
        let event = SseEvent::read(raw);
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        event.data.map(|data| (text(event.name), text(&data)))
    });
    read.collect()
}

fn stream() -> impl Strategy<Value = String> {
    let part = proptest::sample::select(
        &[
            "\n",
            "\n",
            "\n",
            "\r",
            "\r\n",
            "\n\n",
            "data:",
            "data: ",
            "data",
            "event: ",
            "event",
            ":",
            ": ",
            "id: 1",
            "x",
            "\u{feff}",
            "é",
            "😀",
            "{\"a\":1}",
            "[DONE]",
            "retry: 5",
        ][..],
    );
    proptest::collection::vec(part, 0..40).prop_map(|parts| parts.concat())
}

fn pieces<'a>(text: &'a [u8], cuts: &[proptest::sample::Index]) -> Vec<&'a [u8]> {
    let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(text.len() + 1)).chain([0, text.len()]).collect();
    cuts.sort_unstable();
    cuts.windows(2).map(|pair| &text[pair[0]..pair[1]]).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn any_split_gives_the_same_events(
        text in stream(),
        cuts in proptest::collection::vec(any::<proptest::sample::Index>(), 0..12),
        limit in prop_oneof![Just(10_000_usize), 0..60_usize],
    ) {
        let whole = frame(limit, &[text.as_bytes()]);
        let bytes: Vec<_> = text.as_bytes().chunks(1).collect();
        prop_assert_eq!(&frame(limit, &bytes), &whole, "byte by byte: {:?}", text);
        prop_assert_eq!(&frame(limit, &pieces(text.as_bytes(), &cuts)), &whole, "{:?}", text);
    }

    #[test]
    fn events_are_those_of_the_standard(text in stream()) {
        prop_assert_eq!(read_all(&frame(10_000, &[text.as_bytes()])), plainly(&text), "{:?}", text);
    }

    #[test]
    fn raw_events_hold_every_byte_but_blank_lines_and_the_mark(text in stream()) {
        let (events, rest) = frame(10_000, &[text.as_bytes()]);
        let raws = events.into_iter().map(Result::unwrap).chain(rest.map(|rest| rest.raw));
        let lines = |text: &str| text.replace(['\r', '\n'], "");
        let raws: Vec<_> = raws.flat_map(|raw| raw.to_vec()).collect();
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        prop_assert_eq!(lines(&String::from_utf8(raws).unwrap()), lines(text));
    }

    #[test]
    fn arbitrary_bytes_do_no_harm(chunks: Vec<Vec<u8>>) {
        let pieces: Vec<&[u8]> = chunks.iter().map(Vec::as_slice).collect();
        let joined = chunks.concat();
        prop_assert_eq!(frame(50, &pieces), frame(50, &[&joined]));
    }
}
