//! What providers' answers say, and what becomes of each field at the fronts that are not its own.
//!
//! A stream says the same in pieces: the fields of a chunk's delta are those of the message, and
//! what Anthropic's events hold stands where the whole answer has it.

use super::{Answer, Said, carried, dropped, mapped};

/// A field of a chat completion, and what becomes of it on the Messages front.
const fn chat(path: &'static str, messages: Said) -> Answer {
    Answer { path, also: &[], chat: carried(""), messages }
}

/// A field of Anthropic's, and what becomes of it on the chat front.
const fn anthropic(path: &'static str, chat: Said) -> Answer {
    Answer { path, also: &[], chat, messages: carried("") }
}

/// A field of Gemini's, and what becomes of it on the chat front, then on Messages'.
const fn gemini(path: &'static str, chat: Said, messages: Said) -> Answer {
    Answer { path, also: &[], chat, messages }
}

/// What the chat wire answers.
#[rustfmt::skip]
pub(super) static CHAT: &[Answer] = &[
    chat("id", carried("")),
    chat("object", mapped("`type`")),
    chat("created", carried("an extension")),
    chat("model", carried("")),
    chat("service_tier", mapped("`usage.service_tier`: `default` is `standard`")),
    chat("system_fingerprint", dropped("the front has no such field")),
    chat("metadata", dropped("the caller's own, which it has")),
    chat("moderation.*", dropped("the front has no such field")),
    chat("citations[]", mapped("citations of the last text block, where none has its own")).also(&["citations", "search_results", "search_results[].*", "venice_parameters.web_search_citations", "venice_parameters.web_search_citations[].*"]),
    chat("choices", mapped("the answer itself")),
    chat("choices[].index", dropped("the front has one answer: the first is told")),
    chat("choices[].finish_reason", mapped("`stop_reason`; a word that is not known also in `native_finish_reason`")),
    chat("choices[].logprobs.*", dropped("the front has no probabilities")),
    chat("choices[].message", mapped("the answer itself")),
    chat("choices[].message.role", carried("")),
    chat("choices[].message.content", mapped("`text`")),
    chat("choices[].message.content[].reference_ids", dropped("Mistral's references name members of a result that the caller sent; a citation here has words of its own")),
    chat("choices[].message.refusal", mapped("`text`")),
    chat("choices[].message.annotations[].*", mapped("citations of the text block")).also(&["choices[].message.annotations"]),
    chat("choices[].message.annotations[].url_citation.start_index", dropped("citations have no place but their block")),
    chat("choices[].message.annotations[].url_citation.end_index", dropped("citations have no place but their block")),
    chat("choices[].message.audio.*", dropped("the front has no sound")),
    chat("choices[].message.audio.transcript", mapped("`text`")),
    chat("choices[].message.images[].*", dropped("the front has no pictures of the model's")).also(&["choices[].message.images"]),
    chat("choices[].message.function_call.*", mapped("`tool_use`")),
    chat("choices[].message.tool_calls[].*", mapped("`tool_use`; arguments that are no JSON object under `_invalid_json`")).also(&["choices[].message.tool_calls"]),
    chat("usage", carried("")),
    chat("usage.prompt_tokens", mapped("`input_tokens`, without what a cache read or took")),
    chat("usage.completion_tokens", mapped("`output_tokens`")),
    chat("usage.total_tokens", mapped("the sum of what is said")),
    chat("usage.prompt_tokens_details", mapped("apart")),
    chat("usage.prompt_tokens_details.cached_tokens", mapped("`cache_read_input_tokens`")),
    chat("usage.prompt_tokens_details.cache_write_tokens", mapped("`cache_creation_input_tokens`")),
    chat("usage.prompt_tokens_details.audio_tokens", dropped("the front counts no sound")),
    chat("usage.prompt_tokens_details.image_tokens", dropped("the front counts no images")),
    chat("usage.prompt_tokens_details.text_tokens", mapped("what is left of `input_tokens`")),
    chat("usage.completion_tokens_details", mapped("apart")),
    chat("usage.completion_tokens_details.reasoning_tokens", mapped("`output_tokens_details.thinking_tokens`")),
    chat("usage.completion_tokens_details.audio_tokens", dropped("the front counts no sound")),
    chat("usage.completion_tokens_details.text_tokens", mapped("what is left of `output_tokens`")),
    chat("usage.completion_tokens_details.accepted_prediction_tokens", dropped("the front has no predictions")),
    chat("usage.completion_tokens_details.rejected_prediction_tokens", dropped("the front has no predictions")),
];

/// What Anthropic's wire answers.
#[rustfmt::skip]
pub(super) static MESSAGES: &[Answer] = &[
    anthropic("id", carried("")),
    anthropic("type", mapped("`object`")),
    anthropic("role", carried("")),
    anthropic("model", carried("")),
    anthropic("content", mapped("`content`, `tool_calls` and the extensions")),
    anthropic("content[].text.*", mapped("`content`, put together without a separator")),
    anthropic("content[].text.citations[].*", carried("`citations`, as they are; those of the web are `annotations`")).also(&["content[].text.citations"]),
    anthropic("content[].text.citations[].web_search_result_location.cited_text", dropped("annotations name the page, not its words")),
    anthropic("content[].text.citations[].web_search_result_location.encrypted_index", dropped("annotations have no such member")),
    anthropic("content[].thinking.*", carried("`reasoning_content`, and with its signature in `reasoning_details`")),
    anthropic("content[].redacted_thinking.*", carried("`reasoning_details`")),
    anthropic("content[].tool_use.*", mapped("`tool_calls`")),
    anthropic("content[].tool_use.caller.*", dropped("the front has calls of the model alone")),
    anthropic("content[].tool_use.toolset_name", dropped("the front has no sets of tools")),
    anthropic("content[].other", carried("`provider_blocks`, as they are")).also(&["content[].*.*"]),
    anthropic("stop_reason", mapped("`finish_reason`, and as it is in `native_finish_reason`")),
    anthropic("stop_sequence", carried("`stop_reason`")),
    anthropic("stop_details", mapped("`refusal`")).also(&["stop_details.type"]),
    anthropic("stop_details.explanation", mapped("`refusal`")),
    anthropic("stop_details.category", dropped("the front has no such field")),
    anthropic("stop_details.recommended_model", dropped("the front has no such field")),
    anthropic("stop_details.fallback_credit_token", dropped("Anthropic's own account of refusals")),
    anthropic("stop_details.fallback_has_prefill_claim", dropped("Anthropic's own account of refusals")),
    anthropic("container.*", dropped("the front has no containers")),
    anthropic("context_management.*", dropped("the front has no such field")),
    anthropic("diagnostics.*", dropped("the front has no such field")),
    anthropic("input_transformations", dropped("the front has no such field")).also(&["input_transformations[].*"]),
    anthropic("usage", carried("")),
    anthropic("usage.input_tokens", mapped("`prompt_tokens`, with what a cache read or took")),
    anthropic("usage.output_tokens", mapped("`completion_tokens`")),
    anthropic("usage.cache_read_input_tokens", mapped("`prompt_tokens_details.cached_tokens`")),
    anthropic("usage.cache_creation_input_tokens", mapped("`prompt_tokens_details.cache_write_tokens`")),
    anthropic("usage.cache_creation.*", mapped("their sum in `cache_write_tokens`")),
    anthropic("usage.cache_creation.ephemeral_1h_input_tokens", dropped("the front does not tell caches apart by how long they last")),
    anthropic("usage.output_tokens_details.*", mapped("`completion_tokens_details.reasoning_tokens`")),
    anthropic("usage.server_tool_use.*", dropped("the front counts tokens alone")),
    anthropic("usage.service_tier", mapped("`service_tier`: `standard` is `default`")),
    anthropic("usage.inference_geo", dropped("the front has no such field")),
    anthropic("usage.speed", dropped("the front has no such field")),
    anthropic("usage.iterations", dropped("the front counts the answer as one")).also(&["usage.iterations[].*"]),
    anthropic("usage.fallback_credit.*", dropped("Anthropic's own account of refusals")),
    anthropic("content_block_delta.delta.thinking_delta.estimated_tokens", dropped("an estimate; what was counted comes at the end")),
    anthropic("content_block_delta.*", mapped("the `delta` of a chunk")),
    anthropic("content_block_start.*", mapped("the first chunk of a part")),
    anthropic("content_block_stop.*", mapped("the next part or the end says so")),
    anthropic("message_start.*", mapped("the first chunk")),
    anthropic("message_delta.*", mapped("the chunk with the finish reason, and the one with usage")),
    anthropic("message_stop.*", mapped("`[DONE]`")),
];

/// What Gemini's wire answers.
#[rustfmt::skip]
pub(super) static GEMINI: &[Answer] = &[
    gemini("responseId", mapped("`id`"), mapped("`id`")),
    gemini("modelVersion", mapped("`model`"), mapped("`model`")),
    gemini("createTime", mapped("`created`"), carried("an extension, `created`")),
    gemini("modelStatus.*", dropped("the front has no such field"), dropped("the front has no such field")),
    gemini("candidates", mapped("`choices`"), mapped("the answer itself")),
    gemini("candidates[].index", mapped("`choices[].index`"), dropped("the front has one answer: the first is told")),
    gemini("candidates[].content", mapped("the message"), mapped("`content`")),
    gemini("candidates[].content.role", mapped("`role`"), mapped("`role`")),
    gemini("candidates[].content.parts", mapped("the message"), mapped("`content`")),
    gemini("candidates[].content.parts[].text", mapped("`content`"), mapped("`text`")),
    gemini("candidates[].content.parts[].thought", mapped("`reasoning_content`"), mapped("`thinking`")),
    gemini("candidates[].content.parts[].thoughtSignature", mapped("`reasoning_details`, and `extra_content` of the call"), mapped("kept by the gateway for the next turn of the conversation, where it belongs to a call")),
    gemini("candidates[].content.parts[].functionCall.*", mapped("`tool_calls`"), mapped("`tool_use`")),
    gemini("candidates[].content.parts[].inlineData.*", mapped("`audio` or `images`"), dropped("the front has no pictures and no sound of the model's")),
    gemini("candidates[].content.parts[].executableCode.*", carried("`provider_blocks`, as they are"), dropped("strict clients read no block of a type that they do not know"))
        .also(&["candidates[].content.parts[].codeExecutionResult.*", "candidates[].content.parts[].toolCall.*", "candidates[].content.parts[].toolResponse.*", "candidates[].content.parts[].functionResponse.*"]),
    gemini("candidates[].content.parts[].fileData.*", mapped("`images` or `files`"), dropped("the front has no pictures and no sound of the model's")),
    gemini("candidates[].content.parts[].audioMetadata.*", dropped("the front says nothing of media"), dropped("the front says nothing of media"))
        .also(&["candidates[].content.parts[].audioTranscription.*", "candidates[].content.parts[].documentMetadata.*", "candidates[].content.parts[].mediaProcessing.*", "candidates[].content.parts[].mediaResolution.*", "candidates[].content.parts[].partMetadata.*", "candidates[].content.parts[].speechMetadata.*", "candidates[].content.parts[].spreadsheetMetadata.*", "candidates[].content.parts[].videoMetadata.*"]),
    gemini("candidates[].finishReason", mapped("`finish_reason`"), mapped("`stop_reason`")),
    gemini("candidates[].finishMessage", mapped("`refusal`, where the answer was refused"), mapped("`stop_details.explanation`, where the answer was refused")),
    gemini("candidates[].citationMetadata.*", mapped("`annotations`; without an address `citations`, as they are"), mapped("citations")),
    gemini("candidates[].groundingMetadata.*", dropped("the front has citations alone"), dropped("the front has citations alone")),
    gemini("candidates[].groundingMetadata.groundingChunks[].web.*", mapped("`annotations`"), mapped("citations")).also(&["candidates[].groundingMetadata.groundingChunks"]),
    gemini("candidates[].groundingMetadata.groundingChunks[].retrievedContext.*", mapped("`annotations`; without an address `citations`, as they are"), mapped("citations")),
    gemini("candidates[].groundingMetadata.groundingChunks[].maps.*", mapped("`annotations`"), mapped("citations")).also(&["candidates[].groundingMetadata.groundingChunks[].image.*"]),
    gemini("candidates[].groundingMetadata.groundingSupports[].*", mapped("the places of annotations"), mapped("the words of citations")).also(&["candidates[].groundingMetadata.groundingSupports"]),
    gemini("candidates[].urlContextMetadata.*", mapped("`annotations` of the whole text, of pages that were read and that no place points to"), mapped("citations")),
    gemini("candidates[].logprobsResult.*", mapped("`logprobs`"), dropped("the front has no probabilities")),
    gemini("candidates[].avgLogprobs", dropped("the front has no such field"), dropped("the front has no such field")),
    gemini("candidates[].safetyRatings[].*", dropped("the front has no such field"), dropped("the front has no such field")).also(&["candidates[].safetyRatings"]),
    gemini("candidates[].tokenCount", dropped("usage says it"), dropped("usage says it")),
    gemini("candidates[].continuationToken", dropped("the front cannot go on with it"), dropped("the front cannot go on with it")),
    gemini("promptFeedback.*", dropped("the front has no such field"), dropped("the front has no such field")),
    gemini("promptFeedback.blockReason", mapped("`finish_reason: content_filter`"), mapped("`stop_reason: refusal`")),
    gemini("promptFeedback.blockReasonMessage", mapped("`refusal`"), mapped("`stop_details.explanation`")),
    gemini("usageMetadata", mapped("`usage`"), mapped("`usage`")),
    gemini("usageMetadata.promptTokenCount", mapped("`prompt_tokens`"), mapped("`input_tokens`, without what a cache read")),
    gemini("usageMetadata.cachedContentTokenCount", mapped("`prompt_tokens_details.cached_tokens`"), mapped("`cache_read_input_tokens`")),
    gemini("usageMetadata.candidatesTokenCount", mapped("`completion_tokens`"), mapped("`output_tokens`")),
    gemini("usageMetadata.thoughtsTokenCount", mapped("`completion_tokens_details.reasoning_tokens`, and part of `completion_tokens`"), mapped("`output_tokens_details.thinking_tokens`, and part of `output_tokens`")),
    gemini("usageMetadata.toolUsePromptTokenCount", mapped("part of `prompt_tokens`"), mapped("part of `input_tokens`")),
    gemini("usageMetadata.totalTokenCount", mapped("the sum of what is said"), mapped("the sum of what is said")),
    gemini("usageMetadata.promptTokensDetails[].*", mapped("`audio_tokens`; other kinds are the rest"), dropped("the front has one kind of tokens")).also(&["usageMetadata.promptTokensDetails"]),
    gemini("usageMetadata.candidatesTokensDetails[].*", mapped("`audio_tokens`; other kinds are the rest"), dropped("the front has one kind of tokens")).also(&["usageMetadata.candidatesTokensDetails"]),
    gemini("usageMetadata.cacheTokensDetails[].*", dropped("the front has one kind of cached tokens"), dropped("the front has one kind of cached tokens")).also(&["usageMetadata.cacheTokensDetails"]),
    gemini("usageMetadata.toolUsePromptTokensDetails[].*", dropped("the front has one kind of such tokens"), dropped("the front has one kind of such tokens")).also(&["usageMetadata.toolUsePromptTokensDetails"]),
    gemini("usageMetadata.trafficType", mapped("`service_tier`"), mapped("`usage.service_tier`")),
];
