//! A conversation as Anthropic's wire says it.

use super::{
    schema::{labelled, native},
    thinking::{Plan, plan},
    turns::{Turns, write_turns},
};
use crate::{
    conversation::{AllowedMode, Format, FunctionTool, Json, Request, Tool, ToolChoice},
    error::ApiError,
    model::Param,
    protocol::{
        Encoded, Target, Wire,
        fields::{REASONING_STATE, Report, report_leftovers},
        json::{Object, Raw, Str, from_str, wire_object},
    },
};

/// The limit that is sent where neither the caller nor the catalogue knows one. The wire demands
/// a limit; this one every model with a context of today allows.
const DEFAULT_MAX_TOKENS: u64 = 8192;
/// The least `top_p` that goes with thinking ("Extended thinking", feature compatibility).
const LEAST_TOP_P: f64 = 0.95;

/// Writes `request` for Anthropic's wire, with what it cannot say.
///
/// Fails with a 400 where a loss would change what the request means, and where a tool call's
/// arguments are not a JSON object.
pub fn encode_request(request: &Request<'_>, target: &Target<'_>) -> Result<Encoded, ApiError> {
    let mut report = Report::new(Wire::Messages, target);
    report_losses(request, &mut report)?;
    if request.reasoning_gone {
        report.lost(REASONING_STATE)?;
    }

    let most = target.facts.and_then(|model| model.max_output);
    let max_tokens = request.max_tokens.or(most.map(u64::from)).unwrap_or(DEFAULT_MAX_TOKENS);
    let plan = plan(request, target, max_tokens, &mut report)?;
    let system_turns = target.facts.is_some() && !target.refuses(Param::SystemTurn);
    let turns = Turns::of(request, system_turns, &mut report)?;

    let mut body = Vec::with_capacity(estimate(request));
    let mut object = Object::new(&mut body);
    object.string("model", target.model);
    object.unsigned("max_tokens", max_tokens);
    let (schema, instruction) = match form(request, target)? {
        Form::Free => (None, None),
        Form::Native(schema) => (Some(schema), None),
        Form::Instruction(instruction) => (None, Some(instruction)),
    };
    write_turns(&mut object, &turns, instruction, &mut report)?;
    write_tools(&mut object, request, target, &mut report)?;
    write_sampling(&mut object, request, target, &plan, &mut report)?;
    plan.write(&mut object, schema.as_deref());
    write_rest(&mut object, request, &mut report)?;
    object.end();
    Ok(Encoded { body, long: Vec::new(), losses: report.finish() })
}

/// About how long the body will be: the texts, and room for what stands around them.
pub(in crate::protocol) fn estimate(request: &Request<'_>) -> usize {
    use crate::conversation::Part;
    let part = |part: &Part<'_>| match part {
        Part::Text(text) => text.text.len() + text.text.len() / 16,
        Part::ToolCall(call) => call.arguments.len() + 128,
        Part::Media(_) => 1024,
        Part::ToolResult(result) => result
            .content
            .iter()
            .map(|part| if let Part::Text(text) = part { text.text.len() } else { 64 })
            .sum(),
        _ => 64,
    };
    let messages: usize =
        request.messages.iter().flat_map(|message| &message.parts).map(|p| part(p) + 64).sum();
    let tool = |tool: &Tool<'_>| match tool {
        Tool::Function(tool) => {
            tool.parameters.as_ref().map_or(0, |json| json.get().len())
                + tool.description.as_ref().map_or(0, |text| text.len())
        }
        _ => 256,
    };
    let tools: usize = request.tools.iter().map(|t| tool(t) + 128).sum();
    512 + messages + tools
}

/// Looks up what the wire has no member for. Values that say its own default are no loss.
fn report_losses(request: &Request<'_>, report: &mut Report<'_>) -> Result<(), ApiError> {
    if request.n.is_some_and(|n| n != 1) {
        report.lost("n")?;
    }
    if request.logprobs == Some(true) {
        report.lost("logprobs")?;
    }
    if request.top_logprobs.is_some_and(|n| n > 0) {
        report.lost("top_logprobs")?;
    }
    let sampling = &request.sampling;
    if sampling.seed.is_some() {
        report.lost("seed")?;
    }
    if sampling.frequency_penalty.is_some_and(|penalty| penalty != 0.0) {
        report.lost("frequency_penalty")?;
    }
    if sampling.presence_penalty.is_some_and(|penalty| penalty != 0.0) {
        report.lost("presence_penalty")?;
    }
    if sampling.logit_bias.as_ref().is_some_and(|json| !is_empty(json)) {
        report.lost("logit_bias")?;
    }
    if request.verbosity.as_ref().is_some_and(|verbosity| verbosity != "medium") {
        report.lost("verbosity")?;
    }
    if request.metadata.as_ref().is_some_and(|json| !is_empty(json)) {
        report.lost("metadata")?;
    }
    report_leftovers(request, |name| name == SEARCH, report)
}

/// Whether a raw object has no members, or is null.
fn is_empty(json: Raw<'_>) -> bool {
    let text = json.get();
    text == "null" || text.bytes().all(|byte| byte == b'{' || byte == b'}' || byte.is_ascii_whitespace())
}

/// How the form of the answer is demanded.
#[derive(Debug)]
enum Form {
    /// It is not.
    Free,
    /// By `output_config.format`, with this schema.
    Native(String),
    /// By an instruction, which stands for a form that the wire or the model has no setting for, as
    /// Anthropic's "Increase output consistency" advises.
    Instruction(String),
}

fn form(request: &Request<'_>, target: &Target<'_>) -> Result<Form, ApiError> {
    let (name, description, schema) = match &request.format {
        None | Some(Format::Text) => return Ok(Form::Free),
        Some(Format::JsonObject) => {
            let instruction = "Answer with one valid JSON object and nothing else: no prose, no code fence.";
            return Ok(Form::Instruction(instruction.to_owned()));
        }
        Some(Format::JsonSchema { name, description, schema, .. }) => (name, description, schema),
    };
    let schema = schema.as_deref().ok_or_else(|| {
        ApiError::invalid("`response_format.json_schema.schema` is missing.")
            .with_param("response_format.json_schema.schema")
            .with_code("missing_required_parameter")
    })?;
    let labelled = labelled(schema, name.as_deref(), description.as_deref());
    let schema = labelled.as_deref().unwrap_or(schema);
    let adapted = if target.refuses(Param::JsonSchema) { None } else { native(schema) };
    Ok(adapted.map_or_else(
        || {
            Form::Instruction(format!(
                "Answer with one valid JSON value and nothing else: no prose, no code fence. It must follow this \
                 JSON schema: {}",
                schema.get()
            ))
        },
        Form::Native,
    ))
}

/// The member of chat's requests that asks for a search of the web.
const SEARCH: &str = "web_search_options";

wire_object! {
    struct WirePlace<'a> {
        kind: Str<'a> = "type",
    }
}

type Body<'o> = Object<'o, Vec<u8>>;

fn write_tools(
    object: &mut Body<'_>,
    request: &Request<'_>,
    target: &Target<'_>,
    report: &mut Report<'_>,
) -> Result<(), ApiError> {
    let allowed = match &request.tool_choice {
        Some(ToolChoice::Allowed { names, .. }) => Some(names),
        _ => None,
    };
    let is_allowed = |name: &str| allowed.is_none_or(|names| names.iter().any(|allowed| allowed == name));
    let mut written = 0;
    let search = request.extra.iter().find(|(name, json)| name == SEARCH && json.get() != "null");
    if !request.tools.is_empty() || search.is_some() {
        object.array("tools", |tools| {
            for (i, tool) in request.tools.iter().enumerate() {
                match tool {
                    Tool::Function(tool) if is_allowed(&tool.name) => {
                        tools.object(|object| write_tool(object, tool, report))?;
                        written += 1;
                    }
                    Tool::Function(_) => {}
                    Tool::Custom { .. } => {
                        report.lost_at("tools[].custom", || format!("tools[{i}].custom"))?
                    }
                    Tool::Provider(tool) => {
                        tools.element().extend_from_slice(tool.json.get().as_bytes());
                        written += 1;
                    }
                }
            }
            if let Some((_, options)) = search {
                tools.object(|tool| write_search(tool, options, report))?;
                written += 1;
            }
            Ok::<(), ApiError>(())
        })?;
    }
    write_tool_choice(object, request, written, target, report)
}

/// Chat's search is a setting, Anthropic's a tool that the model calls as it sees fit ("Web search
/// tool").
fn write_search(tool: &mut Body<'_>, options: &Json<'_>, report: &mut Report<'_>) -> Result<(), ApiError> {
    wire_object! {
        struct WireSearch<'a> {
            search_context_size: Str<'a> = "search_context_size",
            user_location: WireLocation<'a> = "user_location",
        }

        struct WireLocation<'a> {
            approximate: Raw<'a> = "approximate",
        }
    }
    let options: WireSearch<'_> = from_str(options.get()).unwrap_or_default();
    tool.string("type", "web_search_20250305");
    tool.string("name", "web_search");
    let place = options.user_location.and_then(|location| location.approximate);
    let place = place.and_then(|place| from_str::<WirePlace<'_>>(place.get()).ok());
    if let Some(place) = place {
        tool.object("user_location", |location| {
            location.string("type", "approximate");
            location.extra(&place.extra);
        });
    }
    if options.search_context_size.is_some_and(|size| size.0 != "medium") {
        report.lost("web_search_options.search_context_size")?;
    }
    Ok(())
}

/// A strict tool must keep to the part of JSON Schema that Claude enforces: where it does not, it is
/// sent as it is and not strict.
fn write_tool(
    object: &mut Body<'_>,
    tool: &FunctionTool<'_>,
    report: &mut Report<'_>,
) -> Result<(), ApiError> {
    object.string("name", &tool.name);
    object.string_or_skip("description", tool.description.as_deref());
    let parameters = tool.parameters.as_deref().filter(|json| !is_empty(json));
    let strict = if tool.strict == Some(true) { parameters.map(native) } else { None };
    match (parameters, &strict) {
        (_, Some(Some(enforced))) => object.key("input_schema").extend_from_slice(enforced.as_bytes()),
        (Some(parameters), _) => object.json("input_schema", parameters),
        (None, _) => object.object("input_schema", |schema| {
            schema.string("type", "object");
            schema.object("properties", |_| {});
            if tool.strict == Some(true) {
                schema.bool("additionalProperties", false);
            }
        }),
    }
    match strict {
        Some(None) => report.lost("tools[].function.strict")?,
        _ if tool.strict == Some(true) => object.bool("strict", true),
        _ => {}
    }
    object.json_or_skip("cache_control", tool.cache.as_deref());
    for (name, value) in tool.extra.iter().filter(|(name, _)| report.takes_of_tools(name)) {
        object.json(name, value);
    }
    Ok(())
}

/// Writes `tool_choice`, which the wire takes only beside tools. That several calls at once are
/// not wanted is said inside it.
fn write_tool_choice(
    object: &mut Body<'_>,
    request: &Request<'_>,
    tools: usize,
    target: &Target<'_>,
    report: &mut Report<'_>,
) -> Result<(), ApiError> {
    let single = request.parallel_tool_calls == Some(false);
    let (mut kind, mut name) = match &request.tool_choice {
        None if single => ("auto", None),
        None => return Ok(()),
        Some(ToolChoice::Auto | ToolChoice::Allowed { mode: AllowedMode::Auto, .. }) => ("auto", None),
        Some(ToolChoice::None) => ("none", None),
        Some(ToolChoice::Required | ToolChoice::Allowed { mode: AllowedMode::Required, .. }) => ("any", None),
        Some(ToolChoice::Tool(name)) => ("tool", Some(name)),
    };
    if tools == 0 {
        return if matches!(kind, "any" | "tool") {
            Err(ApiError::invalid("`tool_choice` demands a tool call and `tools` names no tool for it.")
                .with_param("tool_choice"))
        } else {
            Ok(())
        };
    }
    if matches!(kind, "any" | "tool") && target.refuses(Param::ForcedTool) {
        let why = "the model cannot be made to call a tool: use `auto`";
        report.lost_input("tool_choice", "tool_choice".to_owned(), why)?;
        (kind, name) = ("auto", None);
    }
    object.object("tool_choice", |choice| {
        choice.string("type", kind);
        choice.string_or_skip("name", name.map(|name| name.as_ref()));
        if single && kind != "none" {
            choice.bool("disable_parallel_tool_use", true);
        }
    });
    Ok(())
}

/// Some models refuse some of these settings, always or while they think, or two at once.
fn write_sampling(
    object: &mut Body<'_>,
    request: &Request<'_>,
    target: &Target<'_>,
    plan: &Plan<'_>,
    report: &mut Report<'_>,
) -> Result<(), ApiError> {
    let refuses = |param| plan.refuses(target, param);
    let sampling = &request.sampling;
    let mut temperature = false;
    if let Some(value) = sampling.temperature {
        if refuses(Param::Temperature) {
            if value != 1.0 {
                report.lost("temperature")?;
            }
        } else {
            if !(0.0..=1.0).contains(&value) {
                report.lost("temperature")?;
            }
            object.float("temperature", value.clamp(0.0, 1.0));
            temperature = true;
        }
    }
    if let Some(value) = sampling.top_p.filter(|top_p| *top_p != 1.0) {
        let excluded = temperature && refuses(Param::TemperatureWithTopP);
        if excluded || refuses(Param::TopP) || (plan.thinks() && value < LEAST_TOP_P) {
            report.lost("top_p")?;
        } else {
            object.float("top_p", value);
        }
    }
    if let Some(value) = sampling.top_k {
        if refuses(Param::TopK) {
            report.lost("top_k")?;
        } else {
            object.unsigned("top_k", value);
        }
    }
    Ok(())
}

fn write_rest(object: &mut Body<'_>, request: &Request<'_>, report: &mut Report<'_>) -> Result<(), ApiError> {
    let (stops, blank): (Vec<_>, Vec<_>) = request.stop.iter().partition(|stop| !stop.trim().is_empty());
    if !blank.is_empty() {
        report.lost_input("stop", "stop".to_owned(), "a stop sequence must hold more than white space")?;
    }
    if !stops.is_empty() {
        object.array("stop_sequences", |list| {
            for stop in stops {
                crate::protocol::json::string(list.element(), stop);
            }
        });
    }
    if let Some(user) = &request.user {
        object.object("metadata", |metadata| metadata.string("user_id", user));
    }
    match request.service_tier.as_deref() {
        None => {}
        Some("auto" | "priority") => object.string("service_tier", "auto"),
        Some("default" | "standard" | "standard_only") => object.string("service_tier", "standard_only"),
        Some(_) => report.lost("service_tier")?,
    }
    object.json_or_skip("cache_control", request.cache.as_deref());
    if request.stream {
        object.bool("stream", true);
    }
    Ok(())
}
