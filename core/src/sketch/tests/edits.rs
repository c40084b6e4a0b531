//! Edits, against the same wishes carried out on a list of pairs.

use bytes::Bytes;
use proptest::prelude::*;

use super::super::{Edits, Json, Sketch};
use super::{object, read};
use crate::fuzz::{Pairs, Wish};

fn edited(body: &str, edit: impl FnOnce(&mut Edits<'_>)) -> String {
    let sketch = read(body).unwrap();
    let mut edits = sketch.edit();
    edit(&mut edits);
    String::from_utf8(edits.pieces().concat()).unwrap()
}

#[test]
fn edits_touch_nothing_else() {
    type Edit = fn(&mut Edits<'_>);
    let cases: &[(&str, Edit, &str)] = &[
        (r#"{"a":1,"b":2}"#, |_| {}, r#"{"a":1,"b":2}"#),
        (r#"{ "a" : 1 , "b":2 }"#, |e| e.set("a", "x"), r#"{ "a" : "x" , "b":2 }"#),
        (r#"{"a":1}"#, |e| e.set("b", true), r#"{"a":1,"b":true}"#),
        (" {\"a\":1 \n} ", |e| e.set("b", 7), " {\"a\":1,\"b\":7 \n} "),
        ("{}", |e| e.set("b", false), r#"{"b":false}"#),
        ("{ }", |e| e.set("b", false), r#"{"b":false }"#),
        (r#"{"a":1,"b":2,"c":3}"#, |e| _ = e.remove("a"), r#"{"b":2,"c":3}"#),
        (r#"{"a":1, "b":2, "c":3}"#, |e| _ = e.remove("b"), r#"{"a":1, "c":3}"#),
        (r#"{"a":1, "b":2 , "c":3 }"#, |e| _ = e.remove("c"), r#"{"a":1, "b":2 }"#),
        (r#"{ "a":1 }"#, |e| _ = e.remove("a"), "{ }"),
        (
            r#"{"a":1,"b":2,"c":3}"#,
            |e| {
                e.remove("c");
                e.remove("b");
            },
            r#"{"a":1}"#,
        ),
        (
            r#"{"a":1,"b":2}"#,
            |e| {
                e.remove("b");
                e.remove("a");
                e.set("c", 3);
            },
            r#"{"c":3}"#,
        ),
        (
            r#"{"a":1,"b":2}"#,
            |e| {
                e.remove("b");
                e.set("b", 3);
            },
            r#"{"a":1,"b":3}"#,
        ),
        (
            r#"{"max_tokens":5,"b":2}"#,
            |e| _ = e.rename("max_tokens", "max_completion_tokens"),
            r#"{"max_completion_tokens":5,"b":2}"#,
        ),
        (r#"{"a":1,"b":2}"#, |e| assert!(!e.rename("a", "b")), r#"{"a":1,"b":2}"#),
        (r#"{"a":1}"#, |e| assert!(!e.rename("x", "y") && !e.remove("x")), r#"{"a":1}"#),
        (
            r#"{"a":1,"b":2}"#,
            |e| {
                e.rename("a", "c");
                e.set("c", 9);
                e.set("a", 8);
            },
            r#"{"c":9,"b":2,"a":8}"#,
        ),
        (
            r#"{"mod\u0065l":"a"}"#,
            |e| e.set("model", "b \"é\n\u{1f}"),
            "{\"mod\\u0065l\":\"b \\\"é\\n\\u001f\"}",
        ),
    ];
    for (body, edit, want) in cases {
        assert_eq!(edited(body, edit), *want, "{body}");
    }
}

#[test]
fn an_object_inside_is_edited_by_its_own_edits() {
    let ask = |body: &str| {
        edited(body, |edits| {
            let sketch = read(body).unwrap();
            match sketch.object("stream_options").unwrap().unwrap() {
                Some(options) => {
                    let mut inner = options.edit();
                    inner.set("include_usage", true);
                    edits.set("stream_options", inner);
                }
                None => edits.set("stream_options", Json::object([("include_usage", true.into())])),
            }
        })
    };
    assert_eq!(ask(r#"{"a":1}"#), r#"{"a":1,"stream_options":{"include_usage":true}}"#);
    assert_eq!(ask(r#"{"stream_options":null,"a":1}"#), r#"{"stream_options":{"include_usage":true},"a":1}"#);
    assert_eq!(ask(r#"{"stream_options":{"x":1}}"#), r#"{"stream_options":{"x":1,"include_usage":true}}"#);
    assert_eq!(
        ask(r#"{"stream_options":{"include_usage":false}}"#),
        r#"{"stream_options":{"include_usage":true}}"#
    );
}

#[test]
fn what_is_not_edited_is_not_copied() {
    let body = Bytes::from(format!(r#"{{"model":"a","messages":"{}"}}"#, "x".repeat(1000)));
    let sketch = super::super::sketch(&body).unwrap();
    let mut edits = sketch.edit();
    assert!(edits.is_empty());
    assert_eq!(edits.pieces().len(), 1);
    edits.set("model", "b");
    let pieces = edits.pieces();
    let [before, new, after] = &pieces[..] else { panic!("{pieces:?}") };
    assert_eq!(&new[..], b"\"b\"");
    assert_eq!(before.as_ptr(), body.as_ptr());
    assert_eq!(after.as_ptr(), body[12..].as_ptr());
}

fn name() -> impl Strategy<Value = String> {
    proptest::sample::select(&["model", "stream", "n", "messages", "a\"b", "é"][..]).prop_map(str::to_owned)
}

fn wish() -> impl Strategy<Value = Wish> {
    prop_oneof![
        (name(), any::<String>()).prop_map(|(name, value)| Wish::Set(name, value)),
        name().prop_map(Wish::Remove),
        (name(), name()).prop_map(|(old, new)| Wish::Rename(old, new)),
    ]
}

fn sketched(text: &str) -> Option<Sketch> {
    read(text).ok()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_edits_do_what_they_say(
        text in object(super::json(1)),
        wishes in proptest::collection::vec(wish(), 0..8),
    ) {
        let Some(sketch) = sketched(&text) else { return Ok(()) };
        let Pairs(mut want) = serde_json::from_str(&text).unwrap();
        let mut edits = sketch.edit();
        for wish in &wishes {
            wish.carry_out(&mut edits, &mut want);
        }
        let pieces = edits.pieces();
        prop_assert!(pieces.iter().all(|piece| !piece.is_empty()));
        let result = pieces.concat();
        let Pairs(got) = serde_json::from_slice(&result).map_err(|error| {
            TestCaseError::fail(format!("{error}: {}", String::from_utf8_lossy(&result)))
        })?;
        prop_assert_eq!(&got, &want, "{} -> {}", text, String::from_utf8_lossy(&result));
        prop_assert!(super::super::sketch(&Bytes::from(result.clone())).is_ok());
        prop_assert_eq!(Json::from(edits), Json::from(serde_json::from_slice::<&serde_json::value::RawValue>(&result).unwrap()));
    }
}
