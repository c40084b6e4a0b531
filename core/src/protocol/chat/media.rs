//! Pictures, sound and other media that an answer holds, as chat callers read them.
//!
//! Sound has its own member (`audio`). For pictures chat has none, and OpenRouter's is common:
//! `images`, with parts such as requests have them. Everything else is said in the same way, in
//! `files`.
//!
//! Sources: OpenAI's API reference, "Chat Completions" (`message.audio`); OpenRouter's "Image
//! Generation".

use std::borrow::Cow;

use crate::{
    conversation::{Media, MediaKind, Source},
    protocol::{
        base64,
        json::{Array, Object, Out},
    },
};

/// Writes the media of a message or a delta. `answer` names the answer that they belong to.
pub(super) fn write_media(
    message: &mut Object<'_, impl Out>,
    answer: &str,
    created: u64,
    media: &[&Media<'_>],
) {
    let of =
        |kinds: &'static [MediaKind]| media.iter().copied().filter(|medium| kinds.contains(&medium.kind));
    let write = |list: &mut Array<'_, _>, kinds| of(kinds).for_each(|medium| write_part(list, medium));
    if of(&[MediaKind::Image]).next().is_some() {
        message.array("images", |list| write(list, &[MediaKind::Image]));
    }
    if of(&[MediaKind::Video, MediaKind::Document]).next().is_some() {
        message.array("files", |list| write(list, &[MediaKind::Video, MediaKind::Document]));
    }
    if of(&[MediaKind::Audio]).next().is_some() {
        message.object("audio", |audio| {
            audio.string("id", &format!("audio_{answer}"));
            audio.string("data", &joined(of(&[MediaKind::Audio])));
            audio.unsigned("expires_at", created);
            audio.string("transcript", "");
        });
    }
}

fn write_part(list: &mut Array<'_, impl Out>, medium: &Media<'_>) {
    let image = medium.kind == MediaKind::Image;
    list.object(|part| {
        part.string("type", if image { "image_url" } else { "file" });
        if image {
            part.object("image_url", |object| object.string("url", &url(medium)));
        } else {
            part.object("file", |object| {
                object.string_or_skip("filename", medium.title.as_deref());
                object.string("file_data", &url(medium));
            });
        }
    });
}

/// Where the bytes are, or the bytes themselves.
fn url<'m>(medium: &'m Media<'_>) -> Cow<'m, str> {
    match &medium.source {
        Source::Url(url) | Source::File(url) => Cow::Borrowed(url),
        Source::Base64 { media_type, data } => {
            let media_type = media_type.as_deref().unwrap_or("application/octet-stream");
            Cow::Owned(format!("data:{media_type};base64,{data}"))
        }
        Source::Plain(text) => Cow::Borrowed(text),
        Source::Provider(json) => Cow::Borrowed(json.get()),
    }
}

/// The bytes of pieces of sound, one after another.
fn joined<'m>(pieces: impl Iterator<Item = &'m Media<'m>>) -> Cow<'m, str> {
    let mut data = pieces.filter_map(|piece| match &piece.source {
        Source::Base64 { data, .. } => Some(data.as_ref()),
        _ => None,
    });
    let first = data.next().unwrap_or_default();
    let Some(second) = data.next() else { return Cow::Borrowed(first) };
    let pieces = [first, second].into_iter().chain(data);
    let bytes: Vec<u8> = pieces.filter_map(base64::decode).flatten().collect();
    Cow::Owned(base64::encode(&bytes))
}
