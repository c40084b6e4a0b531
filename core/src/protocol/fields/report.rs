//! What a request lost on its way, or why it may not lose it.

use std::{borrow::Cow, fmt::Write};

use super::{Fate, dropped, request_fields};
use crate::{
    error::ApiError,
    protocol::{Front, OnUnsupported, Target, Wire},
};

/// What a request lost on its way to an upstream.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Losses {
    dropped: Vec<Cow<'static, str>>,
}

impl Losses {
    /// Names of the fields that were dropped, in the caller's spelling, each once.
    pub fn dropped(&self) -> &[Cow<'static, str>] {
        &self.dropped
    }

    /// The names as one header value (`x-tollbridge-dropped`), where there are any.
    pub fn header(&self) -> Option<String> {
        let mut header = String::new();
        for name in &self.dropped {
            if !header.is_empty() {
                header.push_str(", ");
            }
            for letter in name.chars().take(MAX_NAME) {
                let plain = letter.is_ascii_graphic() && letter != ',';
                let _ = header.write_char(if plain { letter } else { '?' });
            }
        }
        (!header.is_empty()).then_some(header)
    }

    fn add(&mut self, name: Cow<'static, str>) {
        if self.dropped.len() < MAX_NAMES && !self.dropped.contains(&name) {
            self.dropped.push(name);
        }
    }
}

/// The most names that a report lists: callers choose the names of unknown fields.
const MAX_NAMES: usize = 32;
/// The most letters of a name that a header shows.
const MAX_NAME: usize = 64;

/// Collects losses while a request is encoded, and refuses those that must not be.
pub(crate) struct Report<'t> {
    wire: Wire,
    target: &'t Target<'t>,
    losses: Losses,
}

impl<'t> Report<'t> {
    pub(crate) fn new(wire: Wire, target: &'t Target<'t>) -> Self {
        Self { wire, target, losses: Losses::default() }
    }

    /// The field `name` of the table cannot be said, `at` this place of the request.
    pub(crate) fn lost_at(
        &mut self,
        name: &'static str,
        at: impl FnOnce() -> String,
    ) -> Result<(), ApiError> {
        let row = request_fields(self.target.front).iter().find(|field| field.name() == name);
        let said = row.map_or(dropped(""), |row| row.on(self.wire));
        let refuse = match self.target.on_unsupported {
            OnUnsupported::Auto => said.fate == Fate::Refused,
            OnUnsupported::Drop => false,
            OnUnsupported::Reject => true,
        };
        if refuse {
            return Err(self.refuse(at(), said.note));
        }
        self.losses.add(Cow::Borrowed(name));
        Ok(())
    }

    /// The field `name` of the table cannot be said.
    pub(crate) fn lost(&mut self, name: &'static str) -> Result<(), ApiError> {
        self.lost_at(name, || name.to_owned())
    }

    /// A piece of the input, `at` this place, has no form on this wire, though others of its kind
    /// may have: the model would not see it.
    pub(crate) fn lost_input(&mut self, name: &'static str, at: String, why: &str) -> Result<(), ApiError> {
        if self.target.on_unsupported != OnUnsupported::Drop {
            return Err(self.refuse(at, why));
        }
        self.losses.add(Cow::Borrowed(name));
        Ok(())
    }

    /// A field is left out, which the table may know.
    pub(crate) fn lost_or_unknown(&mut self, name: &str) -> Result<(), ApiError> {
        if let Some(row) = request_fields(self.target.front).iter().find(|field| field.name() == name) {
            return self.lost(row.name());
        }
        if self.target.on_unsupported == OnUnsupported::Reject {
            return Err(self.refuse(name.to_owned(), ""));
        }
        self.losses.add(Cow::Owned(name.to_owned()));
        Ok(())
    }

    /// What the caller speaks.
    pub(crate) fn front(&self) -> Front {
        self.target.front
    }

    /// Whether the wire has this member of a tool too, though the conversation has no place for it.
    pub(crate) fn takes_of_tools(&self, name: &str) -> bool {
        const ANTHROPIC: [&str; 4] =
            ["allowed_callers", "defer_loading", "eager_input_streaming", "input_examples"];
        self.wire == Wire::Messages && ANTHROPIC.contains(&name)
    }

    /// The error for a field that would be lost.
    fn refuse(&self, at: String, note: &str) -> ApiError {
        let provider = self.target.provider;
        let why = if note.is_empty() { String::new() } else { format!(" ({note})") };
        ApiError::invalid(format!(
            "`{at}` is not supported by provider {provider}{why}. Remove it, or choose a model of another provider."
        ))
        .with_param(at)
        .with_code("unsupported_parameter")
    }

    pub(crate) fn finish(self) -> Losses {
        self.losses
    }
}
