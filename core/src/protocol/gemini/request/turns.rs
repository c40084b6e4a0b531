//! Messages as Gemini's contents.
//!
//! System messages go to `systemInstruction`, which is the only place that the wire has for them.
//! Messages of one side that follow each other become one content, since the wire wants the sides to
//! take turns: so the results of one turn's calls stand together, as many as there were calls and in
//! their order, which it also wants ("Function calling"; what else the user said follows them).
//! Results name the function and not only the call: the name is that of the call with their id.
//!
//! What a model signed goes back where it stood ("Thought signatures"): on the call, on the thought or
//! on the text before it, or on a text of its own that says nothing, which is how a stream brings it.

use std::collections::HashMap;

use super::names::Names;
use crate::{
    conversation::{Message, Part, Reasoning, Request, Role, ToolResult},
    error::ApiError,
    protocol::fields::{REASONING_STATE, Report},
};

/// Stands for a signature that is gone. It is Google's own value for that ("Thought signatures",
/// FAQs): Gemini 3 refuses a step whose first call has none.
const NO_SIGNATURE: &str = "skip_thought_signature_validator";

/// A conversation, sorted into what the wire has places for.
#[derive(Default)]
pub(super) struct Turns<'r> {
    pub(super) system: Vec<&'r str>,
    pub(super) contents: Vec<Content<'r>>,
    /// The calls so far: their names, by their ids.
    calls: HashMap<&'r str, &'r str>,
}

/// What one side says, until the other does.
pub(super) struct Content<'r> {
    pub(super) side: Side,
    pub(super) pieces: Vec<Piece<'r>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    User,
    Model,
}

/// A part of a content.
pub(super) struct Piece<'r> {
    pub(super) said: Said<'r>,
    /// Which message it comes from.
    pub(super) message: usize,
    pub(super) signature: Option<&'r str>,
}

#[derive(Clone, Copy)]
pub(super) enum Said<'r> {
    /// A text, a refusal, or nothing but a signature.
    Text(&'r str),
    /// What the model thought.
    Thought(&'r str),
    /// A result, and the function's name.
    Result(&'r ToolResult<'r>, &'r str),
    /// Any other part.
    Part(&'r Part<'r>),
}

/// What a user says who says nothing: an empty text would be refused by some models.
const NOTHING: Piece<'static> = Piece { said: Said::Text(" "), message: 0, signature: None };

impl<'r> Turns<'r> {
    /// Sorts the messages of `request`; `signed` says that the model refuses calls without a
    /// signature.
    pub(super) fn of(
        request: &'r Request<'r>,
        signed: bool,
        names: &'static Names,
        report: &mut Report<'_>,
    ) -> Result<Self, ApiError> {
        let contents = Vec::with_capacity(request.messages.len());
        let mut sorted = Self { contents, ..Self::default() };
        for (index, message) in request.messages.iter().enumerate() {
            let index = request.place(index);
            if message.name.is_some() {
                report.lost("messages[].name")?;
            }
            let (side, pieces) = match message.role {
                Role::System | Role::Developer => {
                    sorted.push_system(message, index, names, report)?;
                    continue;
                }
                Role::User => (Side::User, sorted.user(message, index, names, report)?),
                Role::Assistant => (Side::Model, sorted.model(message, index, names, report)?),
            };
            sorted.push(side, pieces);
        }
        if sorted.contents.is_empty() {
            sorted.let_system_speak(request);
        }
        if sorted.contents.is_empty() && request.messages.iter().any(|message| message.role == Role::User) {
            sorted.push(Side::User, vec![NOTHING]);
        }
        sorted.let_user_begin();
        sorted.order_results();
        if signed {
            sorted.stand_in_for_signatures(report)?;
        }
        Ok(sorted)
    }

    fn push(&mut self, side: Side, pieces: Vec<Piece<'r>>) {
        match self.contents.last_mut() {
            _ if pieces.is_empty() => {}
            Some(content) if content.side == side => content.pieces.extend(pieces),
            _ => self.contents.push(Content { side, pieces }),
        }
    }

    fn push_system(
        &mut self,
        message: &'r Message<'r>,
        index: usize,
        names: &Names,
        report: &mut Report<'_>,
    ) -> Result<(), ApiError> {
        for part in &message.parts {
            match part {
                Part::Text(text) => {
                    report_marks(part, report)?;
                    self.system.extend((!text.text.is_empty()).then_some(text.text.as_ref()));
                }
                _ => report.lost_input(
                    names.other,
                    names.at(index, "content"),
                    "a system message holds text alone",
                )?,
            }
        }
        Ok(())
    }

    /// The wire wants somebody to speak; a conversation that is instructions alone, which chat allows,
    /// has the last of them said by the user.
    fn let_system_speak(&mut self, request: &'r Request<'r>) {
        let texts = |message: &'r Message<'r>| {
            message.parts.iter().filter_map(|part| match part {
                Part::Text(text) if !text.text.is_empty() => Some(text.text.as_ref()),
                _ => None,
            })
        };
        let last = request.messages.iter().enumerate().rev().find(|(_, m)| texts(m).next().is_some());
        let Some((message, last)) = last else { return };
        let pieces: Vec<_> =
            texts(last).map(|text| Piece { said: Said::Text(text), message, signature: None }).collect();
        self.system.truncate(self.system.len().saturating_sub(pieces.len()));
        self.push(Side::User, pieces);
    }

    /// A call has to follow a turn of the user's ("Function calling"). Conversations that were cut at
    /// their beginning, or that begin with calls of the client's own, get one that says nothing.
    fn let_user_begin(&mut self) {
        let Some(first) = self.contents.first() else { return };
        if first.side == Side::Model && first.pieces.iter().any(|piece| piece.said.is_call()) {
            self.contents.insert(0, Content { side: Side::User, pieces: vec![NOTHING] });
        }
    }

    fn user(
        &self,
        message: &'r Message<'r>,
        index: usize,
        names: &Names,
        report: &mut Report<'_>,
    ) -> Result<Vec<Piece<'r>>, ApiError> {
        let mut pieces = Vec::with_capacity(message.parts.len());
        for part in &message.parts {
            report_marks(part, report)?;
            let said = match part {
                Part::Text(text) if text.text.is_empty() => continue,
                Part::Text(text) => Said::Text(&text.text),
                Part::Refusal(text) => Said::Text(text),
                Part::Media(_) | Part::Provider { .. } => Said::Part(part),
                Part::ToolResult(result) => {
                    let name = self.calls.get(result.call_id.as_ref()).copied();
                    match name.or(result.name.as_deref()) {
                        Some(name) => Said::Result(result, name),
                        None => {
                            let why = "it answers no call of the conversation";
                            report.lost_input("messages", names.at(index, names.call_of_result), why)?;
                            continue;
                        }
                    }
                }
                Part::Reasoning(_) | Part::ToolCall(_) => {
                    let why = "only the assistant's messages hold calls and reasoning";
                    report.lost_input("messages", names.at(index, "content"), why)?;
                    continue;
                }
            };
            pieces.push(Piece { said, message: index, signature: None });
        }
        Ok(pieces)
    }

    fn model(
        &mut self,
        message: &'r Message<'r>,
        index: usize,
        names: &Names,
        report: &mut Report<'_>,
    ) -> Result<Vec<Piece<'r>>, ApiError> {
        let mut pieces: Vec<Piece<'r>> = Vec::with_capacity(message.parts.len());
        // A signature that came before what it stands on, as clients write it that keep it apart.
        let mut early: Option<&'r str> = None;
        for part in &message.parts {
            report_marks(part, report)?;
            let (said, signature) = match part {
                Part::Text(text) if text.text.is_empty() => continue,
                Part::Text(text) => (Said::Text(&text.text), early.take()),
                Part::Refusal(text) => (Said::Text(text), None),
                Part::Reasoning(reasoning) => match thought(reasoning, message, names, report)? {
                    None => continue,
                    Some((Some(text), signature)) => (Said::Thought(text), Some(signature)),
                    Some((None, signature)) => {
                        match pieces.last_mut() {
                            Some(Piece { said, signature: free @ None, .. }) if !said.is_call() => {
                                *free = Some(signature);
                            }
                            _ => early = Some(signature),
                        }
                        continue;
                    }
                },
                Part::ToolCall(call) => {
                    self.calls.insert(&call.id, &call.name);
                    let signature = call.signature.as_deref().or_else(|| signature_of(&call.id, message));
                    (Said::Part(part), signature)
                }
                Part::Media(_) | Part::Provider { .. } => (Said::Part(part), None),
                Part::ToolResult(_) => {
                    let why = "only the user's messages hold results of tools";
                    report.lost_input("messages", names.at(index, "content"), why)?;
                    continue;
                }
            };
            pieces.push(Piece { said, message: index, signature });
        }
        if early.is_some() {
            pieces.push(Piece { said: Said::Text(""), message: index, signature: early });
        }
        Ok(pieces)
    }

    /// Puts the results of each turn's calls first, and in the order of the calls.
    fn order_results(&mut self) {
        let mut calls: Vec<&str> = Vec::new();
        for content in &mut self.contents {
            match content.side {
                Side::Model => {
                    calls = content.pieces.iter().filter_map(|piece| piece.said.call_id()).collect()
                }
                Side::User => content.pieces.sort_by_key(|piece| match piece.said {
                    Said::Result(result, _) => {
                        calls.iter().position(|id| *id == result.call_id).unwrap_or(calls.len())
                    }
                    _ => usize::MAX,
                }),
            }
        }
    }

    /// Gives the first call of each step a signature where it has none.
    fn stand_in_for_signatures(&mut self, report: &mut Report<'_>) -> Result<(), ApiError> {
        for content in &mut self.contents {
            let first = content.pieces.iter_mut().find(|piece| piece.said.is_call());
            if let Some(Piece { signature: signature @ None, .. }) = first {
                *signature = Some(NO_SIGNATURE);
                report.lost(REASONING_STATE)?;
            }
        }
        Ok(())
    }
}

impl<'r> Said<'r> {
    fn call_id(self) -> Option<&'r str> {
        match self {
            Self::Part(Part::ToolCall(call)) => Some(&call.id),
            _ => None,
        }
    }

    fn is_call(self) -> bool {
        self.call_id().is_some()
    }
}

/// What goes back of a reasoning: its text, where there is one, and the signature. Without a
/// signature of Gemini's nothing does: the model reads nothing from it.
fn thought<'r>(
    reasoning: &'r Reasoning<'r>,
    message: &Message<'_>,
    names: &Names,
    report: &mut Report<'_>,
) -> Result<Option<(Option<&'r str>, &'r str)>, ApiError> {
    let signature = reasoning.signature.as_deref().or(reasoning.opaque.as_deref());
    match signature {
        Some(signature) if is_gemini(reasoning) => {
            let of_call = |part: &Part<'_>| match part {
                Part::ToolCall(call) => Some(&call.id) == reasoning.id.as_ref(),
                _ => false,
            };
            let text = reasoning.text.as_deref().filter(|text| !text.is_empty());
            Ok((!message.parts.iter().any(of_call)).then_some((text, signature)))
        }
        Some(_) => report.lost(names.foreign_thoughts).map(|()| None),
        None => report.lost(names.thoughts).map(|()| None),
    }
}

fn is_gemini(reasoning: &Reasoning<'_>) -> bool {
    reasoning.format.as_deref() == Some(super::super::GEMINI_FORMAT)
}

/// The signature of a call that a client keeps in the message's reasoning, under the call's id.
fn signature_of<'r>(call_id: &str, message: &'r Message<'r>) -> Option<&'r str> {
    message.parts.iter().find_map(|part| match part {
        Part::Reasoning(reasoning) if is_gemini(reasoning) && reasoning.id.as_deref() == Some(call_id) => {
            reasoning.opaque.as_deref().or(reasoning.signature.as_deref())
        }
        _ => None,
    })
}

/// Marks that have no place on the wire and change nothing that the model is told.
fn report_marks(part: &Part<'_>, report: &mut Report<'_>) -> Result<(), ApiError> {
    let (cache, other) = match part {
        Part::Text(text) => {
            (&text.cache, (!text.citations.is_empty()).then_some("messages[].content[].text.citations"))
        }
        Part::Media(media) => {
            let cites = media.citations.as_ref().is_some_and(|json| !json.get().contains("false"));
            (&media.cache, cites.then_some("messages[].content[].document.citations"))
        }
        Part::ToolCall(call) => (&call.cache, None),
        Part::ToolResult(result) => {
            result.content.iter().try_for_each(|part| report_marks(part, report))?;
            (&result.cache, None)
        }
        Part::Reasoning(_) | Part::Refusal(_) | Part::Provider { .. } => return Ok(()),
    };
    if cache.is_some() {
        report.lost("messages[].content[].cache_control")?;
    }
    other.map_or(Ok(()), |other| report.lost(other))
}
