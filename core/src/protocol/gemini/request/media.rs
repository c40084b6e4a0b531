//! Images, sound, film and documents.
//!
//! Bytes go inline, addresses and uploaded files as `fileData`: Gemini fetches public https addresses
//! itself ("File input methods"), Vertex AI `gs://` ones as well, and both know films of YouTube.
//! What kind of thing lies there is told where it can be told; bytes need it.

use std::borrow::Cow;

use crate::{
    conversation::{Media, MediaKind, Source},
    protocol::json::Object,
};

type Part<'o> = Object<'o, Vec<u8>>;

/// A medium as the wire says it.
pub(super) enum Sent<'m> {
    /// A document that is text.
    Text(Cow<'m, str>),
    /// Bytes in base64.
    Inline { media_type: &'m str, data: &'m str },
    /// An address.
    File { media_type: Option<&'m str>, uri: Cow<'m, str> },
}

/// How a medium is sent; `None` where the wire has no form for it, such as a file that was uploaded to
/// another provider.
pub(super) fn sent<'m>(media: &'m Media<'_>) -> Option<Sent<'m>> {
    Some(match &media.source {
        Source::Plain(text) => Sent::Text(document_text(media, text)),
        Source::Base64 { media_type, data } => {
            let known = media_type.as_deref().filter(|kind| kind.contains('/'));
            Sent::Inline { media_type: known.unwrap_or_else(|| of_bytes(media.kind, data)), data }
        }
        Source::Url(url) => {
            Sent::File { media_type: of_address(media.kind, url), uri: Cow::Borrowed(url.as_ref()) }
        }
        Source::File(id) => Sent::File { media_type: None, uri: uploaded(id)? },
        Source::Provider(_) => return None,
    })
}

/// A text document with what is told of it.
fn document_text<'m>(media: &Media<'_>, text: &'m str) -> Cow<'m, str> {
    if media.title.is_none() && media.context.is_none() {
        return Cow::Borrowed(text);
    }
    let said = [media.title.as_deref(), media.context.as_deref(), Some(text)];
    Cow::Owned(said.into_iter().flatten().collect::<Vec<_>>().join("\n\n"))
}

/// Writes the part, or for a tool's result the part of a part, that is no text.
pub(super) fn write_media(part: &mut Part<'_>, sent: &Sent<'_>) {
    match sent {
        Sent::Text(text) => part.string("text", text),
        Sent::Inline { media_type, data } => part.object("inlineData", |blob| {
            blob.string("mimeType", media_type);
            blob.string("data", data);
        }),
        Sent::File { media_type, uri } => part.object("fileData", |file| {
            file.string_or_skip("mimeType", *media_type);
            file.string("fileUri", uri);
        }),
    }
}

/// The address of a file that was uploaded to Google; `None` for the ids of others.
fn uploaded(id: &str) -> Option<Cow<'_, str>> {
    const FILES: &str = "https://generativelanguage.googleapis.com/v1beta/";
    if id.starts_with("https://") || id.starts_with("gs://") {
        return Some(Cow::Borrowed(id));
    }
    id.starts_with("files/").then(|| Cow::Owned(format!("{FILES}{id}")))
}

/// A media type by the first letters of the base64; where they say nothing, what is likeliest of its
/// kind.
fn of_bytes(kind: MediaKind, data: &str) -> &'static str {
    const BEGINNINGS: [(MediaKind, &str, &str); 10] = [
        (MediaKind::Image, "/9j/", "image/jpeg"),
        (MediaKind::Image, "R0lGOD", "image/gif"),
        (MediaKind::Image, "UklGR", "image/webp"),
        (MediaKind::Audio, "SUQz", "audio/mp3"),
        (MediaKind::Audio, "//", "audio/mp3"),
        (MediaKind::Audio, "T2dnUw", "audio/ogg"),
        (MediaKind::Audio, "ZkxhQw", "audio/flac"),
        (MediaKind::Video, "GkXfo", "video/webm"),
        (MediaKind::Document, "JVBERi", "application/pdf"),
        (MediaKind::Document, "PCFET0", "text/html"),
    ];
    let found = BEGINNINGS.iter().find(|(of, letters, _)| *of == kind && data.starts_with(letters));
    found.map_or_else(
        || match kind {
            MediaKind::Image => "image/png",
            MediaKind::Audio => "audio/wav",
            MediaKind::Video => "video/mp4",
            MediaKind::Document => "application/pdf",
        },
        |(.., media_type)| media_type,
    )
}

/// A media type by the ending of an address; `None` where that says nothing, as with films of YouTube.
fn of_address(kind: MediaKind, url: &str) -> Option<&'static str> {
    const ENDINGS: [(&str, &str); 26] = [
        ("png", "image/png"),
        ("jpg", "image/jpeg"),
        ("jpeg", "image/jpeg"),
        ("webp", "image/webp"),
        ("gif", "image/gif"),
        ("heic", "image/heic"),
        ("heif", "image/heif"),
        ("wav", "audio/wav"),
        ("mp3", "audio/mp3"),
        ("aiff", "audio/aiff"),
        ("aac", "audio/aac"),
        ("ogg", "audio/ogg"),
        ("flac", "audio/flac"),
        ("m4a", "audio/m4a"),
        ("mp4", "video/mp4"),
        ("mpeg", "video/mpeg"),
        ("mov", "video/mov"),
        ("avi", "video/avi"),
        ("webm", "video/webm"),
        ("wmv", "video/wmv"),
        ("pdf", "application/pdf"),
        ("txt", "text/plain"),
        ("md", "text/md"),
        ("csv", "text/csv"),
        ("html", "text/html"),
        ("xml", "text/xml"),
    ];
    let path = url.split(['?', '#']).next().unwrap_or(url);
    let ending = path.rsplit('/').next().and_then(|name| name.rsplit_once('.')).map(|(_, ending)| ending);
    let by_ending = ending.and_then(|ending| {
        ENDINGS
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(ending))
            .map(|(_, media_type)| *media_type)
    });
    // A page of a script (`/image.php`) says nothing about what it sends.
    by_ending.filter(|media_type| match kind {
        MediaKind::Image => media_type.starts_with("image/"),
        MediaKind::Audio => media_type.starts_with("audio/") || *media_type == "video/webm",
        MediaKind::Video => media_type.starts_with("video/"),
        MediaKind::Document => true,
    })
}
