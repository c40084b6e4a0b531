//! What Anthropic counts, and what it means.

use crate::{
    conversation::Usage,
    protocol::json::{Amount, Maybe, Word, wire_object},
};

wire_object! {
    struct WireUsage<'a> {
        input_tokens: Amount = "input_tokens",
        output_tokens: Amount = "output_tokens",
        cache_creation_input_tokens: Amount = "cache_creation_input_tokens",
        cache_read_input_tokens: Amount = "cache_read_input_tokens",
        cache_creation: Maybe<WireCacheCreation<'a>> = "cache_creation",
        output_tokens_details: Maybe<WireOutputDetails<'a>> = "output_tokens_details",
        server_tool_use: Maybe<WireServerToolUse<'a>> = "server_tool_use",
        service_tier: Word<'a> = "service_tier",
    }

    struct WireCacheCreation<'a> {
        ephemeral_1h_input_tokens: Amount = "ephemeral_1h_input_tokens",
    }

    struct WireOutputDetails<'a> {
        thinking_tokens: Amount = "thinking_tokens",
    }

    struct WireServerToolUse<'a> {
        web_search_requests: Amount = "web_search_requests",
    }
}

/// Running totals in Anthropic's meaning, in which `input_tokens` leaves out what was read from
/// and written to a cache.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tally {
    input: Option<u64>,
    cache_read: Option<u64>,
    cache_write: Option<u64>,
    rest: Usage,
}

impl Tally {
    /// Takes a later report. In a stream the last one is final ("Streaming Messages": counts in
    /// `message_delta` are cumulative), but one that leaves something out, or that says zero input
    /// after the real number, does not take it back: some compatible servers count only once.
    pub(super) fn update(&mut self, wire: &WireUsage<'_>) {
        fn take(field: &mut Option<u64>, later: Option<Amount>) {
            match (&field, later.and_then(|later| later.0)) {
                (_, None) | (Some(1..), Some(0)) => {}
                (_, Some(later)) => *field = Some(later),
            }
        }
        fn inside<T>(details: &Option<Maybe<T>>) -> Option<&T> {
            details.as_ref()?.0.as_ref()
        }
        take(&mut self.input, wire.input_tokens);
        take(&mut self.cache_read, wire.cache_read_input_tokens);
        take(&mut self.cache_write, wire.cache_creation_input_tokens);
        take(&mut self.rest.output, wire.output_tokens);
        take(
            &mut self.rest.cache_write_1h,
            inside(&wire.cache_creation).and_then(|creation| creation.ephemeral_1h_input_tokens),
        );
        take(
            &mut self.rest.reasoning,
            inside(&wire.output_tokens_details).and_then(|details| details.thinking_tokens),
        );
        take(
            &mut self.rest.web_searches,
            inside(&wire.server_tool_use).and_then(|tools| tools.web_search_requests),
        );
    }

    /// The totals in the conversation's meaning.
    pub(super) fn usage(&self) -> Usage {
        let cached = self.cache_read.unwrap_or(0).saturating_add(self.cache_write.unwrap_or(0));
        Usage {
            input: self.input.map(|input| input.saturating_add(cached)),
            cached_input: self.cache_read,
            cache_write: self.cache_write,
            ..self.rest
        }
    }
}
