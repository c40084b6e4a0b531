//! A summary in place of what came before it, as a stream brings it: the block begins empty, and a
//! delta brings its text and the opaque data that belongs to it.
//!
//! The conversation hands such a block on whole, as it does with every block that only Anthropic has:
//! so it waits for its end.
//!
//! Source: Anthropic's "Compaction", and the accumulating stream of its SDKs.

use super::{incoming_blocks::whole, stream::WireDelta};
use crate::{
    conversation::{Extra, Json},
    protocol::json::{Raw, Word, from_str, wire_object},
};

/// The block's type.
pub(super) const KIND: &str = "compaction";

wire_object! {
    struct WireCompaction<'a> {
        kind: Word<'a> = "type",
        content: Word<'a> = "content",
        encrypted_content: Word<'a> = "encrypted_content",
    }
}

/// A block that is open.
#[derive(Debug)]
pub(super) struct Compaction {
    content: Option<String>,
    encrypted: Option<String>,
    extra: Extra<'static>,
}

impl Compaction {
    /// The block as it begins.
    pub(super) fn begin(json: Raw<'_>) -> Self {
        let block: WireCompaction<'_> = from_str(json.get()).unwrap_or_default();
        let own = |word: Option<Word<'_>>| word?.0.map(|text| text.into_owned());
        let extra = block.extra.into_iter();
        Self {
            content: own(block.content),
            encrypted: own(block.encrypted_content),
            extra: extra.map(|(name, json)| (name.into_owned().into(), owned(json))).collect(),
        }
    }

    /// Takes what a delta adds: text goes after the text, opaque data takes the place of what was there.
    pub(super) fn add(&mut self, delta: &WireDelta<'_>) {
        let said = |word: &Option<Word<'_>>| word.as_ref()?.0.as_deref().map(str::to_owned);
        if let Some(more) = said(&delta.content) {
            self.content.get_or_insert_default().push_str(&more);
        }
        if let Some(data) = said(&delta.encrypted_content) {
            self.encrypted = Some(data);
        }
    }

    /// The block as it is whole.
    pub(super) fn json(&self) -> Option<Json<'static>> {
        let json = whole(KIND, |object| {
            object.string_or_null("content", self.content.as_deref());
            object.string_or_skip("encrypted_content", self.encrypted.as_deref());
            object.extra(&self.extra);
        });
        json.ok()
    }
}

fn owned(json: Json<'_>) -> Json<'static> {
    Json::Owned(json.into_owned())
}
