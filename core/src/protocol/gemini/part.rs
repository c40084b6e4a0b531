//! One part of a content, taken apart.

use std::borrow::Cow;

use super::arguments::WirePartialArg;
use crate::{
    conversation::{Json, Media, MediaKind, Source, Text},
    protocol::json::{List, Malformed, Raw, Str, Word, compact, from_str, wire_object},
};

wire_object! {
    struct WirePart<'a> {
        text: Word<'a> = "text",
        thought: Raw<'a> = "thought",
        signature: Word<'a> = "thoughtSignature" | "thought_signature",
        call: WireCall<'a> = "functionCall" | "function_call",
        inline: WireBlob<'a> = "inlineData" | "inline_data",
        file: WireFile<'a> = "fileData" | "file_data",
    }

    struct WireCall<'a> {
        id: Word<'a> = "id",
        name: Word<'a> = "name",
        args: Raw<'a> = "args",
        partial: List<WirePartialArg<'a>> = "partialArgs" | "partial_args",
        more: Raw<'a> = "willContinue" | "will_continue",
    }

    struct WireBlob<'a> {
        media_type: Word<'a> = "mimeType" | "mime_type",
        data: Word<'a> = "data",
        name: Word<'a> = "displayName" | "display_name",
    }

    struct WireFile<'a> {
        media_type: Word<'a> = "mimeType" | "mime_type",
        uri: Word<'a> = "fileUri" | "file_uri",
        name: Word<'a> = "displayName" | "display_name",
    }
}

/// What a part says.
pub(super) enum Piece<'a> {
    Text(Text<'a>),
    Thought(Text<'a>),
    Call(CallPiece<'a>),
    Media(Media<'a>),
    /// Something that Google did or has on its own side: code that it ran, searches. Whole, with
    /// its signature.
    Provider {
        kind: Text<'a>,
        json: Json<'a>,
    },
}

/// A call, or more of one.
pub(super) struct CallPiece<'a> {
    pub(super) id: Option<Text<'a>>,
    pub(super) name: Option<Text<'a>>,
    pub(super) args: Option<Raw<'a>>,
    pub(super) partial: Vec<WirePartialArg<'a>>,
    /// Whether there is more to come of the call.
    pub(super) more: bool,
    pub(super) signature: Option<Text<'a>>,
}

/// What a part says, and the signature over it that is not a call's own. Either can be missing: a
/// signature often stands on an empty text at the end.
pub(super) fn pieces(json: Raw<'_>) -> Result<(Option<Piece<'_>>, Option<Text<'_>>), Malformed> {
    let part: WirePart<'_> = from_str(json.get())?;
    let signature = Word::text(part.signature);
    let thought = is_true(part.thought);
    if let Some(call) = part.call {
        return Ok((Some(Piece::Call(call_piece(call, signature))), None));
    }
    if let Some(text) = Word::text(part.text) {
        let piece = if thought { Piece::Thought(text) } else { Piece::Text(text) };
        return Ok((Some(piece), signature));
    }
    // Pictures that the model drew while it thought are not its answer.
    if thought && part.inline.is_some() {
        let kind = Cow::Borrowed("inlineData");
        return Ok((Some(Piece::Provider { kind, json: Cow::Borrowed(json) }), None));
    }
    if let Some(media) = part.inline.and_then(inline).or_else(|| part.file.and_then(file)) {
        return Ok((Some(Piece::Media(media)), signature));
    }
    // Of the members that are left the metadata only describe.
    let kind = part.extra.into_iter().map(|(kind, _)| kind).find(|kind| !kind.ends_with("Metadata"));
    match kind {
        Some(kind) => Ok((Some(Piece::Provider { kind, json: Cow::Borrowed(json) }), None)),
        None => Ok((None, signature)),
    }
}

fn is_true(json: Option<Raw<'_>>) -> bool {
    json.is_some_and(|json| json.get() == "true")
}

fn call_piece<'a>(call: WireCall<'a>, signature: Option<Text<'a>>) -> CallPiece<'a> {
    CallPiece {
        id: Word::text(call.id),
        name: Word::text(call.name),
        args: call.args,
        partial: call.partial.unwrap_or_default().0,
        more: is_true(call.more),
        signature,
    }
}

/// A call's arguments as JSON text; a call without any has an empty object of them. Some proxies say
/// them as text already.
pub(super) fn arguments(args: Option<Raw<'_>>) -> Text<'_> {
    let Some(json) = args.map(|args| args.get()) else { return Cow::Borrowed("{}") };
    match from_str::<Str<'_>>(json) {
        Ok(text) => text.0,
        Err(_) => compact(json),
    }
}

fn inline(blob: WireBlob<'_>) -> Option<Media<'_>> {
    let media_type = Word::text(blob.media_type);
    let kind = media_kind(media_type.as_deref());
    let source = Source::Base64 { media_type, data: Word::text(blob.data)? };
    Some(Media { title: Word::text(blob.name), ..Media::new(kind, source) })
}

fn file(file: WireFile<'_>) -> Option<Media<'_>> {
    let kind = media_kind(Word::text(file.media_type).as_deref());
    let source = Source::Url(Word::text(file.uri)?);
    Some(Media { title: Word::text(file.name), ..Media::new(kind, source) })
}

fn media_kind(media_type: Option<&str>) -> MediaKind {
    match media_type.and_then(|media_type| media_type.split('/').next()) {
        Some("image") => MediaKind::Image,
        Some("audio") => MediaKind::Audio,
        Some("video") => MediaKind::Video,
        _ => MediaKind::Document,
    }
}
