//! Rules about request members: what a provider or a model wants differently.
//!
//! A [`Quirk`] is a named group of rules with the page that it comes from; the table of them is in
//! [`quirks`](super::quirks). A [`FieldRule`] is about a top-level member of a chat-completion
//! body, so that it can be applied to a body that is relayed without parsing it: the sketch knows
//! where each member lies, and an edit replaces a name or cuts a span. A
//! [`MessageRule`](super::MessageRule) looks inside `messages`, which only the rows that have one
//! pay for. What a provider takes beyond its wire is said to the encoders
//! ([`Dialect`](crate::protocol::Dialect)).
//!
//! Two things are deliberately not done. A parameter whose loss would change what was asked for
//! (stop sequences, log probabilities, several choices, tools) is left for the provider to refuse
//! in its own words; only where the provider would silently ignore it is it refused here. And a
//! member that the caller did not send is never invented, except `stream_options`, which the gateway
//! needs for its own accounting ([`StreamUsage`](super::StreamUsage)).

use super::{
    MessageRule, Row,
    catalogue::{Effort, Model, Param},
};
use crate::protocol::{Dialect, EffortSent, effort_sent};

/// A named difference of a dialect.
#[derive(Debug)]
pub struct Quirk {
    /// A stable name, in kebab case.
    pub name: &'static str,
    /// What is done, and why, in a sentence or two.
    pub summary: &'static str,
    /// The pages that say so.
    pub source: &'static str,
    /// What is done to members of the body.
    pub rules: &'static [FieldRule],
    /// What is done to its messages.
    pub messages: &'static [MessageRule],
    /// What the encoders may say.
    pub dialect: Dialect,
}

/// What is done to one member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldRule {
    /// The top-level member.
    pub field: &'static str,
    /// On which condition.
    pub when: When,
    /// What is done.
    pub action: Action,
}

/// On which condition a rule holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// On none.
    Always,
    /// The [catalogue] says that the model refuses this parameter, given the request's
    /// `reasoning_effort`.
    Refused(Param),
    /// The value says nothing: it is `null` or what a provider assumes anyway.
    Default,
    /// The value says something.
    NotDefault,
}

/// What is done to a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// The same value under the provider's name for it. Not done where the body already has a
    /// member of that name: the provider is left to judge the pair.
    Rename(&'static str),
    /// Taken out, because the provider would refuse the whole request for it, or ignore it.
    Drop,
    /// Taken out, and this member put in its place.
    Put(&'static str, &'static str),
    /// The request is refused, because the provider would ignore what changes its meaning.
    Refuse,
    /// The request is refused: the model always reasons. Its lowest level, where it has levels.
    AlwaysOn(Option<Effort>),
}

/// One rule as it applies to one body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldEdit {
    /// The quirk that asks for it.
    pub quirk: &'static str,
    /// The top-level member.
    pub field: &'static str,
    /// What is to be done to it.
    pub action: Action,
    /// Whether something is lost that the caller asked for. Then it is named in
    /// `x-tollbridge-dropped`, or refused where the caller or operator wants no losses.
    pub loss: bool,
}

/// The rules of a row that apply to a body for a model of which the catalogue has `facts`.
///
/// `value` gives the raw JSON of a top-level member, or `None` where the body has none. At most
/// one edit is yielded for a member: the first that applies.
pub fn field_edits<'b>(
    row: &Row,
    facts: impl Fn() -> Option<&'b Model>,
    value: impl Fn(&str) -> Option<&'b [u8]>,
) -> Vec<FieldEdit> {
    let mut edits: Vec<FieldEdit> = effort_edit(row, &facts, &value).into_iter().collect();
    for quirk in row.quirks {
        for rule in quirk.rules {
            let Some(raw) = value(rule.field) else { continue };
            let clash = matches!(rule.action, Action::Rename(to) if value(to).is_some());
            let done = edits.iter().any(|edit| edit.field == rule.field);
            if !clash && !done && rule.when.holds(rule.field, raw, &facts, &value) {
                let loss = rule.action != Action::Drop || !is_default(rule.field, raw);
                let loss = loss && !matches!(rule.action, Action::Rename(_));
                edits.push(FieldEdit { quirk: quirk.name, field: rule.field, action: rule.action, loss });
            }
        }
    }
    edits
}

/// What becomes of `reasoning_effort`: a switch where the provider has one, nothing where there is
/// nothing to be switched off. Levels are the provider's to judge.
fn effort_edit<'b>(
    row: &Row,
    facts: &impl Fn() -> Option<&'b Model>,
    value: &impl Fn(&str) -> Option<&'b [u8]>,
) -> Option<FieldEdit> {
    const FIELD: &str = "reasoning_effort";
    let asked = word(value(FIELD)?).and_then(Effort::named)?;
    let dial = row.dialect().effort;
    let (action, loss) = match effort_sent(dial, facts().map(|model| model.reasoning), asked) {
        EffortSent::Switch { on, lost } => {
            let (member, json) = dial.switch(on);
            // The caller said it in the provider's own way too.
            if member != FIELD && value(member).is_some() {
                return None;
            }
            if member == FIELD && value(FIELD) == Some(json.as_bytes()) {
                return None;
            }
            (Action::Put(member, json), lost)
        }
        EffortSent::AlwaysOn(lowest) => (Action::AlwaysOn(lowest), true),
        EffortSent::Nothing if asked == Effort::None => (Action::Drop, false),
        EffortSent::Nothing | EffortSent::Word(_) => return None,
    };
    Some(FieldEdit { quirk: "reasoning-effort", field: FIELD, action, loss })
}

/// The text of a string without escapes.
fn word(raw: &[u8]) -> Option<&str> {
    std::str::from_utf8(raw.strip_prefix(b"\"")?.strip_suffix(b"\"")?).ok()
}

impl When {
    fn holds<'b>(
        self,
        field: &str,
        raw: &[u8],
        facts: &impl Fn() -> Option<&'b Model>,
        value: &impl Fn(&str) -> Option<&'b [u8]>,
    ) -> bool {
        match self {
            Self::Always => true,
            Self::Default => is_default(field, raw),
            Self::NotDefault => !is_default(field, raw),
            // Every model takes a null.
            Self::Refused(_) if raw == b"null" => false,
            Self::Refused(param) => facts().is_some_and(|model| model.would_refuse(param, effort(value))),
        }
    }
}

/// The effort that the body asks for. A word that is not known counts as some effort.
pub(super) fn effort<'b>(value: &impl Fn(&str) -> Option<&'b [u8]>) -> Option<Effort> {
    let off = value("enable_thinking") == Some(b"false")
        || value("thinking").is_some_and(|raw| memchr::memmem::find(raw, b"\"disabled\"").is_some());
    if off {
        return Some(Effort::None);
    }
    let raw = value("reasoning_effort").filter(|raw| *raw != b"null")?;
    Some(word(raw).and_then(Effort::named).unwrap_or(Effort::Medium))
}

/// Whether leaving a member out says the same as sending this value.
fn is_default(field: &str, raw: &[u8]) -> bool {
    let default: &[&[u8]] = match field {
        "temperature" | "top_p" => &[b"1", b"1.0"],
        "presence_penalty" | "frequency_penalty" => &[b"0", b"0.0"],
        "n" => &[b"1"],
        "logit_bias" => &[b"{}"],
        "top_logprobs" => &[b"0"],
        "logprobs" | "store" => &[b"false"],
        "tool_choice" => &[b"\"auto\""],
        "service_tier" => &[b"\"auto\"", b"\"default\""],
        "metadata" => &[b"{}"],
        "parallel_tool_calls" => &[b"true"],
        // These providers send usage whether or not they are asked to.
        "stream_options" => return true,
        _ => &[],
    };
    raw == b"null" || default.contains(&raw)
}
