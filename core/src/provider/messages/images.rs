//! Images that stand in a body as addresses.

use super::Turns;
use crate::sketch::{Json, Sketch, sketch};

/// The addresses of the images in a chat body's messages, each with the number of its message; and
/// the messages with `data` in the place of those that it has something for, if there are any.
pub fn image_addresses(
    body: &Sketch,
    data: impl Fn(&str) -> Option<String>,
) -> (Vec<(String, usize)>, Option<Json>) {
    let mut found = Vec::new();
    let has = |word: &str| {
        let raw = body.member("messages").map(|member| body.value(member)).unwrap_or_default();
        memchr::memmem::find(raw, word.as_bytes()).is_some()
    };
    if !has("image_url") || !has("http") {
        return (found, None);
    }
    let Some(mut turns) = Turns::of(body) else { return (found, None) };
    let mut index = 0;
    let done = turns.each(|turn, edits| {
        if let Some(parts) = turn.elements("content") {
            let parts: Option<Vec<Sketch>> = parts.iter().map(|part| sketch(part).ok()).collect();
            let mut parts = Turns { list: parts.unwrap_or_default(), changed: false };
            let replaced = parts.each(|part, edits| {
                let Some(url) = address(part) else { return };
                if let Some(data) = data(&url) {
                    edits.set("image_url", replacement(part, &data));
                }
                found.push((url, index));
            });
            if replaced.is_some() && parts.changed {
                edits.set("content", parts.json());
            }
        }
        index += 1;
    });
    let changed = done.is_some() && turns.changed;
    (found, changed.then(|| turns.json()))
}

/// The address of an image part, in either of the forms that clients send.
fn address(part: &Sketch) -> Option<String> {
    if part.string("type").ok()?.as_deref() != Some("image_url") {
        return None;
    }
    let url = match part.object("image_url").ok()? {
        Ok(image) => image?.string("url").ok()??.into_owned(),
        Err(_) => part.string("image_url").ok()??.into_owned(),
    };
    (url.starts_with("http://") || url.starts_with("https://")).then_some(url)
}

/// The member with other data, all else that it says kept.
fn replacement(part: &Sketch, data: &str) -> Json {
    match part.object("image_url") {
        Ok(Ok(Some(image))) => {
            let mut edits = image.edit();
            edits.set("url", data);
            Json::from(edits)
        }
        _ => Json::object([("url", Json::from(data))]),
    }
}
