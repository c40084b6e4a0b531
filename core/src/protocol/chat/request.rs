//! A caller's request: bytes to conversation.

use std::borrow::Cow;

use super::message::{WireMessage, decode_messages};
use crate::{
    conversation::{
        AllowedMode, Extra, Format, FunctionTool, Json, ProviderTool, ReasoningOptions, Request, Sampling,
        Text, Tool, ToolChoice,
    },
    error::ApiError,
    protocol::json::{
        Count, List, Malformed, Object, Raw, Str, TextOr, from_slice, from_str, nest, wire_object,
    },
};

wire_object! {
    struct WireRequest<'a> {
        model: Str<'a> = "model",
        messages: List<WireMessage<'a>> = "messages",
        tools: List<WireTool<'a>> = "tools",
        tool_choice: TextOr<'a, WireToolChoice<'a>> = "tool_choice",
        parallel_tool_calls: bool = "parallel_tool_calls",
        functions: List<WireFunction<'a>> = "functions",
        function_call: TextOr<'a, WireNamed<'a>> = "function_call",
        response_format: WireFormat<'a> = "response_format",
        temperature: f64 = "temperature",
        top_p: f64 = "top_p",
        top_k: Count = "top_k",
        seed: i64 = "seed",
        frequency_penalty: f64 = "frequency_penalty",
        presence_penalty: f64 = "presence_penalty",
        logit_bias: Raw<'a> = "logit_bias",
        max_tokens: Count = "max_tokens",
        max_completion_tokens: Count = "max_completion_tokens",
        stop: TextOr<'a, List<Str<'a>>> = "stop",
        reasoning_effort: Str<'a> = "reasoning_effort",
        reasoning: WireReasoning<'a> = "reasoning",
        thinking: Raw<'a> = "thinking",
        n: Count = "n",
        logprobs: bool = "logprobs",
        top_logprobs: Count = "top_logprobs",
        stream: bool = "stream",
        stream_options: WireStreamOptions<'a> = "stream_options",
        user: Str<'a> = "user",
        safety_identifier: Str<'a> = "safety_identifier",
        metadata: Raw<'a> = "metadata",
        service_tier: Str<'a> = "service_tier",
        verbosity: Str<'a> = "verbosity",
        cache_control: Raw<'a> = "cache_control",
    }

    struct WireStreamOptions<'a> {
        include_usage: bool = "include_usage",
    }

    struct WireReasoning<'a> {
        effort: Str<'a> = "effort",
        max_tokens: Count = "max_tokens",
        enabled: bool = "enabled",
        exclude: bool = "exclude",
    }

    struct WireFormat<'a> {
        kind: Str<'a> = "type",
        json_schema: WireSchema<'a> = "json_schema",
    }

    struct WireSchema<'a> {
        name: Str<'a> = "name",
        description: Str<'a> = "description",
        schema: Raw<'a> = "schema",
        strict: bool = "strict",
    }

    struct WireTool<'a> {
        kind: Str<'a> = "type",
        function: WireFunction<'a> = "function",
        custom: WireCustom<'a> = "custom",
        cache_control: Raw<'a> = "cache_control",
    }

    struct WireFunction<'a> {
        name: Str<'a> = "name",
        description: Str<'a> = "description",
        parameters: Raw<'a> = "parameters",
        strict: bool = "strict",
        cache_control: Raw<'a> = "cache_control",
    }

    struct WireCustom<'a> {
        name: Str<'a> = "name",
        description: Str<'a> = "description",
        format: Raw<'a> = "format",
    }

    struct WireToolChoice<'a> {
        kind: Str<'a> = "type",
        function: WireNamed<'a> = "function",
        custom: WireNamed<'a> = "custom",
        allowed_tools: WireAllowed<'a> = "allowed_tools",
    }

    struct WireNamed<'a> {
        name: Str<'a> = "name",
    }

    struct WireAllowed<'a> {
        mode: Str<'a> = "mode",
        tools: List<WireTool<'a>> = "tools",
    }
}

/// Reads a chat completion request.
///
/// Fails with a 400 that names the field at fault, by its path. Fields that chat does not define
/// are kept in `extra`; whether they can be said is for the encoder of the wire to decide.
pub fn decode_request(body: &[u8]) -> Result<Request<'_>, ApiError> {
    let mut wire: WireRequest<'_> = from_slice(body).map_err(invalid)?;
    nest_leftovers(&mut wire);
    let Some(model) = wire.model else { return Err(missing("model")) };
    let Some(messages) = wire.messages else { return Err(missing("messages")) };
    let (tools, tool_choice, parallel_tool_calls) = match wire.functions.filter(|list| !list.0.is_empty()) {
        None => (
            decode_tools(wire.tools.unwrap_or_default().0, "tools")?,
            wire.tool_choice.map(decode_tool_choice).transpose()?,
            wire.parallel_tool_calls,
        ),
        Some(_) if wire.tools.is_some() => return Err(both()),
        // The older form knows one call at a time.
        Some(functions) => (
            decode_functions(functions.0)?,
            wire.function_call.map(decode_function_call).transpose()?,
            Some(false),
        ),
    };
    Ok(Request {
        model: model.0,
        messages: decode_messages(messages.0)?,
        system_apart: false,
        tools,
        tool_choice,
        parallel_tool_calls,
        format: wire.response_format.map(decode_format).transpose()?,
        sampling: Sampling {
            temperature: wire.temperature,
            top_p: wire.top_p,
            top_k: wire.top_k.map(|count| count.0),
            seed: wire.seed,
            frequency_penalty: wire.frequency_penalty,
            presence_penalty: wire.presence_penalty,
            logit_bias: wire.logit_bias.map(Cow::Borrowed),
        },
        max_tokens: wire.max_completion_tokens.or(wire.max_tokens).map(|count| count.0),
        stop: match wire.stop {
            None => Vec::new(),
            Some(TextOr::Text(stop)) => vec![stop],
            Some(TextOr::Other(stops)) => stops.0.into_iter().map(|stop| stop.0).collect(),
        },
        reasoning: decode_reasoning(wire.reasoning_effort, wire.reasoning, wire.thinking, &mut wire.extra),
        n: wire.n.map(|count| count.0),
        logprobs: wire.logprobs,
        top_logprobs: wire.top_logprobs.map(|count| count.0),
        stream: wire.stream.unwrap_or(false),
        include_usage: wire.stream_options.and_then(|options| options.include_usage).unwrap_or(false),
        user: wire.safety_identifier.or(wire.user).map(|user| user.0),
        metadata: wire.metadata.map(Cow::Borrowed),
        service_tier: wire.service_tier.map(|tier| tier.0),
        verbosity: wire.verbosity.map(|verbosity| verbosity.0),
        reasoning_gone: false,
        cache: wire.cache_control.map(Cow::Borrowed),
        extra: wire.extra,
    })
}

/// Keeps what settings that are objects hold beyond what is read.
fn nest_leftovers(wire: &mut WireRequest<'_>) {
    let extra = &mut wire.extra;
    if let Some(options) = &mut wire.stream_options {
        nest(extra, "stream_options", &mut options.extra);
    }
    if let Some(reasoning) = &mut wire.reasoning {
        nest(extra, "reasoning", &mut reasoning.extra);
    }
    if let Some(format) = &mut wire.response_format {
        nest(extra, "response_format", &mut format.extra);
        if let Some(schema) = &mut format.json_schema {
            nest(extra, "response_format.json_schema", &mut schema.extra);
        }
    }
    if let Some(TextOr::Other(choice)) = &mut wire.tool_choice {
        nest(extra, "tool_choice", &mut choice.extra);
    }
}

/// A 400 for a body that cannot be read.
pub(super) fn invalid(malformed: Malformed) -> ApiError {
    let error = ApiError::invalid(format!("The request body is not a chat completion request: {malformed}."));
    if malformed.path.is_empty() { error } else { error.with_param(malformed.path) }
}

/// A 400 for a field that must be there.
pub(super) fn missing(path: &str) -> ApiError {
    ApiError::invalid(format!("`{path}` is missing."))
        .with_param(path)
        .with_code("missing_required_parameter")
}

/// A 400 for a word that chat does not define at this place.
pub(super) fn unknown_word(path: &str, word: &str, known: &str) -> ApiError {
    let shown: String = word.chars().take(64).collect();
    ApiError::invalid(format!("`{path}` is `{shown}`; it must be one of {known}."))
        .with_param(path)
        .with_code("invalid_value")
}

fn decode_tools<'a>(tools: Vec<WireTool<'a>>, path: &str) -> Result<Vec<Tool<'a>>, ApiError> {
    tools.into_iter().enumerate().map(|(i, tool)| decode_tool(tool, || format!("{path}[{i}]"))).collect()
}

fn decode_tool<'a>(tool: WireTool<'a>, path: impl Fn() -> String) -> Result<Tool<'a>, ApiError> {
    let kind = tool.kind.map(|kind| kind.0);
    match (kind.as_deref(), tool.function, tool.custom) {
        (None | Some("function"), Some(function), _) => {
            let path = || format!("{}.function.name", path());
            Ok(Tool::Function(function_tool(function, tool.cache_control, path)?))
        }
        (None | Some("custom"), None, Some(custom)) => Ok(Tool::Custom {
            name: custom.name.ok_or_else(|| missing(&format!("{}.custom.name", path())))?.0,
            description: custom.description.map(|text| text.0),
            format: custom.format.map(Cow::Borrowed),
        }),
        (None, ..) => Err(missing(&format!("{}.type", path()))),
        (Some("function"), ..) => Err(missing(&format!("{}.function", path()))),
        (Some("custom"), ..) => Err(missing(&format!("{}.custom", path()))),
        (Some(other), ..) => {
            let json = whole(other, tool.extra, tool.cache_control)?;
            Ok(Tool::Provider(ProviderTool { kind: Cow::Owned(other.to_owned()), json }))
        }
    }
}

fn both() -> ApiError {
    ApiError::invalid("`functions` and `tools` cannot stand in one request: use `tools`.")
        .with_param("functions")
        .with_code("invalid_value")
}

/// The deprecated form of tools.
fn decode_functions(functions: Vec<WireFunction<'_>>) -> Result<Vec<Tool<'_>>, ApiError> {
    let functions = functions.into_iter().enumerate();
    functions
        .map(|(i, function)| {
            let tool = function_tool(function, None, || format!("functions[{i}].name"));
            tool.map(Tool::Function)
        })
        .collect()
}

/// The deprecated form of `tool_choice`.
fn decode_function_call<'a>(choice: TextOr<'a, WireNamed<'a>>) -> Result<ToolChoice<'a>, ApiError> {
    match choice {
        TextOr::Text(word) => match word.as_ref() {
            "auto" => Ok(ToolChoice::Auto),
            "none" => Ok(ToolChoice::None),
            other => Err(unknown_word("function_call", other, "none, auto, or an object")),
        },
        TextOr::Other(named) => {
            named.name.map(|name| ToolChoice::Tool(name.0)).ok_or_else(|| missing("function_call.name"))
        }
    }
}

fn function_tool<'a>(
    function: WireFunction<'a>,
    cache: Option<Raw<'a>>,
    path: impl Fn() -> String,
) -> Result<FunctionTool<'a>, ApiError> {
    Ok(FunctionTool {
        name: function.name.ok_or_else(|| missing(&path()))?.0,
        description: function.description.map(|text| text.0),
        parameters: function.parameters.map(Cow::Borrowed),
        strict: function.strict,
        cache: cache.or(function.cache_control).map(Cow::Borrowed),
        extra: function.extra,
    })
}

/// Puts an object of a type that chat does not know together again.
pub(super) fn whole<'a>(
    kind: &str,
    members: Extra<'_>,
    cache: Option<Raw<'_>>,
) -> Result<Json<'a>, ApiError> {
    let mut text = Vec::new();
    let mut object = Object::new(&mut text);
    object.string("type", kind);
    object.extra(&members);
    object.json_or_skip("cache_control", cache);
    object.end();
    String::from_utf8(text)
        .ok()
        .and_then(|text| serde_json::value::RawValue::from_string(text).ok())
        .map(Cow::Owned)
        .ok_or_else(|| ApiError::invalid(format!("An object of type `{kind}` cannot be read.")))
}

fn decode_tool_choice<'a>(choice: TextOr<'a, WireToolChoice<'a>>) -> Result<ToolChoice<'a>, ApiError> {
    const KNOWN: &str = "none, auto, required, or an object";
    let choice = match choice {
        TextOr::Text(word) => {
            return match word.as_ref() {
                "auto" => Ok(ToolChoice::Auto),
                "none" => Ok(ToolChoice::None),
                // Mistral's and Anthropic's word for the same.
                "required" | "any" => Ok(ToolChoice::Required),
                other => Err(unknown_word("tool_choice", other, KNOWN)),
            };
        }
        TextOr::Other(choice) => choice,
    };
    if let Some(allowed) = choice.allowed_tools {
        let mode = match allowed.mode.as_ref().map(|mode| mode.0.as_ref()) {
            None | Some("auto") => AllowedMode::Auto,
            Some("required") => AllowedMode::Required,
            Some(other) => {
                return Err(unknown_word("tool_choice.allowed_tools.mode", other, "auto, required"));
            }
        };
        let names = decode_allowed(allowed.tools.unwrap_or_default().0)?;
        return Ok(ToolChoice::Allowed { mode, names });
    }
    if let Some(name) = choice.function.or(choice.custom).and_then(|named| named.name) {
        return Ok(ToolChoice::Tool(name.0));
    }
    match choice.kind.as_ref().map(|kind| kind.0.as_ref()) {
        Some("auto") => Ok(ToolChoice::Auto),
        Some("none") => Ok(ToolChoice::None),
        Some("any" | "required") => Ok(ToolChoice::Required),
        Some("function" | "custom") | None => Err(missing("tool_choice.function.name")),
        Some(other) => Err(unknown_word("tool_choice.type", other, "function, custom, allowed_tools")),
    }
}

fn decode_allowed<'a>(tools: Vec<WireTool<'a>>) -> Result<Vec<Text<'a>>, ApiError> {
    let tools = decode_tools(tools, "tool_choice.allowed_tools.tools")?;
    Ok(tools
        .into_iter()
        .map(|tool| match tool {
            Tool::Function(function) => function.name,
            Tool::Custom { name, .. } => name,
            Tool::Provider(tool) => tool.kind,
        })
        .collect())
}

fn decode_format<'a>(format: WireFormat<'a>) -> Result<Format<'a>, ApiError> {
    match format.kind.as_ref().map(|kind| kind.0.as_ref()) {
        Some("text") => Ok(Format::Text),
        Some("json_object") => Ok(Format::JsonObject),
        Some("json_schema") => {
            let schema = format.json_schema.ok_or_else(|| missing("response_format.json_schema"))?;
            Ok(Format::JsonSchema {
                name: schema.name.map(|text| text.0),
                description: schema.description.map(|text| text.0),
                schema: schema.schema.map(Cow::Borrowed),
                strict: schema.strict,
            })
        }
        Some(other) => Err(unknown_word("response_format.type", other, "text, json_object, json_schema")),
        None => Err(missing("response_format.type")),
    }
}

/// `reasoning_effort` is OpenAI's, `reasoning` is OpenRouter's, `thinking` is Anthropic's (and, as
/// `{"type": "enabled" | "disabled"}`, DeepSeek's, Z.ai's and Moonshot's). Where that does not say whether
/// to think, as with Z.ai's `{"clear_thinking": false}`, it is one provider's own.
fn decode_reasoning<'a>(
    effort: Option<Str<'a>>,
    reasoning: Option<WireReasoning<'a>>,
    mut thinking: Option<Raw<'a>>,
    extra: &mut Extra<'a>,
) -> ReasoningOptions<'a> {
    wire_object! {
        struct WireThinking<'a> {
            kind: Str<'a> = "type",
            budget_tokens: Count = "budget_tokens",
        }
    }
    let reasoning = reasoning.unwrap_or_default();
    let said: WireThinking<'_> = thinking.and_then(|json| from_str(json.get()).ok()).unwrap_or_default();
    if let Some(json) = thinking.take_if(|_| said.kind.is_none() && said.budget_tokens.is_none()) {
        extra.push((Cow::Borrowed("thinking"), Cow::Borrowed(json)));
    }
    ReasoningOptions {
        effort: effort.or(reasoning.effort).map(|effort| effort.0),
        budget_tokens: reasoning.max_tokens.map(|count| count.0),
        enabled: reasoning.enabled.or(said.kind.map(|kind| kind.0 != "disabled")),
        visible: reasoning.exclude.map(|exclude| !exclude),
        anthropic: thinking.map(Cow::Borrowed),
    }
}

/// Reads text that may have come as a JSON string or as JSON of another kind, which is kept as its
/// own text: some clients send a tool call's arguments as an object.
pub(super) fn text_of(json: Raw<'_>) -> Result<Text<'_>, Malformed> {
    if json.get().starts_with('"') {
        from_str::<Str<'_>>(json.get()).map(|text| text.0)
    } else {
        Ok(json.get().into())
    }
}
