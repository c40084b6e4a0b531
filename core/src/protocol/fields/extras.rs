//! Members that the conversation has no place for: known ones by their rows, others by their names.

use serde_json::value::RawValue;

use super::{Field, Report, request_fields};
use crate::{
    conversation::{Extra, Message, Request},
    error::ApiError,
};

impl Report<'_> {
    /// The members of a request that were kept raw are lost, but for those that the encoder `read`s
    /// and those that ask for what would happen anyway.
    pub(crate) fn request_extra(
        &mut self,
        request: &Request<'_>,
        read: impl Fn(&str) -> bool,
    ) -> Result<(), ApiError> {
        let fields = request_fields(self.front());
        for (name, _) in request.extra.iter().filter(|(name, value)| !read(name) && says(name, value)) {
            match fields.iter().find(|field| field.name() == name) {
                Some(field) => self.lost(field.name())?,
                None => self.unknown(name)?,
            }
        }
        Ok(())
    }

    /// The same for a message of chat's. What clients echo from an answer is no loss.
    pub(crate) fn message_extra(&mut self, message: &Message<'_>) -> Result<(), ApiError> {
        const ECHOES: [&str; 6] =
            ["annotations", "provider_specific_fields", "reasoning", "index", "citations", "id"];
        for (name, _) in message.extra.iter().filter(|(_, value)| value.get() != "null") {
            match name.as_ref() {
                "audio" => self.lost("messages[].audio")?,
                "function_call" => self.lost("messages[].function_call")?,
                name if ECHOES.contains(&name) => {}
                name => self.unknown(&format!("messages[].{name}"))?,
            }
        }
        Ok(())
    }

    /// The same for a part of a message's content, which is of this kind.
    pub(crate) fn part_extra(&mut self, kind: &str, extra: &Extra<'_>) -> Result<(), ApiError> {
        for (name, _) in extra.iter().filter(|(_, value)| value.get() != "null") {
            let names =
                [format!("messages[].content[].{kind}.{name}"), format!("messages[].content[].{name}")];
            let row = request_fields(self.front())
                .iter()
                .map(Field::name)
                .find(|row| names.iter().any(|n| n == row));
            match row {
                Some(row) => self.lost(row)?,
                None => self.unknown(&format!("messages[].content[].{name}"))?,
            }
        }
        Ok(())
    }
}

/// Whether a member asks for anything that would not happen without it.
fn says(name: &str, value: &RawValue) -> bool {
    let is = |text: &str| value.get().bytes().filter(|byte| !byte.is_ascii_whitespace()).eq(text.bytes());
    let nothing = match name {
        "store" => is("false"),
        "modalities" => is("[\"text\"]"),
        "speed" => is("\"standard\""),
        "inference_geo" => is("\"global\""),
        _ => false,
    };
    !(nothing || is("null") || is("[]"))
}
