//! Messages as Anthropic's turns.
//!
//! System messages go to the top, unless the model takes them where they stand; messages of one
//! side that follow each other become one turn; what cannot be sent (empty texts, reasoning
//! without a signature) is left out first, so that no turn is empty. In a turn of the user's the
//! results of tool calls come first, as the wire demands.

use super::blocks::{Place, write_assistant, write_text, write_user};
use crate::{
    conversation::{Message, Part, Reasoning, Request, Role, TextPart},
    error::ApiError,
    protocol::{fields::Report, json::Object},
};

/// A conversation, sorted into what the wire has places for.
pub(super) struct Turns<'r> {
    system: Vec<&'r TextPart<'r>>,
    turns: Vec<Turn<'r>>,
}

struct Turn<'r> {
    side: Role,
    parts: Vec<(&'r Part<'r>, Place)>,
}

impl<'r> Turns<'r> {
    /// Sorts the messages of `request`; `system_turns` says that the model takes system messages
    /// in the middle.
    pub(super) fn of(
        request: &'r Request<'r>,
        system_turns: bool,
        report: &mut Report<'_>,
    ) -> Result<Self, ApiError> {
        let mut sorted = Self { system: Vec::new(), turns: Vec::new() };
        for (index, message) in request.messages.iter().enumerate() {
            if message.name.is_some() {
                report.lost("messages[].name")?;
            }
            match message.role {
                Role::System | Role::Developer => {
                    let in_place = system_turns && sorted.may_stand_here(request, index);
                    sorted.push_system(message, index, in_place, report)?;
                }
                role => {
                    let parts = sendable(message, index, report)?;
                    if !parts.is_empty() {
                        sorted.push(role, parts);
                    }
                }
            }
        }
        if sorted.turns.is_empty() {
            sorted.let_system_speak(request);
        }
        if sorted.turns.is_empty() {
            // Neither an empty text nor one of white space is taken.
            let message = "`messages` say nothing, and this model wants a text to answer. Add one.";
            return Err(ApiError::invalid(message).with_param("messages"));
        }
        Ok(sorted)
    }

    /// The wire wants a turn of the user's; a conversation that is instructions alone, which chat
    /// allows, has the last of them for one.
    fn let_system_speak(&mut self, request: &'r Request<'r>) {
        let says = |part: &&Part<'_>| matches!(part, Part::Text(text) if !is_blank(&text.text));
        let last = request.messages.iter().enumerate().rev();
        let Some((index, message)) = last.into_iter().find(|(_, m)| m.parts.iter().any(|p| says(&p))) else {
            return;
        };
        let spoken = message.parts.iter().filter(says).map(|part| (part, Place { message: index, call: 0 }));
        let spoken: Vec<_> = spoken.collect();
        self.system.truncate(self.system.len().saturating_sub(spoken.len()));
        self.push(Role::User, spoken);
    }

    fn push(&mut self, side: Role, parts: Vec<(&'r Part<'r>, Place)>) {
        match self.turns.last_mut() {
            Some(turn) if turn.side == side => turn.parts.extend(parts),
            _ => self.turns.push(Turn { side, parts }),
        }
    }

    /// A system message may stand after a turn of the user's and before one of the model's, or
    /// last ("Mid-conversation system messages").
    fn may_stand_here(&self, request: &Request<'_>, index: usize) -> bool {
        let after_user = self.turns.last().is_some_and(|turn| turn.side != Role::Assistant);
        let next = request
            .messages
            .iter()
            .skip(index + 1)
            .find(|m| !matches!(m.role, Role::System | Role::Developer));
        after_user && next.is_none_or(|next| next.role == Role::Assistant)
    }

    fn push_system(
        &mut self,
        message: &'r Message<'r>,
        index: usize,
        in_place: bool,
        report: &mut Report<'_>,
    ) -> Result<(), ApiError> {
        for part in &message.parts {
            match part {
                Part::Text(text) if is_blank(&text.text) => {}
                Part::Text(_) if in_place => {
                    self.push(Role::System, vec![(part, Place { message: index, call: 0 })]);
                }
                Part::Text(text) => self.system.push(text),
                _ => report.lost_input(
                    "messages[].content",
                    format!("messages[{index}].content"),
                    "a system message holds text alone",
                )?,
            }
        }
        Ok(())
    }
}

/// White space alone is refused as a text block.
fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

/// The parts of a message that the wire takes.
fn sendable<'r>(
    message: &'r Message<'r>,
    index: usize,
    report: &mut Report<'_>,
) -> Result<Vec<(&'r Part<'r>, Place)>, ApiError> {
    let mut parts = Vec::with_capacity(message.parts.len());
    let mut calls = 0;
    for part in &message.parts {
        let place = Place { message: index, call: calls };
        match part {
            Part::Reasoning(reasoning) if is_foreign(reasoning) => {
                report.lost("messages[].reasoning_details")?;
            }
            Part::Reasoning(_) if !is_sent(part) => report.lost("messages[].reasoning_content")?,
            Part::ToolCall(_) => calls += 1,
            _ => {}
        }
        if is_sent(part) {
            parts.push((part, place));
        }
    }
    Ok(parts)
}

/// Whether the wire takes the part: no blank text, and of reasoning, Claude's own with its proof.
pub(super) fn is_sent(part: &Part<'_>) -> bool {
    match part {
        Part::Text(text) => !is_blank(&text.text),
        Part::Refusal(text) => !is_blank(text),
        Part::Reasoning(reasoning) => {
            !is_foreign(reasoning) && (reasoning.signature.is_some() || reasoning.opaque.is_some())
        }
        _ => true,
    }
}

fn is_foreign(reasoning: &Reasoning<'_>) -> bool {
    reasoning.format.as_ref().is_some_and(|format| !format.starts_with("anthropic"))
}

/// Writes `system`, with `instruction` at its end, and `messages`.
pub(super) fn write_turns(
    object: &mut Object<'_, Vec<u8>>,
    turns: &Turns<'_>,
    instruction: Option<String>,
    report: &mut Report<'_>,
) -> Result<(), ApiError> {
    if !turns.system.is_empty() || instruction.is_some() {
        object.array("system", |blocks| {
            for text in &turns.system {
                blocks.object(|block| write_text(block, text));
            }
            if let Some(instruction) = instruction {
                blocks.object(|block| {
                    block.string("type", "text");
                    block.string("text", &instruction);
                });
            }
        });
    }
    object.array("messages", |list| {
        for turn in &turns.turns {
            list.object(|message| write_turn(message, turn, report))?;
        }
        Ok(())
    })
}

fn write_turn(
    message: &mut Object<'_, Vec<u8>>,
    turn: &Turn<'_>,
    report: &mut Report<'_>,
) -> Result<(), ApiError> {
    message.string(
        "role",
        match turn.side {
            Role::Assistant => "assistant",
            Role::System | Role::Developer => "system",
            Role::User => "user",
        },
    );
    message.array("content", |blocks| {
        if turn.side == Role::Assistant {
            for (part, place) in &turn.parts {
                write_assistant(blocks, part, *place, report)?;
            }
            return Ok(());
        }
        let is_result = |part: &Part<'_>| matches!(part, Part::ToolResult(_));
        let results = turn.parts.iter().filter(|(part, _)| is_result(part));
        let others = turn.parts.iter().filter(|(part, _)| !is_result(part));
        for (part, place) in results.chain(others) {
            write_user(blocks, part, *place, report)?;
        }
        Ok(())
    })
}
