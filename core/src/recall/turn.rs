use bytes::Bytes;

use super::Format;
use crate::{
    conversation::{Reasoning, Text},
    protocol::json::{Count, List, Malformed, Object, Str, from_slice, wire_object},
};

/// The state of one answer's calls.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Turn<'a> {
    /// Whose format the state is in, such as `anthropic-claude-v1`.
    pub format: Text<'a>,
    /// The calls, in the model's order.
    pub calls: Vec<Call<'a>>,
    /// The reasoning between them, in the model's order.
    pub pieces: Vec<Piece<'a>>,
}

/// One call of a turn.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Call<'a> {
    /// Its id.
    pub id: Text<'a>,
    /// Its signature; of calls at once, Gemini signs the first.
    pub signature: Option<Text<'a>>,
}

/// Reasoning that has to come back, and where it stood.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Piece<'a> {
    /// How many of the turn's calls came before it.
    pub calls: usize,
    /// How many of its texts came before it.
    pub texts: usize,
    /// The readable text.
    pub text: Option<Text<'a>>,
    /// The signature over the text.
    pub signature: Option<Text<'a>>,
    /// What only the provider can read.
    pub opaque: Option<Text<'a>>,
}

impl<'a> Piece<'a> {
    /// As a part of a message.
    pub(super) fn reasoning<'b>(&self, format: Format) -> Reasoning<'b> {
        let own = |text: &Text<'a>| Text::Owned(text.as_ref().to_owned());
        Reasoning {
            text: self.text.as_ref().map(own),
            signature: self.signature.as_ref().map(own),
            opaque: self.opaque.as_ref().map(own),
            format: (format != Format::Text).then_some(Text::Borrowed(format.name())),
            ..Reasoning::default()
        }
    }
}

/// A turn, ready to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// What the turn is found by.
    pub handle: String,
    /// What [`Turn::read`] reads.
    pub value: Bytes,
}

wire_object! {
    struct WireTurn<'a> {
        format: Str<'a> = "format",
        calls: List<WireCall<'a>> = "calls",
        pieces: List<WirePiece<'a>> = "pieces",
    }

    struct WireCall<'a> {
        id: Str<'a> = "id",
        signature: Str<'a> = "signature",
    }

    struct WirePiece<'a> {
        calls: Count = "calls",
        texts: Count = "texts",
        text: Str<'a> = "text",
        signature: Str<'a> = "signature",
        opaque: Str<'a> = "opaque",
    }
}

impl<'a> Turn<'a> {
    /// Reads what [`write`](Turn::write) wrote. `None` for what another release wrote in another
    /// way: that counts as gone.
    pub fn read(value: &'a [u8]) -> Option<Self> {
        let turn: Result<WireTurn<'_>, Malformed> = from_slice(value);
        let turn = turn.ok()?;
        let text = |text: Option<Str<'a>>| text.map(|text| text.0);
        let count = |count: Option<Count>| count.and_then(|count| usize::try_from(count.0).ok()).unwrap_or(0);
        let call = |call: WireCall<'a>| Some(Call { id: call.id?.0, signature: text(call.signature) });
        let piece = |piece: WirePiece<'a>| Piece {
            calls: count(piece.calls),
            texts: count(piece.texts),
            text: text(piece.text),
            signature: text(piece.signature),
            opaque: text(piece.opaque),
        };
        Some(Self {
            format: turn.format?.0,
            calls: turn.calls?.0.into_iter().map(call).collect::<Option<_>>()?,
            pieces: turn.pieces.unwrap_or_default().0.into_iter().map(piece).collect(),
        })
    }

    /// As JSON, to be kept.
    pub fn write(&self) -> Bytes {
        let mut out = Vec::new();
        let mut object = Object::new(&mut out);
        object.string("format", &self.format);
        object.array("calls", |list| {
            for call in &self.calls {
                list.object(|object| {
                    object.string("id", &call.id);
                    object.string_or_skip("signature", call.signature.as_deref());
                });
            }
        });
        if !self.pieces.is_empty() {
            object.array("pieces", |list| {
                for piece in &self.pieces {
                    list.object(|object| {
                        object.unsigned("calls", piece.calls as u64);
                        object.unsigned("texts", piece.texts as u64);
                        object.string_or_skip("text", piece.text.as_deref());
                        object.string_or_skip("signature", piece.signature.as_deref());
                        object.string_or_skip("opaque", piece.opaque.as_deref());
                    });
                }
            });
        }
        object.end();
        out.into()
    }
}
