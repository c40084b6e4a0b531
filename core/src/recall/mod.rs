//! Opaque reasoning state, found again by the tool call that it belongs to.
//!
//! Claude signs its thinking and Gemini its calls, and both want to see that again while a tool loop
//! runs: with a budget for thinking Claude refuses a loop whose first turn does not begin with its
//! thinking ("Extended thinking", preserving thinking blocks), Gemini 3 a call without its signature
//! ("Thought signatures"), and either reasons worse without. Clients of their own protocols send it
//! back. Clients that speak another may keep it in the [extension fields](crate::protocol::chat)
//! that it is given to them in; most rebuild their messages from role, content and calls, and it is
//! lost. A call's id survives them all. So what belongs to the calls of an answer is kept under
//! the id of the first of them, and put back before the next request is encoded:
//!
//! ```text
//! answer  ── Collector ──▶ Record ──▶ Key, Cache::put
//! request ── wanted ──▶ Key, Cache::get ──▶ Turn ── restore ──▶ request, as the model knows it
//! ```
//!
//! All of it is pure; the look-ups are the gateway's. The rules:
//!
//! - A [`Turn`] says whose format it is in, and goes back only to a provider of that format.
//! - What the caller itself sent comes first: a turn that has state in the provider's format is
//!   left alone.
//! - An answer with calls and no state is recorded too, with nothing in it, so that *there was
//!   none* and *it is gone* can be told apart. Only the second is reported.
//! - The [key](key) is a digest over the tenant and the call's id: another tenant's call of the same
//!   id is another key.
//! - One record holds a whole turn, because stores at the edge count each access.

mod collect;
mod restore;
#[cfg(test)]
mod tests;
mod turn;

use std::{fmt::Write, time::Duration};

use sha2::{Digest, Sha256};

pub use collect::Collector;
pub(crate) use restore::loop_start;
pub use restore::{restore, wanted};
pub use turn::{Call, Piece, Record, Turn};

use crate::{
    conversation::Request,
    model::{Control, Effort, Model},
    protocol::{Wire, chat, gemini},
};

/// How long a turn's state is kept: a tool loop that rests for longer goes on without it.
pub const TTL: Duration = Duration::from_secs(24 * 60 * 60);

/// The format that an upstream of `wire` reads back, where it has one.
pub fn format_of(wire: Wire) -> Option<&'static str> {
    match wire {
        Wire::Chat => None,
        Wire::Messages => Some(chat::ANTHROPIC_FORMAT),
        Wire::Gemini => Some(gemini::GEMINI_FORMAT),
    }
}

/// The cache's key for the turn that begins its calls with `call_id`. It holds neither in clear.
pub fn key(tenant: &str, call_id: &str) -> String {
    let mut digest = Sha256::new();
    digest.update(tenant.as_bytes());
    // No tenant path has a zero byte in it.
    digest.update([0]);
    digest.update(call_id.as_bytes());
    let mut key = String::from("reasoning/");
    for byte in digest.finalize() {
        // Writing to a `String` cannot fail.
        let _ = write!(key, "{byte:02x}");
    }
    key
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
