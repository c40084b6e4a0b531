//! What is measured.

/// What the provider answers, by the path that it is asked under.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    /// A whole answer of one kilobyte.
    Plain,
    /// A stream of 64 events in one write.
    Burst,
    /// A stream of 64 events, each flushed by itself, one right after the other.
    Flushed,
    /// A stream of 64 events, 5 ms apart.
    Paced,
}

impl Manner {
    pub(super) const ALL: [Self; 4] = [Self::Plain, Self::Burst, Self::Flushed, Self::Paced];

    /// The first part of the provider's path, and of the names that go with it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Burst => "burst",
            Self::Flushed => "flushed",
            Self::Paced => "paced",
        }
    }
}

/// The wire behind the gateway; before it is always the chat wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wire {
    /// The same: relayed.
    Chat,
    /// Another: translated. nginx relays the same request as its measure.
    Messages,
}

/// One line of the table.
pub(super) struct Scenario {
    /// As the table calls it.
    pub(super) name: &'static str,
    pub(super) wire: Wire,
    pub(super) manner: Manner,
    /// Bytes of the request's body, about.
    pub(super) body: usize,
    /// Requests at a time.
    pub(super) connections: usize,
    /// The ratio to nginx's processor time that must be kept, and the one that is aimed at.
    pub(super) budget: Option<(f64, f64)>,
}

const fn relay(
    name: &'static str,
    manner: Manner,
    body: usize,
    connections: usize,
    budget: Option<(f64, f64)>,
) -> Scenario {
    Scenario { name, wire: Wire::Chat, manner, body, connections, budget }
}

const fn translate(name: &'static str, manner: Manner, body: usize, budget: (f64, f64)) -> Scenario {
    Scenario { name, wire: Wire::Messages, manner, body, connections: 32, budget: Some(budget) }
}

use Manner::{Burst, Flushed, Paced, Plain};

/// The table.
pub(super) const SCENARIOS: [Scenario; 12] = [
    relay("relay 1 KB, 1 connection", Plain, 1_000, 1, None),
    relay("relay 1 KB, 32 connections", Plain, 1_000, 32, Some((2.0, 1.6))),
    relay("relay 1 KB, 256 connections", Plain, 1_000, 256, Some((1.9, 1.5))),
    relay("relay stream in a burst", Burst, 1_000, 32, Some((1.3, 0.9))),
    relay("relay stream in a burst, 256 connections", Burst, 1_000, 256, None),
    relay("relay stream flushed by event", Flushed, 1_000, 32, None),
    relay("relay stream 5 ms apart", Paced, 1_000, 128, Some((1.4, 1.15))),
    relay("relay 10 KB agent body", Plain, 10_000, 32, Some((2.0, 1.6))),
    relay("relay 100 KB agent body", Plain, 100_000, 32, Some((2.8, 2.0))),
    translate("to Anthropic 1 KB", Plain, 1_000, (3.0, 2.2)),
    translate("to Anthropic stream in a burst", Burst, 1_000, (3.5, 2.5)),
    translate("to Anthropic 100 KB agent body", Plain, 100_000, (8.0, 5.0)),
];
