//! Conversations and answers that nobody thought of.

mod answer;
mod conversation;

use serde_json::json;
use tollbridge_core::protocol::Wire;

use crate::{run, sim::Sim};

/// A gateway before one provider of the wire, and its model's name.
fn sim(wire: Wire) -> (Sim, String) {
    let (name, _) = run::vendor(wire);
    let sim = Sim::new(json!({"providers": {name: {"api_key": {"secret": "KEY"}, "models": ["m-1"]}}}));
    (sim, format!("{name}/m-1"))
}
