//! The sketch, against serde_json.

mod edits;

use bytes::Bytes;
use proptest::prelude::*;

use crate::fuzz::sketch as law;

use super::{Flaw, Kind, SketchError, WrongType, sketch};

fn read(text: impl AsRef<[u8]>) -> Result<super::Sketch, SketchError> {
    sketch(&Bytes::copy_from_slice(text.as_ref()))
}

fn flaw(text: impl AsRef<[u8]>) -> Flaw {
    match read(text) {
        Err(SketchError::Malformed { flaw, .. }) => flaw,
        other => panic!("{other:?}"),
    }
}

/// Fragments that, strung together, are often nearly JSON.
fn fragment() -> impl Strategy<Value = Vec<u8>> {
    const LIKELY: &[&[u8]] = &[
        b"{",
        b"}",
        b"[",
        b"]",
        b",",
        b":",
        b"\"",
        b"\\",
        b"\"model\":",
        b"\"mod\\u0065l\":",
        b"\"stream\":true",
        b"\"a\"",
        b" ",
        b"\n",
        b"\t",
        b"\r",
        b"true",
        b"false",
        b"null",
        b"tru",
        b"0",
        b"-",
        b"1.5e3",
        b"1e999",
        b"01",
        b"-0",
        b"1.",
        b".5",
        b"1e",
        b"1e+308",
        b"\\n",
        b"\\\"",
        b"\\\\",
        b"\\u00e9",
        b"\\ud83d\\ude00",
        b"\\ud83d",
        b"\\ude00",
        b"\\u12",
        b"\\x",
        "é".as_bytes(),
        "😀".as_bytes(),
        b"\xff",
        b"\xed\xa0\x80",
        b"\xc0\x80",
        b"\0",
        b"\x1f",
        b"\x7f",
        b"plain words of a length that fills more than one block of sixty-four bytes, surely",
    ];
    prop_oneof![
        20 => proptest::sample::select(LIKELY).prop_map(<[u8]>::to_vec),
        1 => proptest::collection::vec(any::<u8>(), 1..4),
    ]
}

/// JSON text of any shape, with odd white space and every spelling of a string.
fn json(depth: u32) -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        Just("false".to_owned()),
        any::<f64>().prop_filter("JSON has no such number", |n| n.is_finite()).prop_map(|n| n.to_string()),
        any::<i64>().prop_map(|n| n.to_string()),
        "-?(0|[1-9][0-9]{0,30})(\\.[0-9]{1,30})?([eE][+-]?[0-9]{1,4})?",
        string(),
    ];
    leaf.prop_recursive(depth, 60, 6, |inner| {
        prop_oneof![
            (white(), proptest::collection::vec((white(), inner.clone(), white()), 0..6)).prop_map(
                |(empty, items)| {
                    let items: Vec<_> = items.iter().map(|(a, item, b)| format!("{a}{item}{b}")).collect();
                    format!("[{empty}{}]", items.join(","))
                }
            ),
            object(inner),
        ]
    })
}

fn object(value: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    (white(), proptest::collection::vec((white(), string(), white(), value, white()), 0..6)).prop_map(
        |(empty, members)| {
            let members: Vec<_> =
                members.iter().map(|(a, k, b, v, c)| format!("{a}{k}{b}:{b}{v}{c}")).collect();
            format!("{{{empty}{}}}", members.join(","))
        },
    )
}

fn string() -> impl Strategy<Value = String> {
    const NAMES: &[&str] =
        &["model", "stream", "mod\\u0065l", "str\\u0065am", "n", "messages", "stream_options"];
    let part = prop_oneof![
        6 => "[a-z ]{1,90}",
        2 => any::<char>().prop_map(|c| serde_json::to_string(&c).unwrap().trim_matches('"').replace('"', "\\\"")),
        2 => any::<char>().prop_map(|c| {
            c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04X}")).collect::<String>()
        }),
        1 => any::<u16>().prop_map(|unit| format!("\\u{unit:04x}")),
        2 => proptest::sample::select(&[
            "\\\\", "\\\"", "\\/", "\\b", "\\f", "\\n", "\\r", "\\t", "\u{7f}", "é", "漢字", "😀"
        ][..])
        .prop_map(str::to_owned),
    ];
    prop_oneof![
        1 => proptest::sample::select(NAMES).prop_map(|name| format!("\"{name}\"")),
        2 => proptest::collection::vec(part, 0..5).prop_map(|parts| format!("\"{}\"", parts.concat())),
    ]
}

fn white() -> impl Strategy<Value = String> {
    prop_oneof![3 => Just(String::new()), 1 => "[ \n\r\t]{0,9}"]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn agrees_about_arbitrary_bytes(bytes: Vec<u8>) {
        law(&bytes);
    }

    #[test]
    fn agrees_about_fragments(parts in proptest::collection::vec(fragment(), 0..24), braces: bool) {
        let inside = parts.concat();
        law(&if braces { [b"{", &inside[..], b"}"].concat() } else { inside });
    }

    #[test]
    fn agrees_about_strings(parts in proptest::collection::vec(fragment(), 0..24)) {
        law(&[b"{\"a\":\"", &parts.concat()[..], b"\"}"].concat());
    }

    #[test]
    fn agrees_about_json(text in object(json(4))) {
        law(text.as_bytes());
    }

    #[test]
    fn agrees_about_damaged_json(
        text in object(json(4)),
        at: proptest::sample::Index,
        cut in 0..4_usize,
        new in proptest::collection::vec(any::<u8>(), 0..3),
    ) {
        let mut bytes = text.into_bytes();
        let start = at.index(bytes.len());
        let end = (start + cut).min(bytes.len());
        bytes.splice(start..end, new);
        law(&bytes);
    }

    #[test]
    fn agrees_about_a_byte_anywhere_in_a_string(
        before in 0..140_usize, byte: u8, escaped: bool, after in 0..140_usize
    ) {
        let middle: &[u8] = if escaped { &[b'\\', byte] } else { &[byte] };
        let (before, after) = ("x".repeat(before), "y".repeat(after));
        law(&[b"{\"a\":\"", before.as_bytes(), middle, after.as_bytes(), b"\"}"].concat());
    }

    #[test]
    fn agrees_about_numbers(text in "-?[0-9]{0,3}(0{0,400}|9{0,40})(\\.[0-9]{0,30})?([eE][+-]?0{0,3}[0-9]{0,5})?") {
        law(format!("{{\"a\":{text}}}").as_bytes());
    }
}

#[test]
fn agrees_about_the_edge_of_the_number_range() {
    for text in [
        "1.7976931348623157e308",
        "1.7976931348623158e308",
        "1.7976931348623159e308",
        "17976931348623157e292",
        "1e308",
        "1e309",
        "-1e309",
        "0e309",
        "0.0e999999999999",
        "1e-999",
        "1e-99999999999999999999",
        "1e99999999999999999999",
        "1E+400",
        "123e305",
        "0.001e311",
        "0.0001e311",
    ] {
        law(format!("{{\"a\":{text}}}").as_bytes());
    }
    for digits in [19, 20, 21, 199, 200, 201, 308, 309, 310, 400] {
        for exponent in ["", "e0", "e99", "e100", "e+99", "e+100", "e-99", "e999", "e-200"] {
            let number = format!("{}{exponent}", "9".repeat(digits));
            law(format!("{{\"a\":{number}}}").as_bytes());
            law(format!("{{\"a\":0.{number}}}").as_bytes());
        }
    }
}

#[test]
fn agrees_about_depth() {
    for depth in [1, 2, 63, 64, 65, 125, 126, 127, 128, 129, 1000] {
        for (open, inner, close) in
            [("[", "", "]"), ("[", "1", "]"), ("{\"b\":", "{}", "}"), ("[{\"c\":", "[]", "}]")]
        {
            let text = format!("{{\"a\":{}{inner}{}}}", open.repeat(depth), close.repeat(depth));
            law(text.as_bytes());
        }
    }
    assert_eq!(flaw(format!("{{\"a\":{}{}}}", "[".repeat(127), "]".repeat(127))), Flaw::TooDeep);
    assert!(read(format!("{{\"a\":{}{}}}", "[".repeat(126), "]".repeat(126))).is_ok());
}

#[test]
fn agrees_about_every_cut_of_a_request() {
    let text = r#" { "model" : "gpt-\u0034o é 😀 \ud83d\ude00" , "stream":true,"stop":["\n","\\"],"n":-1.5e+3,"x":null,
        "messages":[{"role":"user","content":"a\tb \"quoted\" text that is longer than a single block of the scan"}]} "#;
    for end in 0..=text.len() {
        law(&text.as_bytes()[..end]);
        law(&text.as_bytes()[end..]);
    }
}

#[test]
fn a_key_twice_is_refused_however_it_is_spelt() {
    let cases = [
        (r#"{"model":"a","model":"b"}"#, "model", 13),
        (r#"{"model":"a","mod\u0065l":"b"}"#, "model", 13),
        (r#"{"mod\u0065l":"a","model":"b"}"#, "model", 18),
        (r#"{"\u006dodel":1, "m\u006Fdel":2}"#, "model", 17),
        (r#"{"a":{"b":1,"b":2},"c":[{"d":1,"d":2}],"a":0}"#, "a", 39),
        (r#"{"":1,"":2}"#, "", 6),
        (r#"{"😀":1,"\ud83d\ude00":2}"#, "😀", 10),
        (r#"{"stream":true,"x":1,"y":2,"stream":true}"#, "stream", 27),
        (r#"{"a\/b":1,"a/b":2}"#, "a/b", 10),
    ];
    for (text, key, offset) in cases {
        match read(text) {
            Err(SketchError::DuplicateKey { key: found, place }) => {
                assert_eq!((&*found, place.offset), (key, offset), "{text}");
            }
            other => panic!("{text}: {other:?}"),
        }
    }
}

#[test]
fn names_that_only_look_alike_are_not_duplicates() {
    for text in [
        r#"{"model":1,"Model":2,"model ":3,"mode":4}"#,
        r#"{"a":{"model":1},"b":{"model":2},"model":3}"#,
        r#"{"a\\u0062":1,"ab":2}"#,
        r#"{"a\n":1,"a\\n":2,"an":3}"#,
    ] {
        assert!(read(text).is_ok(), "{text}");
    }
}

/// An object of these keys: `"key7":0` and so on.
fn keys(names: impl Iterator<Item = usize>) -> String {
    let members: Vec<_> = names.map(|name| format!("\"key{name}\":0")).collect();
    format!("{{{}}}", members.join(","))
}

/// That the key is refused where it stands for the second time.
fn is_refused(text: &str, key: usize) {
    let quoted = format!("\"key{key}\"");
    match read(text) {
        Err(SketchError::DuplicateKey { key: found, place }) => {
            assert_eq!(found, quoted.trim_matches('"'));
            assert_eq!(place.offset, text.rfind(&quoted).unwrap());
        }
        other => panic!("{key}: {other:?}"),
    }
}

#[test]
fn duplicates_are_found_among_keys_with_the_same_fingerprint() {
    for again in 0..60 {
        is_refused(&keys((0..60).chain([again])), again);
    }
}

#[test]
fn duplicates_are_found_among_many_keys_without_comparing_all_pairs() {
    let count = 200_000;
    assert_eq!(read(keys(0..count)).unwrap().members().len(), count);
    for (first, again) in [(0, 63), (0, 64), (63, 64), (5, count - 1), (70, 71)] {
        let names = (0..count).map(|name| if name == again { first } else { name });
        is_refused(&keys(names), first);
    }
}

#[test]
fn errors_say_what_is_wrong_and_where() {
    let cases: &[(&[u8], &str)] = &[
        (b"", "the request body is empty; send a JSON object"),
        (b" \n ", "the request body is empty; send a JSON object"),
        (b"[1]", "the request body must be a JSON object, but it is an array"),
        (b"\"x\"", "the request body must be a JSON object, but it is a string"),
        (b"nonsense", "the request body must be a JSON object, but it is null"),
        (b"<html>", "the request body is not valid JSON: expected a value at line 1, column 1 (byte 0)"),
        (
            b"{\"a\":1,\n \"b\" 2}",
            "the request body is not valid JSON: expected ':' at line 2, column 6 (byte 13)",
        ),
        (b"{\"a\":1", "the request body is not valid JSON: it ends too early, at line 1, column 7 (byte 6)"),
        (
            b"{\"a\":\"x\ny\"}",
            "the request body is not valid JSON: unescaped control character in a string at line 1, column 8 (byte 7)",
        ),
        (
            b"{\"a\":1,}",
            "the request body is not valid JSON: expected a quoted key at line 1, column 8 (byte 7)",
        ),
        (
            b"{\"a\":1}}",
            "the request body is not valid JSON: unexpected characters after the object at line 1, column 8 (byte 7)",
        ),
        (
            b"{\"a\":1 2}",
            "the request body is not valid JSON: expected ',' or '}' at line 1, column 8 (byte 7)",
        ),
        (
            b"{\"a\":1,\"a\":2}",
            "the request body has the member \"a\" twice, the second time at line 1, column 8 (byte 7); send it once",
        ),
    ];
    for (text, message) in cases {
        assert_eq!(read(text).unwrap_err().to_string(), *message);
    }
    let flaws = [
        (&b"{\"a\":[1 2]}"[..], Flaw::ExpectedCommaOrBracket),
        (b"{\"a\":trve}", Flaw::InvalidLiteral),
        (b"{\"a\":tru", Flaw::UnexpectedEnd),
        (b"{\"a\":01}", Flaw::InvalidNumber),
        (b"{\"a\":1.}", Flaw::InvalidNumber),
        (b"{\"a\":1e400}", Flaw::NumberOutOfRange),
        (b"{\"a\":\"\\x\"}", Flaw::InvalidEscape),
        (b"{\"a\":\"\\u12g4\"}", Flaw::InvalidEscape),
        (b"{\"a\":\"\\ud800\"}", Flaw::LoneSurrogate),
        (b"{\"a\":\"\\ude00\"}", Flaw::LoneSurrogate),
        (b"{\"a\":\"\\ude00\\ude00\"}", Flaw::LoneSurrogate),
        (b"{\"a\":\"\\ud83d\\ud83d\\ude00\"}", Flaw::LoneSurrogate),
        (b"{\"a\":\"\xff\"}", Flaw::InvalidUtf8),
        (b"{\xff", Flaw::ExpectedKey),
    ];
    for (text, want) in flaws {
        assert_eq!(flaw(text), want, "{}", String::from_utf8_lossy(text));
    }
}

#[test]
fn a_duplicate_key_is_echoed_only_in_part() {
    let key = "é".repeat(1000);
    let error = read(format!("{{\"{key}\":1,\"{key}\":2}}")).unwrap_err().to_string();
    assert!(error.len() < 250, "{error}");
}

#[test]
fn facts_are_typed() {
    let sketch =
        read(r#"{"model":5,"stream":"true","n":2,"max_tokens":1.5,"user":null,"tools":[]}"#).unwrap();
    let wrong = |name, wanted, found| Err(WrongType { name, wanted, found });
    assert_eq!(sketch.model(), wrong("model", "a string", Kind::Number).map(|()| None));
    assert_eq!(sketch.stream(), wrong("stream", "a boolean", Kind::String).map(|()| false));
    assert_eq!(sketch.integer("n"), Ok(Some(2)));
    assert!(sketch.integer("max_tokens").is_err());
    assert_eq!(sketch.string("user"), Ok(None));
    assert_eq!(sketch.string("absent"), Ok(None));
    assert_eq!(sketch.member("user").map(|member| member.kind), Some(Kind::Null));
    assert_eq!(sketch.model().unwrap_err().to_string(), "'model' must be a string, but it is a number");

    let sketch = read(r#"{"mod\u0065l":"gpt\u002d4\n","stream":null}"#).unwrap();
    assert_eq!(sketch.model().unwrap().as_deref(), Some("gpt-4\n"));
    assert_eq!(sketch.stream(), Ok(false));
}

#[test]
fn an_object_inside_can_be_sketched() {
    let body = r#"{"stream_options": {"include_usage": true, "x": 1}, "o": 1, "d": {"a":1,"a":2}}"#;
    let sketch = read(body).unwrap();
    let options = sketch.object("stream_options").unwrap().unwrap().unwrap();
    assert_eq!(options.boolean("include_usage"), Ok(Some(true)));
    assert!(sketch.object("o").unwrap().is_err());
    assert!(sketch.object("absent").unwrap().unwrap().is_none());
    assert!(sketch.object("d").is_err());
}
