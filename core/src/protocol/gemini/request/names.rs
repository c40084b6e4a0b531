//! Names of the caller's fields, which depend on what it speaks.

use crate::protocol::Front;

/// Fields that both fronts have under names of their own, as the field table knows them.
pub(super) struct Names {
    front: Front,
    /// Reasoning that nobody signed.
    pub(super) thoughts: &'static str,
    /// Reasoning that another provider signed.
    pub(super) foreign_thoughts: &'static str,
    /// An uploaded file.
    pub(super) file: &'static str,
    /// A part that the conversation does not know.
    pub(super) other: &'static str,
    /// A message's calls.
    pub(super) calls: &'static str,
    /// What names the call that a result is of.
    pub(super) call_of_result: &'static str,
    /// A tool that a provider runs.
    pub(super) provider_tool: &'static str,
    /// That one call at a time is wanted.
    pub(super) parallel: &'static str,
    /// How much to think.
    pub(super) effort: &'static str,
    /// How many tokens to think.
    pub(super) budget: &'static str,
    /// Texts that end the answer.
    pub(super) stop: &'static str,
    /// The caller's name for its user.
    pub(super) user: &'static str,
}

static CHAT: Names = Names {
    front: Front::Chat,
    thoughts: "messages[].reasoning_content",
    foreign_thoughts: "messages[].reasoning_details",
    file: "messages[].content[].file",
    other: "messages[].content",
    calls: "tool_calls",
    call_of_result: "tool_call_id",
    provider_tool: "tools",
    parallel: "parallel_tool_calls",
    effort: "reasoning_effort",
    budget: "reasoning",
    stop: "stop",
    user: "user",
};

static MESSAGES: Names = Names {
    front: Front::Messages,
    thoughts: "messages[].content[].thinking",
    foreign_thoughts: "messages[].content[].thinking",
    file: "messages[].content[].image.file",
    other: "messages[].content[].other",
    calls: "content",
    call_of_result: "content",
    provider_tool: "tools[].type",
    parallel: "tool_choice.disable_parallel_tool_use",
    effort: "output_config.effort",
    budget: "thinking",
    stop: "stop_sequences",
    user: "metadata.user_id",
};

impl Names {
    pub(super) fn of(front: Front) -> &'static Self {
        match front {
            Front::Chat => &CHAT,
            Front::Messages => &MESSAGES,
        }
    }

    /// Where a tool that a provider runs stands.
    pub(super) fn tool_at(&self, tool: usize) -> String {
        match self.front {
            Front::Chat => format!("tools[{tool}]"),
            Front::Messages => format!("tools.{tool}.type"),
        }
    }

    /// Where a member of a message stands, in the front's own way to write places.
    pub(super) fn at(&self, message: usize, member: &str) -> String {
        match self.front {
            Front::Chat => format!("messages[{message}].{member}"),
            Front::Messages => format!("messages.{message}.{member}"),
        }
    }
}
