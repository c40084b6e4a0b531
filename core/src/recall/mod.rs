//! Opaque reasoning state, found again by the tool call that it belongs to.
//!
//! Claude signs its thinking and Gemini its calls, and both want to see that again while a tool loop
//! runs: with a budget for thinking Claude refuses a loop whose first turn does not begin with its
//! thinking ("Extended thinking", preserving thinking blocks), Gemini 3 a call without its signature
//! ("Thought signatures"), and either reasons worse without. Clients of their own protocols send it
//! back. Clients that speak another may keep it in the [extension fields](crate::protocol::chat)
//! that it is given to them in; most rebuild their messages from role, content and calls, and it is
//! lost. (DeepSeek and Moonshot want the text of their reasoning back, which the clients of their own
//! wire, OpenAI's, lose.) A call's id survives them all. So what belongs to the calls of an answer is
//! kept under the id of the first of them, and put back before the next request is encoded:
//!
//! ```text
//! answer  ── Collector ──▶ Record ──▶ key, Cache::put
//! request ── wanted ──▶ key, Cache::get ──▶ Turn ── restore ──▶ request, as the model knows it
//! ```
//!
//! All of it is pure; the look-ups are the gateway's. The rules:
//!
//! - A [`Turn`] says which [`Format`] it is in, and goes back only to a provider of that.
//! - What the caller itself sent comes first: a turn that has state in the provider's format is
//!   left alone.
//! - An answer with calls and no state is recorded too, with nothing in it, so that *there was
//!   none* and *it is gone* can be told apart. Only the second is reported.
//! - The [key] is a digest over the tenant and the call: another tenant's call of the same id is
//!   another key.
//! - One record holds a whole turn, because stores at the edge count each access.

mod collect;
mod restore;
#[cfg(test)]
mod tests;
mod turn;

use sha2::{Digest, Sha256};

pub use collect::Collector;
pub(crate) use restore::loop_start;
pub use restore::{restore, wanted};
pub use turn::{Call, Piece, Record, Turn};

use crate::{
    conversation::Request,
    hex,
    model::{Control, Effort, Model},
    protocol::{Dialect, ReasoningBack, Wire, chat, gemini},
};

/// A form that reasoning state has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Claude's signed and redacted thinking.
    Claude,
    /// Gemini's signatures.
    Gemini,
    /// The reasoning's own text, which DeepSeek and Moonshot refuse a turn with calls without
    /// (DeepSeek's "Thinking Mode", Moonshot's "Using thinking models").
    Text,
}

impl Format {
    /// What an upstream reads back, where it reads anything.
    pub fn of(wire: Wire, dialect: Dialect) -> Option<Self> {
        match (wire, dialect.reasoning) {
            (Wire::Messages, _) => Some(Self::Claude),
            (Wire::Gemini, _) => Some(Self::Gemini),
            (Wire::Chat, ReasoningBack::Text("reasoning_content")) => Some(Self::Text),
            // Wanted, and not missed.
            (Wire::Chat, _) => None,
        }
    }

    /// Its name, the same as in the conversation where that names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Claude => chat::ANTHROPIC_FORMAT,
            Self::Gemini => gemini::GEMINI_FORMAT,
            Self::Text => "text",
        }
    }

    /// Whether reasoning of the conversation's `format` can be of this one.
    fn speaks(self, format: Option<&str>) -> bool {
        self == Self::Text || format == Some(self.name())
    }

    /// What a turn is found by: the id and the name of its first call, and where ids repeat themselves
    /// from one conversation to the next (Moonshot's are `functions.NAME:0` and so on), its arguments and
    /// what the user had `asked`.
    fn handle(self, id: &str, name: &str, arguments: &str, asked: &str) -> String {
        if self != Self::Text {
            return [id, name].join("\0");
        }
        // Clients write arguments anew: what they say is compared.
        let said: Result<serde_json::Value, _> = serde_json::from_str(arguments);
        let said = said.map_or_else(|_| arguments.to_owned(), |said| said.to_string());
        [id, name, &said, asked].join("\0")
    }
}

/// How the keys of reasoning state begin in the cache.
const PREFIX: &str = "reasoning/";

/// The cache's key for the turn of this handle. It holds nothing in clear.
pub fn key(tenant: &str, handle: &str) -> String {
    // No tenant path has a zero byte in it.
    digest(PREFIX, [tenant.as_bytes(), b"\0", handle.as_bytes()])
}

/// A digest over `pieces`, behind `prefix`.
fn digest<'p>(prefix: &str, pieces: impl IntoIterator<Item = &'p [u8]>) -> String {
    let mut digest = Sha256::new();
    pieces.into_iter().for_each(|piece| digest.update(piece));
    let mut text = String::with_capacity(prefix.len() + 64);
    text.push_str(prefix);
    hex::push(&mut text, &digest.finalize());
    text
}

/// Whether the model may think over this request, as far as can be told: if not, there is no state
/// to put back, and none will come.
pub fn may_think(request: &Request<'_>, facts: Option<&Model>) -> bool {
    let options = &request.reasoning;
    let off = options.effort.as_deref() == Some("none") || options.enabled == Some(false);
    match facts.map(|model| model.reasoning) {
        Some(reasoning) if reasoning.control == Control::None => false,
        Some(reasoning) if reasoning.always => true,
        Some(reasoning) if options.is_absent() => reasoning.default != Some(Effort::None),
        _ => !off,
    }
}
