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

/// What is spoken on one side of the gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    /// OpenAI's chat completions.
    Chat,
    /// Anthropic's Messages.
    Messages,
    /// Google's Gemini.
    Gemini,
}

/// One line of the table.
pub(super) struct Scenario {
    /// As the table calls it.
    pub(super) name: &'static str,
    /// What callers speak. nginx relays the same request, to a provider that speaks it too.
    pub(super) front: Protocol,
    /// What the provider behind the gateway speaks.
    pub(super) wire: Protocol,
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
    Scenario { name, front: Protocol::Chat, wire: Protocol::Chat, manner, body, connections, budget }
}

const fn translate(pair: (Protocol, Protocol), name: &'static str, load: (Manner, usize)) -> Scenario {
    let ((front, wire), (manner, body)) = (pair, load);
    let budget = match load {
        (Plain, ..5_000) => (3.0, 2.2),
        (Plain, _) => (8.0, 5.0),
        _ => (3.5, 2.5),
    };
    Scenario { name, front, wire, manner, body, connections: 32, budget: Some(budget) }
}

use Manner::{Burst, Flushed, Paced, Plain};

const CHAT_TO_ANTHROPIC: (Protocol, Protocol) = (Protocol::Chat, Protocol::Messages);
const CHAT_TO_GEMINI: (Protocol, Protocol) = (Protocol::Chat, Protocol::Gemini);
const MESSAGES_TO_OPENAI: (Protocol, Protocol) = (Protocol::Messages, Protocol::Chat);
const MESSAGES_TO_GEMINI: (Protocol, Protocol) = (Protocol::Messages, Protocol::Gemini);

const SHORT: (Manner, usize) = (Plain, 1_000);
const STREAM: (Manner, usize) = (Burst, 1_000);
const AGENT: (Manner, usize) = (Plain, 100_000);

/// The table.
pub(super) const SCENARIOS: &[Scenario] = &[
    relay("relay 1 KB, 1 connection", Plain, 1_000, 1, None),
    relay("relay 1 KB, 32 connections", Plain, 1_000, 32, Some((2.0, 1.6))),
    relay("relay 1 KB, 256 connections", Plain, 1_000, 256, Some((1.9, 1.5))),
    relay("relay stream in a burst", Burst, 1_000, 32, Some((1.3, 0.9))),
    relay("relay stream in a burst, 256 connections", Burst, 1_000, 256, None),
    relay("relay stream flushed by event", Flushed, 1_000, 32, None),
    relay("relay stream 5 ms apart", Paced, 1_000, 128, Some((1.4, 1.15))),
    Scenario {
        front: Protocol::Messages,
        wire: Protocol::Messages,
        ..relay("relay Messages stream in a burst", Burst, 1_000, 32, None)
    },
    relay("relay 10 KB agent body", Plain, 10_000, 32, Some((2.0, 1.6))),
    relay("relay 100 KB agent body", Plain, 100_000, 32, Some((2.8, 2.0))),
    translate(CHAT_TO_ANTHROPIC, "chat to Anthropic 1 KB", SHORT),
    translate(CHAT_TO_ANTHROPIC, "chat to Anthropic stream in a burst", STREAM),
    translate(CHAT_TO_ANTHROPIC, "chat to Anthropic 100 KB agent body", AGENT),
    translate(CHAT_TO_GEMINI, "chat to Gemini 1 KB", SHORT),
    translate(CHAT_TO_GEMINI, "chat to Gemini stream in a burst", STREAM),
    translate(CHAT_TO_GEMINI, "chat to Gemini 100 KB agent body", AGENT),
    translate(MESSAGES_TO_OPENAI, "Messages to OpenAI 1 KB", SHORT),
    translate(MESSAGES_TO_OPENAI, "Messages to OpenAI stream in a burst", STREAM),
    translate(MESSAGES_TO_OPENAI, "Messages to OpenAI 100 KB agent body", AGENT),
    translate(MESSAGES_TO_GEMINI, "Messages to Gemini 1 KB", SHORT),
    translate(MESSAGES_TO_GEMINI, "Messages to Gemini stream in a burst", STREAM),
    translate(MESSAGES_TO_GEMINI, "Messages to Gemini 100 KB agent body", AGENT),
];
