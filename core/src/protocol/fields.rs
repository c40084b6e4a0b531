//! The field table: what becomes of each request field on each wire.
//!
//! One row a field, in the caller's own spelling. Encoders do not decide what a loss means: they
//! look it up here ([`Report`]), and `docs/translation.md` is printed from the same rows. A value
//! that is the wire's default anyway is no loss and never gets this far.
//!
//! `refused` is for losses that change the meaning of a request: input that the model would not
//! see, tools, tool choice, the form of the answer, several answers, stop sequences,
//! probabilities, the limit on tokens. What is `dropped` is named to the caller in a header.

use std::{borrow::Cow, fmt::Write};

use super::{Front, OnUnsupported, Target, Wire};
use crate::error::ApiError;

/// What becomes of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Sent under its own name or the wire's name for the same thing.
    Carried,
    /// Said in another way.
    Mapped,
    /// Left out, and named to the caller.
    Dropped,
    /// A 400 that names the field and the provider.
    Refused,
}

impl Fate {
    /// The word that documents use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Carried => "carried",
            Self::Mapped => "mapped",
            Self::Dropped => "dropped",
            Self::Refused => "refused",
        }
    }
}

/// One row: a request field of a front.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// Its path in the caller's protocol.
    pub name: &'static str,
    /// What becomes of it on the chat wire.
    pub chat: Fate,
    /// What becomes of it on Anthropic's wire.
    pub messages: Fate,
    /// How, or why not.
    pub note: &'static str,
}

impl Field {
    /// What becomes of it on `wire`; a front's own wire carries everything.
    pub fn fate(&self, wire: Wire) -> Fate {
        match wire {
            Wire::Chat => self.chat,
            Wire::Messages => self.messages,
        }
    }
}

/// The request fields of a front.
pub fn request_fields(front: Front) -> &'static [Field] {
    match front {
        Front::Chat => CHAT,
        Front::Messages => MESSAGES,
    }
}

/// A row of chat's table.
const fn row(name: &'static str, messages: Fate, note: &'static str) -> Field {
    Field { name, chat: Fate::Carried, messages, note }
}

/// A row of the table of Messages.
const fn line(name: &'static str, chat: Fate, note: &'static str) -> Field {
    Field { name, chat, messages: Fate::Carried, note }
}

use Fate::{Carried, Dropped, Mapped, Refused};

/// Request fields of chat completions: OpenAI's own, then extensions in wide use.
#[rustfmt::skip]
static CHAT: &[Field] = &[
    row("model", Mapped, "the provider's own name of the model"),
    row("messages", Carried, "`system` and `developer` become `system`; consecutive turns of one side become one; tool results come first in theirs"),
    row("messages[].name", Dropped, "the wire has no names of participants"),
    row("messages[].content", Carried, "text, image, file and refusal parts; empty texts are left out, as the wire refuses them"),
    row("messages[].content[].image_url", Mapped, "`image` with a base64 or URL source"),
    row("messages[].content[].image_url.detail", Dropped, "the wire has one resolution"),
    row("messages[].content[].file", Mapped, "`document` (PDF or plain text) or uploaded file"),
    row("messages[].content[].input_audio", Refused, "the wire takes no sound"),
    row("messages[].content[].video_url", Refused, "the wire takes no film"),
    row("messages[].content[].refusal", Mapped, "text of the assistant's turn"),
    row("messages[].refusal", Mapped, "text of the assistant's turn"),
    row("messages[].audio", Refused, "the wire takes no sound; send the transcript as text"),
    row("messages[].tool_calls", Mapped, "`tool_use`; arguments as an object; ids in the letters that the wire allows"),
    row("messages[].tool_calls[].custom", Refused, "the wire's tools take JSON objects"),
    row("messages[].tool_call_id", Mapped, "`tool_result.tool_use_id`"),
    row("messages[].function_call", Refused, "deprecated: use `tool_calls`"),
    row("messages[].reasoning_content", Dropped, "reasoning without a signature is not accepted back"),
    row("messages[].reasoning_details", Mapped, "`thinking` and `redacted_thinking`, where they carry a signature or data"),
    row("messages[].thinking_blocks", Carried, "as they are"),
    row("messages[].cache_control", Mapped, "on the last block of the message"),
    row("messages[].content[].cache_control", Carried, "on the block"),
    row("tools", Mapped, "`input_schema`; `strict` and `cache_control` are carried; the provider's own tools as they are"),
    row("tools[].function.strict", Carried, "the schema is put into the part of JSON Schema that Claude enforces; dropped where that is not possible"),
    row("tools[].custom", Refused, "the wire's tools take JSON objects"),
    row("tool_choice", Mapped, "`auto`, `none`, `any`, `tool`; `allowed_tools` keeps only those tools; left out where there are no tools; a forced tool is refused for models that cannot be forced"),
    row("parallel_tool_calls", Mapped, "`tool_choice.disable_parallel_tool_use`"),
    row("functions", Refused, "deprecated: use `tools`"),
    row("function_call", Refused, "deprecated: use `tool_choice`"),
    row("response_format", Mapped, "`json_schema` is `output_config.format`, in the part of JSON Schema that Claude enforces; `json_object`, and schemas for models without structured outputs or beyond that part, are an instruction in `system`"),
    row("max_tokens", Carried, "the wire demands one: where it is absent, the most that the model writes"),
    row("max_completion_tokens", Mapped, "`max_tokens`"),
    row("temperature", Carried, "more than 1 becomes 1, and is named; left out with thinking, or where the model refuses it"),
    row("top_p", Carried, "left out with thinking, or where the model refuses it"),
    row("n", Refused, "the wire gives one answer"),
    row("stop", Mapped, "`stop_sequences`; one of white space alone is refused"),
    row("stream", Carried, ""),
    row("stream_options", Mapped, "usage is always asked for, and shown when asked for"),
    row("logprobs", Refused, "the wire has no probabilities"),
    row("top_logprobs", Refused, "the wire has no probabilities"),
    row("logit_bias", Dropped, "the wire has no biases"),
    row("seed", Dropped, "the wire has no seed"),
    row("frequency_penalty", Dropped, "the wire has no penalties"),
    row("presence_penalty", Dropped, "the wire has no penalties"),
    row("reasoning_effort", Mapped, "`thinking` and `output_config.effort`, or a budget, as the model wants it; the nearest level that the model has; `none` is refused for models that always think; left out where a forced tool or a missing signature forbids thinking"),
    row("verbosity", Dropped, "the wire has no such setting"),
    row("service_tier", Mapped, "`auto` and `priority` are `auto`, `default` is `standard_only`; others are dropped"),
    row("user", Mapped, "`metadata.user_id`"),
    row("safety_identifier", Mapped, "`metadata.user_id`, before `user`"),
    row("metadata", Dropped, "the wire has only a user id"),
    row("store", Dropped, "the wire stores nothing"),
    row("modalities", Refused, "anything but text"),
    row("audio", Dropped, "has a meaning only with the modality, which is refused"),
    row("prediction", Dropped, "changes speed and not the answer"),
    row("web_search_options", Refused, "give the provider's own search tool in `tools`"),
    row("prompt_cache_key", Dropped, "the wire finds its cache by itself"),
    row("prompt_cache_retention", Dropped, "use `cache_control`"),
    row("prompt_cache_options", Dropped, "use `cache_control`"),
    row("moderation", Dropped, "the wire has no such setting"),
    row("top_k", Carried, "left out with thinking, or where the model refuses it"),
    row("thinking", Carried, "Anthropic's own setting, as it is; a budget becomes adaptive thinking for models that take none, and is named; `adaptive` becomes a budget for models that know nothing else"),
    row("reasoning", Mapped, "`effort`, `max_tokens`, `enabled` and `exclude`, as OpenRouter has them; `max_tokens` is dropped for models that take no budget"),
    row("cache_control", Carried, "as it is"),
];

/// Request fields of Messages.
#[rustfmt::skip]
static MESSAGES: &[Field] = &[
    line("model", Mapped, "the provider's own name of the model"),
    line("max_tokens", Mapped, "`max_completion_tokens` for models that refuse the old name"),
    line("messages", Mapped, "results of tools become messages of role `tool`, before the rest of their turn"),
    line("messages[].content[].text", Carried, ""),
    line("messages[].content[].text.citations", Dropped, "citations are the answer's, not the prompt's"),
    line("messages[].content[].image", Mapped, "`image_url`, with a data URL for base64; those of a tool's result follow in a message of the user's"),
    line("messages[].content[].image.file", Refused, "the wire takes no uploaded images"),
    line("messages[].content[].document", Mapped, "`file` for PDFs, text for plain text"),
    line("messages[].content[].document.url", Refused, "the wire takes no addresses of documents"),
    line("messages[].content[].document.citations", Dropped, "the wire has no citations of documents"),
    line("messages[].content[].thinking", Dropped, "only Claude can read it"),
    line("messages[].content[].redacted_thinking", Dropped, "only Claude can read it"),
    line("messages[].content[].tool_use", Mapped, "`tool_calls`; the input as text"),
    line("messages[].content[].tool_result", Mapped, "a message of role `tool`"),
    line("messages[].content[].tool_result.is_error", Dropped, "the wire has no mark for failed calls; what the tool said is sent"),
    line("messages[].content[].cache_control", Dropped, "the wire finds its cache by itself"),
    line("messages[].content[].other", Refused, "a block that only Anthropic can read"),
    line("system", Mapped, "a message of role `system`"),
    line("tools", Mapped, "`function`, with `strict`"),
    line("tools[].type", Refused, "a tool that only Anthropic runs or defines"),
    line("tools[].cache_control", Dropped, "the wire finds its cache by itself"),
    line("tool_choice", Mapped, "`auto`, `required`, `none`, or the function; `parallel_tool_calls` from `disable_parallel_tool_use`"),
    line("stop_sequences", Mapped, "`stop`"),
    line("temperature", Carried, "left out where the model refuses it"),
    line("top_p", Carried, "left out where the model refuses it"),
    line("top_k", Dropped, "the wire has no such setting"),
    line("stream", Carried, "usage is always asked for"),
    line("thinking", Mapped, "`reasoning_effort`, the nearest level that the model has; dropped where it has none"),
    line("output_config.effort", Mapped, "`reasoning_effort`, the nearest level that the model has; dropped where it has none"),
    line("output_config.format", Mapped, "`response_format.json_schema`"),
    line("metadata", Mapped, "`user`"),
    line("service_tier", Mapped, "`auto` is `auto`, `standard_only` is `default`"),
    line("cache_control", Dropped, "the wire finds its cache by itself"),
    line("container", Refused, "only Anthropic runs containers"),
    line("mcp_servers", Refused, "only Anthropic calls MCP servers"),
    line("context_management", Dropped, "the wire does not edit contexts"),
    line("inference_geo", Refused, "a demand on the place that the wire cannot make"),
    line("speed", Dropped, "the wire has no such setting"),
    line("diagnostics", Dropped, "the wire has no diagnostics"),
    line("user_profile_id", Dropped, "Anthropic's own account of users"),
    line("workspace_id", Dropped, "Anthropic's own account of workspaces"),
];

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
        let row = request_fields(self.target.front).iter().find(|field| field.name == name);
        let fate = row.map_or(Fate::Dropped, |row| row.fate(self.wire));
        let refuse = match self.target.on_unsupported {
            OnUnsupported::Auto => fate == Fate::Refused,
            OnUnsupported::Drop => false,
            OnUnsupported::Reject => true,
        };
        if refuse {
            return Err(self.refuse(at(), row.map_or("", |row| row.note)));
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

    /// A field that the table does not know is left out.
    pub(crate) fn unknown(&mut self, name: &str) -> Result<(), ApiError> {
        if self.target.on_unsupported == OnUnsupported::Reject {
            return Err(self.refuse(name.to_owned(), ""));
        }
        self.losses.add(Cow::Owned(name.to_owned()));
        Ok(())
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
