//! How an answer's bytes reach the caller: the settings that shape time, framing and endings.
//!
//! The order is fixed: events are reframed (`crlf`, `nospace`, `comments`), the body is ended
//! early (`ends-N`, `cut-N` with `cutat-char|line`, `hang-N`), encoded (`enc-gzip|br|zstd`), cut
//! into writes (`piece-N`), and spread in time (`delay-MS` before the head, `gap-MS` between
//! writes, `step` for a gate before every write but the first).

use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;

use crate::{
    answer::{Answer, Step},
    encoding,
    script::Script,
};

/// Shapes an answer by the script's settings.
pub fn shape(mut answer: Answer, script: &Script) -> Answer {
    if let Some(delay) = script.number("delay") {
        answer.before_head.push(Step::Wait(Duration::from_millis(delay)));
    }
    match script.text("hang") {
        Some("head") => answer.before_head.push(Step::Hang),
        Some("body") => answer.steps.clear(),
        _ => {}
    }
    let streams = answer.streams();
    let mut writes: Vec<Bytes> = answer
        .steps
        .iter()
        .filter_map(|step| match step {
            Step::Send(bytes) => Some(bytes.clone()),
            _ => None,
        })
        .collect();
    if writes.len() != answer.steps.len() {
        return answer;
    }
    if streams {
        writes = writes.into_iter().map(|event| reframe(event, script)).collect();
    }
    let tail = end_early(&mut writes, streams, script);
    if let Some(coding) = script.text("enc") {
        encode(&mut answer, &mut writes, coding);
    }
    if let Some(size) = script.number("piece") {
        writes = split(&writes, size as usize);
    }
    if script.has("chunked") {
        answer.headers.retain(|(name, _)| name != "content-length");
    }
    answer.steps = spread(writes, script);
    answer.steps.extend(tail);
    answer
}

/// The framings that the event-stream grammar allows and providers use.
fn reframe(event: Bytes, script: &Script) -> Bytes {
    let (crlf, nospace, comments) = (script.has("crlf"), script.has("nospace"), script.has("comments"));
    if !(crlf || nospace || comments) {
        return event;
    }
    let mut text = String::from_utf8_lossy(&event).into_owned();
    if nospace {
        text = text.replacen("data: ", "data:", 1).replacen("event: ", "event:", 1);
    }
    if comments {
        text.insert_str(0, ": the stand-in is thinking\n\n");
    }
    if crlf {
        text = text.replace('\n', "\r\n");
    }
    text.into()
}

/// Drops what comes after the place where the body ends, and says how it ends.
fn end_early(writes: &mut Vec<Bytes>, streams: bool, script: &Script) -> Option<Step> {
    if script.text("hang") == Some("body") {
        return Some(Step::Hang);
    }
    if let Some(count) = script.number("ends") {
        writes.truncate(count as usize);
        return None;
    }
    if let Some(count) = script.number("hang") {
        writes.truncate(count as usize);
        return Some(Step::Hang);
    }
    let count = script.number("cut")? as usize;
    match streams {
        true => {
            let broken =
                writes.get(count).map(|event| fragment(event, script.text("cutat").unwrap_or_default()));
            writes.truncate(count);
            writes.extend(broken.filter(|fragment| !fragment.is_empty()));
        }
        false => *writes = writes.iter().map(|body| body.slice(..body.len() / 2)).collect(),
    }
    Some(Step::Cut)
}

/// The part of an event that still goes out: up to the middle of its first character of several
/// bytes, or half of it, or nothing.
fn fragment(event: &Bytes, place: &str) -> Bytes {
    let length = match place {
        "char" => event.iter().position(|byte| !byte.is_ascii()).map_or(event.len() / 2, |start| start + 1),
        "line" => event.len() / 2,
        _ => 0,
    };
    event.slice(..length)
}

fn encode(answer: &mut Answer, writes: &mut Vec<Bytes>, coding: &str) {
    let Some(encoded) = encoding::encode(coding, writes) else { return };
    let length: usize = encoded.iter().map(Bytes::len).sum();
    for (name, value) in &mut answer.headers {
        if name == "content-length" {
            *value = length.to_string();
        }
    }
    answer.headers.push(("content-encoding".to_owned(), coding.to_owned()));
    *writes = encoded;
}

fn split(writes: &[Bytes], size: usize) -> Vec<Bytes> {
    let all: Bytes = writes.concat().into();
    let size = size.max(1);
    (0..all.len()).step_by(size).map(|start| all.slice(start..(start + size).min(all.len()))).collect()
}

fn spread(writes: Vec<Bytes>, script: &Script) -> Vec<Step> {
    let between = match script.number("gap") {
        Some(gap) => Some(Step::Wait(Duration::from_millis(gap))),
        None => script.has("step").then_some(Step::Gate),
    };
    let mut steps = Vec::with_capacity(writes.len() * 2);
    for (index, write) in writes.into_iter().enumerate() {
        if index > 0 {
            steps.extend(between.clone());
        }
        steps.push(Step::Send(write));
    }
    steps
}

/// An answer that a test laid down: `{"status", "headers", "steps": [{"send"}, {"wait_ms"},
/// {"gate"}, {"cut"}, {"hang"}]}`.
pub fn from_json(value: &Value) -> Answer {
    let headers = value["headers"].as_object().into_iter().flatten();
    let steps = value["steps"].as_array().map(Vec::as_slice).unwrap_or_default();
    Answer {
        status: http::StatusCode::from_u16(value["status"].as_u64().unwrap_or(200) as u16)
            .unwrap_or_default(),
        headers: headers
            .map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned()))
            .collect(),
        steps: steps.iter().filter_map(step).collect(),
        ..Answer::default()
    }
}

fn step(value: &Value) -> Option<Step> {
    let (name, value) = value.as_object()?.iter().next()?;
    Some(match name.as_str() {
        "send" => Step::Send(value.as_str()?.to_owned().into()),
        "send_base64" => {
            use base64::Engine;
            Step::Send(base64::engine::general_purpose::STANDARD.decode(value.as_str()?).ok()?.into())
        }
        "wait_ms" => Step::Wait(Duration::from_millis(value.as_u64()?)),
        "gate" => Step::Gate,
        "cut" => Step::Cut,
        "hang" => Step::Hang,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shaped(events: &[&str], script: &str) -> Vec<Step> {
        let events = events.iter().map(|event| Bytes::copy_from_slice(event.as_bytes())).collect();
        shape(Answer::events(events), &Script::parse(script)).steps
    }

    fn send(text: &str) -> Step {
        Step::Send(Bytes::copy_from_slice(text.as_bytes()))
    }

    #[test]
    fn a_cut_ends_inside_of_a_character_when_asked() {
        let steps = shaped(&["data: a\n\n", "data: zü\n\n"], "ok.cut-1.cutat-char");
        assert_eq!(steps, [send("data: a\n\n"), Step::Send(Bytes::from_static(b"data: z\xc3")), Step::Cut]);
        assert_eq!(shaped(&["a", "b", "c"], "ok.cut-2"), [send("a"), send("b"), Step::Cut]);
        assert_eq!(shaped(&["a", "b", "c"], "ok.ends-2"), [send("a"), send("b")]);
    }

    #[test]
    fn steps_gaps_and_pieces() {
        assert_eq!(shaped(&["a", "b"], "ok.step"), [send("a"), Step::Gate, send("b")]);
        assert_eq!(shaped(&["abc", "d"], "ok.piece-3"), [send("abc"), send("d")]);
        assert_eq!(shaped(&["abcd", "e"], "ok.piece-3"), [send("abc"), send("de")]);
        let gap = Step::Wait(Duration::from_millis(5));
        assert_eq!(shaped(&["a", "b"], "ok.gap-5"), [send("a"), gap, send("b")]);
    }

    #[test]
    fn framings() {
        assert_eq!(shaped(&["data: a\n\n"], "ok.crlf"), [send("data: a\r\n\r\n")]);
        assert_eq!(shaped(&["data: a\n\n"], "ok.nospace"), [send("data:a\n\n")]);
    }
}
