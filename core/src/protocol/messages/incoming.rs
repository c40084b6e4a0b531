//! A caller's request: bytes to conversation.

use std::borrow::Cow;

use super::{
    error::THREAD_UNSUPPORTED,
    incoming_blocks::{WireBlock, decode_blocks, decode_system, whole},
};
use crate::{
    conversation::{
        Format, FunctionTool, Message, ProviderTool, ReasoningOptions, Request, Role, Sampling, Tool,
        ToolChoice,
    },
    error::ApiError,
    protocol::json::{Count, List, Malformed, Raw, Str, TextOr, from_slice, from_str, nest, wire_object},
};

wire_object! {
    struct WireRequest<'a> {
        model: Str<'a> = "model",
        max_tokens: Count = "max_tokens",
        messages: List<WireMessage<'a>> = "messages",
        system: TextOr<'a, List<WireBlock<'a>>> = "system",
        tools: List<WireTool<'a>> = "tools",
        tool_choice: WireToolChoice<'a> = "tool_choice",
        stop_sequences: List<Str<'a>> = "stop_sequences",
        temperature: f64 = "temperature",
        top_p: f64 = "top_p",
        top_k: Count = "top_k",
        stream: bool = "stream",
        thinking: Raw<'a> = "thinking",
        output_config: WireOutputConfig<'a> = "output_config",
        metadata: WireMetadata<'a> = "metadata",
        service_tier: Str<'a> = "service_tier",
        cache_control: Raw<'a> = "cache_control",
        thread: Raw<'a> = "thread",
    }

    struct WireMessage<'a> {
        role: Str<'a> = "role",
        content: TextOr<'a, List<WireBlock<'a>>> = "content",
    }

    struct WireTool<'a> {
        kind: Str<'a> = "type",
        name: Str<'a> = "name",
        description: Str<'a> = "description",
        input_schema: Raw<'a> = "input_schema",
        strict: bool = "strict",
        cache_control: Raw<'a> = "cache_control",
    }

    struct WireToolChoice<'a> {
        kind: Str<'a> = "type",
        name: Str<'a> = "name",
        disable_parallel_tool_use: bool = "disable_parallel_tool_use",
    }

    struct WireOutputConfig<'a> {
        effort: Str<'a> = "effort",
        format: WireFormat<'a> = "format",
    }

    struct WireFormat<'a> {
        kind: Str<'a> = "type",
        schema: Raw<'a> = "schema",
    }

    struct WireMetadata<'a> {
        user_id: Str<'a> = "user_id",
    }

    struct WireThinking<'a> {
        kind: Str<'a> = "type",
        budget_tokens: Count = "budget_tokens",
        display: Str<'a> = "display",
    }
}

/// Reads a Messages request.
///
/// Fails with a 400 that names the field at fault, by its path. Members that the conversation has
/// no place for are kept in `extra`.
pub fn decode_request(body: &[u8]) -> Result<Request<'_>, ApiError> {
    let request = decode_prompt(body)?;
    match request.max_tokens {
        Some(_) => Ok(request),
        None => Err(missing("max_tokens")),
    }
}

/// Reads a request whose tokens are to be counted: it sets no limit on an answer.
///
/// Fails as [`decode_request`] does.
pub fn decode_prompt(body: &[u8]) -> Result<Request<'_>, ApiError> {
    let mut wire: WireRequest<'_> = from_slice(body).map_err(invalid)?;
    nest_leftovers(&mut wire);
    let Some(model) = wire.model else { return Err(missing("model")) };
    let Some(messages) = wire.messages else { return Err(missing("messages")) };
    if wire.thread.is_some() {
        return Err(unheld());
    }
    let choice = wire.tool_choice.unwrap_or_default();
    let output = wire.output_config.unwrap_or_default();
    let mut all = Vec::with_capacity(messages.0.len() + 1);
    let mut extra = wire.extra;
    let system_apart = wire.system.is_some();
    all.extend(wire.system.map(|system| decode_system(system, &mut extra)).transpose()?);
    for (i, message) in messages.0.into_iter().enumerate() {
        all.push(decode_message(message, i)?);
    }
    Ok(Request {
        model: model.0,
        messages: all,
        system_apart,
        tools: decode_tools(wire.tools.unwrap_or_default().0)?,
        parallel_tool_calls: choice.disable_parallel_tool_use.map(|disable| !disable),
        tool_choice: decode_tool_choice(choice)?,
        format: output.format.map(|format| Format::JsonSchema {
            name: None,
            description: None,
            schema: format.schema.map(Cow::Borrowed),
            strict: Some(true),
        }),
        sampling: Sampling {
            temperature: wire.temperature,
            top_p: wire.top_p,
            top_k: wire.top_k.map(|count| count.0),
            ..Sampling::default()
        },
        max_tokens: wire.max_tokens.map(|count| count.0),
        stop: wire.stop_sequences.unwrap_or_default().0.into_iter().map(|stop| stop.0).collect(),
        reasoning: decode_thinking(wire.thinking, output.effort),
        stream: wire.stream.unwrap_or(false),
        include_usage: true,
        user: wire.metadata.and_then(|metadata| metadata.user_id).map(|user| user.0),
        service_tier: wire.service_tier.map(|tier| tier.0),
        cache: wire.cache_control.map(Cow::Borrowed),
        extra,
        ..Request::default()
    })
}

/// Keeps what settings that are objects hold beyond what is read.
fn nest_leftovers(wire: &mut WireRequest<'_>) {
    let extra = &mut wire.extra;
    if let Some(output) = &mut wire.output_config {
        nest(extra, "output_config", &mut output.extra);
        if let Some(format) = &mut output.format {
            nest(extra, "output_config.format", &mut format.extra);
        }
    }
    if let Some(metadata) = &mut wire.metadata {
        nest(extra, "metadata", &mut metadata.extra);
    }
    if let Some(choice) = &mut wire.tool_choice {
        nest(extra, "tool_choice", &mut choice.extra);
    }
}

fn invalid(malformed: Malformed) -> ApiError {
    let Malformed { path, detail } = malformed;
    if path.is_empty() {
        return ApiError::invalid(format!("The request body is not a Messages request: {detail}"));
    }
    // Anthropic writes places as `messages.0.content`.
    let path = path.replace('[', ".").replace(']', "");
    ApiError::invalid(format!("{path}: {detail}")).with_param(path)
}

/// Only Anthropic holds conversations. What a caller leaves out in the belief that it is held would be
/// lost, so this is no field to drop; the code tells its SDK to go on with all of the messages.
fn unheld() -> ApiError {
    ApiError::invalid(
        "thread: the model's provider holds no conversations. Send all of the messages, without `thread`.",
    )
    .with_param("thread")
    .with_code(THREAD_UNSUPPORTED)
}

pub(super) fn missing(path: &str) -> ApiError {
    ApiError::invalid(format!("{path}: Field required")).with_param(path)
}

pub(super) fn unknown_word(path: &str, word: &str, known: &str) -> ApiError {
    let shown: String = word.chars().take(64).collect();
    ApiError::invalid(format!("{path}: `{shown}` is not one of {known}")).with_param(path)
}

fn decode_message(message: WireMessage<'_>, index: usize) -> Result<Message<'_>, ApiError> {
    let role = match message.role.as_ref().map(|role| role.0.as_ref()) {
        Some("user") => Role::User,
        Some("assistant") => Role::Assistant,
        Some("system") => Role::System,
        Some(other) => {
            return Err(unknown_word(&format!("messages.{index}.role"), other, "user, assistant, system"));
        }
        None => return Err(missing(&format!("messages.{index}.role"))),
    };
    let Some(content) = message.content else { return Err(missing(&format!("messages.{index}.content"))) };
    let parts = decode_blocks(content, &|| format!("messages.{index}.content"))?;
    Ok(Message { extra: message.extra, ..Message::new(role, parts) })
}

fn decode_tools(tools: Vec<WireTool<'_>>) -> Result<Vec<Tool<'_>>, ApiError> {
    tools.into_iter().enumerate().map(|(i, tool)| decode_tool(tool, i)).collect()
}

/// A tool without a type, or of type `custom`, is the caller's function; any other is the
/// provider's.
fn decode_tool(tool: WireTool<'_>, index: usize) -> Result<Tool<'_>, ApiError> {
    match tool.kind {
        Some(Str(kind)) if kind != "custom" => {
            let json = whole(&kind, |object| {
                object.string_or_skip("name", tool.name.as_ref().map(|name| name.0.as_ref()));
                object.string_or_skip("description", tool.description.as_ref().map(|text| text.0.as_ref()));
                object.json_or_skip("input_schema", tool.input_schema);
                object.json_or_skip("cache_control", tool.cache_control);
                object.extra(&tool.extra);
            })?;
            Ok(Tool::Provider(ProviderTool { kind, json }))
        }
        _ => Ok(Tool::Function(FunctionTool {
            name: tool.name.ok_or_else(|| missing(&format!("tools.{index}.name")))?.0,
            description: tool.description.map(|text| text.0),
            parameters: tool.input_schema.map(Cow::Borrowed),
            strict: tool.strict,
            cache: tool.cache_control.map(Cow::Borrowed),
            extra: tool.extra,
        })),
    }
}

fn decode_tool_choice(choice: WireToolChoice<'_>) -> Result<Option<ToolChoice<'_>>, ApiError> {
    Ok(match choice.kind.as_ref().map(|kind| kind.0.as_ref()) {
        None => None,
        Some("auto") => Some(ToolChoice::Auto),
        Some("any") => Some(ToolChoice::Required),
        Some("none") => Some(ToolChoice::None),
        Some("tool") => {
            let name = choice.name.ok_or_else(|| missing("tool_choice.name"))?;
            Some(ToolChoice::Tool(name.0))
        }
        Some(other) => return Err(unknown_word("tool_choice.type", other, "auto, any, tool, none")),
    })
}

fn decode_thinking<'a>(thinking: Option<Raw<'a>>, effort: Option<Str<'a>>) -> ReasoningOptions<'a> {
    let said: WireThinking<'_> = thinking.and_then(|json| from_str(json.get()).ok()).unwrap_or_default();
    ReasoningOptions {
        effort: effort.map(|effort| effort.0),
        budget_tokens: said.budget_tokens.map(|count| count.0),
        enabled: said.kind.map(|kind| kind.0 != "disabled"),
        visible: said.display.map(|display| display.0 != "omitted"),
        anthropic: thinking.map(Cow::Borrowed),
    }
}
