//! A conversation as the chat wire says it.

use std::{borrow::Cow, ops::Range};

use sha2::{Digest, Sha256};

use super::outgoing_messages::write_messages;
use crate::{
    conversation::{AllowedMode, Format, FunctionTool, Request, Tool, ToolChoice},
    error::ApiError,
    hex,
    model::{Effort, Param},
    protocol::{
        Dial, EffortSent, Encoded, Target, Wire, effort_sent,
        fields::{REASONING_STATE, Report, report_leftovers},
        json::{Array, Object, string},
        messages::readable,
    },
};

/// Writes `request` for the chat wire, with what it cannot say.
///
/// Fails with a 400 where a loss would change what the request means.
pub fn encode_request(request: &Request<'_>, target: &Target<'_>) -> Result<Encoded, ApiError> {
    let request = &*readable(request);
    let mut report = Report::new(Wire::Chat, target);
    if request.reasoning_gone {
        report.lost(REASONING_STATE)?;
    }
    let mut body = Vec::with_capacity(4096);
    let mut object = Object::new(&mut body);
    object.string("model", target.model);
    let write = |list: &mut List<'_>| write_messages(list, request, target.dialect, &mut report);
    let mut long = vec![write_list(&mut object, "messages", write)?];
    if !request.tools.is_empty() {
        long.push(write_list(&mut object, "tools", |list| write_tools(list, request, &mut report))?);
        write_tool_settings(&mut object, request);
    }
    write_settings(&mut object, request, target, &mut report)?;
    write_effort(&mut object, request, target, &mut report)?;
    if let Some(format) = &request.format {
        object.object("response_format", |object| write_format(object, format));
    }
    if request.stream {
        object.bool("stream", true);
        object.object("stream_options", |options| options.bool("include_usage", true));
    }
    report_leftovers(request, |_| false, &mut report)?;
    object.end();
    Ok(Encoded { body, long, losses: report.finish() })
}

type Body<'o> = Object<'o, Vec<u8>>;
type List<'o> = Array<'o, Vec<u8>>;

/// Writes a member that is a list, and says where its value lies.
fn write_list(
    object: &mut Body<'_>,
    key: &str,
    write: impl FnOnce(&mut List<'_>) -> Result<(), ApiError>,
) -> Result<Range<usize>, ApiError> {
    let out = object.key(key);
    let start = out.len();
    let mut list = Array::new(out);
    write(&mut list)?;
    list.end();
    Ok(start..out.len())
}

fn write_tools(tools: &mut List<'_>, request: &Request<'_>, report: &mut Report<'_>) -> Result<(), ApiError> {
    let allowed = match &request.tool_choice {
        Some(ToolChoice::Allowed { names, .. }) => Some(names),
        _ => None,
    };
    for (i, tool) in request.tools.iter().enumerate() {
        match tool {
            Tool::Function(tool) => {
                if allowed.is_some_and(|names| !names.contains(&tool.name)) {
                    continue;
                }
                if tool.cache.is_some() {
                    report.lost("tools[].cache_control")?;
                }
                tools.object(|object| write_tool(object, tool));
            }
            Tool::Custom { name, description, format } => tools.object(|object| {
                object.string("type", "custom");
                object.object("custom", |custom| {
                    custom.string("name", name);
                    custom.string_or_skip("description", description.as_deref());
                    custom.json_or_skip("format", format.as_deref());
                });
            }),
            Tool::Provider(_) => report.lost_at("tools[].type", || format!("tools.{i}.type"))?,
        }
    }
    Ok(())
}

fn write_tool_settings(object: &mut Body<'_>, request: &Request<'_>) {
    if request.parallel_tool_calls == Some(false) {
        object.bool("parallel_tool_calls", false);
    }
    match &request.tool_choice {
        None => {}
        Some(ToolChoice::Auto | ToolChoice::Allowed { mode: AllowedMode::Auto, .. }) => {
            object.string("tool_choice", "auto");
        }
        Some(ToolChoice::None) => object.string("tool_choice", "none"),
        Some(ToolChoice::Required | ToolChoice::Allowed { mode: AllowedMode::Required, .. }) => {
            object.string("tool_choice", "required");
        }
        Some(ToolChoice::Tool(name)) => object.object("tool_choice", |choice| {
            choice.string("type", "function");
            choice.object("function", |function| function.string("name", name));
        }),
    }
}

fn write_tool(object: &mut Body<'_>, tool: &FunctionTool<'_>) {
    object.string("type", "function");
    object.object("function", |function| {
        function.string("name", &tool.name);
        function.string_or_skip("description", tool.description.as_deref());
        function.json_or_skip("parameters", tool.parameters.as_deref());
        if let Some(strict) = tool.strict {
            function.bool("strict", strict);
        }
    });
}

fn write_settings(
    object: &mut Body<'_>,
    request: &Request<'_>,
    target: &Target<'_>,
    report: &mut Report<'_>,
) -> Result<(), ApiError> {
    if let Some(max_tokens) = request.max_tokens {
        let new = target.refuses(Param::MaxTokens);
        object.unsigned(if new { "max_completion_tokens" } else { "max_tokens" }, max_tokens);
    }
    let sampling = &request.sampling;
    for (name, value, param) in [
        ("temperature", sampling.temperature, Param::Temperature),
        ("top_p", sampling.top_p, Param::TopP),
        ("presence_penalty", sampling.presence_penalty, Param::PresencePenalty),
        ("frequency_penalty", sampling.frequency_penalty, Param::FrequencyPenalty),
    ] {
        match value {
            Some(value) if !target.refuses(param) => object.float(name, value),
            Some(value) if value != 1.0 => report.lost(name)?,
            _ => {}
        }
    }
    if sampling.top_k.is_some() {
        report.lost("top_k")?;
    }
    if let Some(seed) = sampling.seed {
        object.key("seed").extend_from_slice(seed.to_string().as_bytes());
    }
    object.json_or_skip("logit_bias", sampling.logit_bias.as_deref());
    if let Some(n) = request.n {
        object.unsigned("n", n);
    }
    if let Some(logprobs) = request.logprobs {
        object.bool("logprobs", logprobs);
    }
    if let Some(top) = request.top_logprobs {
        object.unsigned("top_logprobs", top);
    }
    if !request.stop.is_empty() {
        if target.refuses(Param::Stop) {
            report.lost_input("stop_sequences", "stop_sequences".to_owned(), "the model takes none")?;
        } else {
            object.array("stop", |list| request.stop.iter().for_each(|stop| string(list.element(), stop)));
        }
    }
    if let Some(user) = request.user.as_deref() {
        object.string("user", &name_of_user(user));
    }
    object.json_or_skip("metadata", request.metadata.as_deref());
    object.string_or_skip("verbosity", request.verbosity.as_deref());
    match request.service_tier.as_deref() {
        Some("standard_only") => object.string("service_tier", "default"),
        tier => object.string_or_skip("service_tier", tier),
    }
    if request.cache.is_some() {
        report.lost("cache_control")?;
    }
    Ok(())
}

/// The longest name of a user that OpenAI takes; others of this wire take 128.
const LONGEST_USER: usize = 64;

/// The caller's name for its user, or a digest of it where it is too long: still one name for one
/// user. Claude Code's is a JSON object of three ids.
fn name_of_user(user: &str) -> Cow<'_, str> {
    if user.chars().count() <= LONGEST_USER {
        return Cow::Borrowed(user);
    }
    let mut name = String::with_capacity(LONGEST_USER);
    hex::push(&mut name, &Sha256::digest(user));
    Cow::Owned(name)
}

/// Writes `reasoning_effort`, where the model is known to take it. A budget of tokens is the level
/// that it would be on Claude.
fn write_effort(
    object: &mut Body<'_>,
    request: &Request<'_>,
    target: &Target<'_>,
    report: &mut Report<'_>,
) -> Result<(), ApiError> {
    let options = &request.reasoning;
    if options.is_absent() {
        return Ok(());
    }
    if options.visible == Some(false) {
        report.lost("thinking.display")?;
    }
    let name = if options.anthropic.is_some() { "thinking" } else { "output_config.effort" };
    let off = options.enabled == Some(false) || options.effort.as_deref() == Some("none");
    let asked = match (&options.effort, options.budget_tokens) {
        _ if off => Effort::None,
        (Some(effort), _) => Effort::named(effort).unwrap_or(Effort::Medium),
        (None, Some(..4_096)) => Effort::Low,
        (None, Some(16_384..)) => Effort::High,
        (None, _) => Effort::Medium,
    };
    let known = target.facts.map(|model| model.reasoning);
    if known.is_none() && matches!(target.dialect.effort, Dial::Effort | Dial::NoneOrDefault) {
        // Nobody knows whether this model takes the word.
        return if off { Ok(()) } else { report.lost(name) };
    }
    match effort_sent(target.dialect.effort, known, asked) {
        EffortSent::Word(word) => {
            if word != asked {
                report.lost(name)?;
            }
            object.string("reasoning_effort", word.name());
        }
        EffortSent::Switch { on, lost } => {
            if lost {
                report.lost(name)?;
            }
            let (member, value) = target.dialect.effort.switch(on);
            object.key(member).extend_from_slice(value.as_bytes());
        }
        EffortSent::Nothing if off => {}
        EffortSent::Nothing => report.lost(name)?,
        EffortSent::AlwaysOn(lowest) => {
            report.lost(name)?;
            object.string_or_skip("reasoning_effort", lowest.map(Effort::name));
        }
    }
    Ok(())
}

fn write_format(object: &mut Body<'_>, format: &Format<'_>) {
    match format {
        Format::Text => object.string("type", "text"),
        Format::JsonObject => object.string("type", "json_object"),
        Format::JsonSchema { name, description, schema, strict } => {
            object.string("type", "json_schema");
            object.object("json_schema", |object| {
                object.string("name", name.as_deref().unwrap_or("answer"));
                object.string_or_skip("description", description.as_deref());
                object.json_or_skip("schema", schema.as_deref());
                if let Some(strict) = strict {
                    object.bool("strict", *strict);
                }
            });
        }
    }
}
