//! The parts of a content.

use std::borrow::Cow;

use super::{
    media::{Sent, sent, write_media},
    names::Names,
    turns::{Piece, Said},
};
use crate::{
    conversation::{CallKind, Media, MediaKind, Part, ToolCall, ToolResult},
    error::ApiError,
    protocol::{
        fields::Report,
        input::write_input,
        json::{Array, Object},
    },
};

type Parts<'o> = Array<'o, Vec<u8>>;
type Body<'o> = Object<'o, Vec<u8>>;

/// What a part is written for.
pub(super) struct Writing<'w, 't> {
    pub(super) names: &'static Names,
    /// Whether a result may hold media itself ("Multimodal function responses").
    pub(super) media_in_results: bool,
    pub(super) report: &'w mut Report<'t>,
}

impl Writing<'_, '_> {
    /// Writes the pieces of a content. Media of a result that the result cannot hold itself follow in
    /// parts of their own after the last one, so that the results of a turn stand together.
    pub(super) fn pieces(&mut self, parts: &mut Parts<'_>, pieces: &[Piece<'_>]) -> Result<(), ApiError> {
        let is_other = |piece: &Piece<'_>| !matches!(piece.said, Said::Result(..));
        let (results, others) = pieces.split_at(pieces.iter().position(is_other).unwrap_or(pieces.len()));
        results.iter().try_for_each(|piece| self.piece(parts, piece))?;
        for piece in results {
            if let Said::Result(result, _) = piece.said {
                self.result_media(parts, result);
            }
        }
        others.iter().try_for_each(|piece| self.piece(parts, piece))
    }

    fn piece(&mut self, parts: &mut Parts<'_>, piece: &Piece<'_>) -> Result<(), ApiError> {
        match piece.said {
            Said::Text(text) => parts.object(|part| {
                part.string("text", text);
                part.string_or_skip("thoughtSignature", piece.signature);
            }),
            Said::Thought(text) => parts.object(|part| {
                part.string("text", text);
                part.bool("thought", true);
                part.string_or_skip("thoughtSignature", piece.signature);
            }),
            Said::Result(result, name) => {
                return parts.object(|part| self.result(part, result, name, piece.message));
            }
            Said::Part(Part::ToolCall(call)) => {
                return parts.object(|part| {
                    self.call(part, call, piece.message)?;
                    part.string_or_skip("thoughtSignature", piece.signature);
                    Ok(())
                });
            }
            Said::Part(Part::Media(media)) => return self.media(parts, media, piece),
            Said::Part(Part::Provider { kind, .. }) => {
                let why = format!("the wire has no `{kind}`");
                let at = self.names.at(piece.message, "content");
                return self.report.lost_input(self.names.other, at, &why);
            }
            Said::Part(_) => {}
        }
        Ok(())
    }

    fn media(&mut self, parts: &mut Parts<'_>, media: &Media<'_>, piece: &Piece<'_>) -> Result<(), ApiError> {
        if media.detail.as_ref().is_some_and(|detail| detail != "auto") {
            self.report.lost("messages[].content[].image_url.detail")?;
        }
        let Some(sent) = self.sent(media, piece.message)? else { return Ok(()) };
        if media.kind == MediaKind::Document && !matches!(sent, Sent::Text(_)) {
            // The wire has no member for what Anthropic tells of a document.
            for told in [media.title.as_deref(), media.context.as_deref()].into_iter().flatten() {
                parts.object(|part| part.string("text", told));
            }
        }
        parts.object(|part| {
            write_media(part, &sent);
            part.string_or_skip("thoughtSignature", piece.signature);
        });
        Ok(())
    }

    fn sent<'m>(&mut self, media: &'m Media<'_>, message: usize) -> Result<Option<Sent<'m>>, ApiError> {
        let sent = sent(media);
        if sent.is_none() {
            let why = "it was uploaded to another provider, or is of a form that only that one knows";
            self.report.lost_input(self.names.file, self.names.at(message, "content"), why)?;
        }
        Ok(sent)
    }

    fn call(&mut self, part: &mut Body<'_>, call: &ToolCall<'_>, message: usize) -> Result<(), ApiError> {
        if call.kind == CallKind::Custom {
            let at = || self.names.at(message, self.names.calls);
            self.report.lost_at("messages[].tool_calls[].custom", at)?;
        }
        part.object("functionCall", |object| {
            object.string("id", &call.id);
            object.string("name", &call.name);
            write_input(object, "args", call);
        });
        Ok(())
    }

    /// A result is an object: `output` holds what the function said, `error` what went wrong, as the
    /// reference of `FunctionResponse` has it. It is a text in there whatever it is, since in an object
    /// Gemini takes a member `$ref` for a name of its own.
    fn result(
        &mut self,
        part: &mut Body<'_>,
        result: &ToolResult<'_>,
        name: &str,
        message: usize,
    ) -> Result<(), ApiError> {
        let mut texts: Vec<Cow<'_, str>> = Vec::new();
        let mut held: Vec<Sent<'_>> = Vec::new();
        for content in &result.content {
            match content {
                Part::Text(text) => texts.push(Cow::Borrowed(&text.text)),
                Part::Refusal(text) => texts.push(Cow::Borrowed(text)),
                Part::Media(media) => match self.sent(media, message)? {
                    Some(Sent::Text(text)) => texts.push(text),
                    Some(inline) if self.holds(&inline) => held.push(inline),
                    _ => {}
                },
                Part::Provider { kind, .. } => {
                    let why = format!("the wire has no `{kind}`");
                    self.report.lost_input(self.names.other, self.names.at(message, "content"), &why)?;
                }
                Part::Reasoning(_) | Part::ToolCall(_) | Part::ToolResult(_) => {}
            }
        }
        part.object("functionResponse", |object| {
            object.string("id", &result.call_id);
            object.string("name", name);
            object.object("response", |response| {
                let key = if result.is_error == Some(true) { "error" } else { "output" };
                match texts.as_slice() {
                    [text] => response.string(key, text),
                    texts => response.string(key, &texts.join("\n")),
                }
            });
            if !held.is_empty() {
                object.array("parts", |parts| {
                    held.iter().for_each(|sent| parts.object(|part| write_media(part, sent)));
                });
            }
        });
        Ok(())
    }

    /// Whether a result holds the medium itself: images, PDFs and texts, as bytes.
    fn holds(&self, sent: &Sent<'_>) -> bool {
        let Sent::Inline { media_type, .. } = sent else { return false };
        let known = matches!(
            *media_type,
            "image/png" | "image/jpeg" | "image/webp" | "application/pdf" | "text/plain"
        );
        self.media_in_results && known
    }

    /// The media of a result that it does not hold itself, named after their call.
    fn result_media(&self, parts: &mut Parts<'_>, result: &ToolResult<'_>) {
        let mut named = false;
        for content in &result.content {
            let Part::Media(media) = content else { continue };
            let Some(sent) = sent(media) else { continue };
            if matches!(sent, Sent::Text(_)) || self.holds(&sent) {
                continue;
            }
            if !named {
                named = true;
                let label = format!("Returned by the tool call {}:", result.call_id);
                parts.object(|part| part.string("text", &label));
            }
            parts.object(|part| write_media(part, &sent));
        }
    }
}
