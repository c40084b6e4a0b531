//! `generationConfig`: how the answer is made, and its form.

use super::{names::Names, schema::adapted, thinking::Plan};
use crate::{
    conversation::{Format, Request},
    error::ApiError,
    model::Param,
    protocol::{
        Target,
        fields::Report,
        json::{Object, Raw, from_str, string, wire_object},
    },
};

type Body<'o> = Object<'o, Vec<u8>>;

/// The most stop sequences that the wire takes.
const MOST_STOPS: usize = 5;
/// The highest temperature.
const HOTTEST: f64 = 2.0;

/// How the form of the answer is demanded.
pub(super) enum Form {
    /// It is not.
    Free,
    /// By `responseMimeType`, and by a schema where there is one.
    Json(Option<String>),
    /// By an instruction: models before Gemini 3 take no form beside functions ("Structured outputs
    /// with tools").
    Instruction(String),
}

impl Form {
    /// The form that `request` asks for; `excluded` says that functions stand in its way.
    pub(super) fn of(request: &Request<'_>, excluded: bool) -> Result<Self, ApiError> {
        let schema = match &request.format {
            None | Some(Format::Text) => return Ok(Self::Free),
            Some(Format::JsonObject) => None,
            Some(Format::JsonSchema { schema: Some(schema), name, description, .. }) => {
                Some((schema.as_ref(), [("title", name.as_deref()), ("description", description.as_deref())]))
            }
            Some(Format::JsonSchema { schema: None, .. }) => {
                return Err(ApiError::invalid("`response_format.json_schema.schema` is missing.")
                    .with_param("response_format.json_schema.schema")
                    .with_code("missing_required_parameter"));
            }
        };
        if !excluded {
            return Ok(Self::Json(schema.map(|(schema, said)| labelled(schema, said))));
        }
        let mut instruction =
            "Answer with one valid JSON value and nothing else: no prose, no code fence.".to_owned();
        match schema {
            Some((schema, _)) => {
                instruction.push_str(" It must follow this JSON schema: ");
                instruction.push_str(schema.get());
            }
            None => instruction.push_str(" It must be an object."),
        }
        Ok(Self::Instruction(instruction))
    }
}

/// The schema as Gemini takes it, with what is said of it beside it put in, where it says nothing
/// itself. Nothing may stand beside a reference.
fn labelled(schema: Raw<'_>, said: [(&str, Option<&str>); 2]) -> String {
    wire_object! {
        struct WireMembers<'a> {}
    }
    let adapted = adapted(schema);
    let Ok(members) = from_str::<WireMembers<'_>>(&adapted) else { return adapted.into_owned() };
    let has = |name: &str| members.extra.iter().any(|(member, _)| member == name);
    if has("$ref") || said.iter().all(|(name, text)| text.is_none() || has(name)) {
        return adapted.into_owned();
    }
    let mut out = Vec::with_capacity(adapted.len() + 64);
    let mut object = Object::new(&mut out);
    for (name, text) in said.into_iter().filter(|(name, _)| !has(name)) {
        object.string_or_skip(name, text);
    }
    object.extra(&members.extra);
    object.end();
    String::from_utf8(out).unwrap_or_else(|_| adapted.into_owned())
}

/// Writes `generationConfig`, where there is anything to say.
pub(super) fn write_settings(
    object: &mut Body<'_>,
    request: &Request<'_>,
    form: &Form,
    plan: &Plan<'_>,
    target: &Target<'_>,
    names: &Names,
    report: &mut Report<'_>,
) -> Result<(), ApiError> {
    object.object("generationConfig", |config| {
        if let Some(max_tokens) = request.max_tokens {
            config.unsigned("maxOutputTokens", max_tokens);
        }
        write_sampling(config, request, plan, target, report)?;
        write_stops(config, request, names, report)?;
        if let Some(n) = request.n.filter(|n| *n != 1) {
            config.unsigned("candidateCount", n);
        }
        if request.logprobs == Some(true) {
            config.bool("responseLogprobs", true);
            if let Some(top) = request.top_logprobs.filter(|top| *top > 0) {
                config.unsigned("logprobs", top);
            }
        }
        if let Form::Json(schema) = form {
            config.string("responseMimeType", "application/json");
            if let Some(schema) = schema {
                config.key("responseJsonSchema").extend_from_slice(schema.as_bytes());
            }
        }
        plan.write(config);
        Ok(())
    })
}

fn write_sampling(
    config: &mut Body<'_>,
    request: &Request<'_>,
    plan: &Plan<'_>,
    target: &Target<'_>,
    report: &mut Report<'_>,
) -> Result<(), ApiError> {
    let refuses = |param| target.facts.is_some_and(|model| model.would_refuse(param, plan.effort()));
    let sampling = &request.sampling;
    for (name, wire, value, param, default) in [
        ("temperature", "temperature", sampling.temperature, Param::Temperature, 1.0),
        ("top_p", "topP", sampling.top_p, Param::TopP, 1.0),
        ("presence_penalty", "presencePenalty", sampling.presence_penalty, Param::PresencePenalty, 0.0),
        ("frequency_penalty", "frequencyPenalty", sampling.frequency_penalty, Param::FrequencyPenalty, 0.0),
    ] {
        let Some(mut value) = value else { continue };
        if refuses(param) {
            if value != default {
                report.lost(name)?;
            }
            continue;
        }
        if param == Param::Temperature && !(0.0..=HOTTEST).contains(&value) {
            report.lost(name)?;
            value = value.clamp(0.0, HOTTEST);
        }
        config.float(wire, value);
    }
    match sampling.top_k {
        Some(_) if refuses(Param::TopK) => report.lost("top_k")?,
        Some(top_k) => config.unsigned("topK", top_k),
        None => {}
    }
    // The wire's seed is a whole number of 32 bits.
    match sampling.seed.map(i32::try_from) {
        Some(Ok(seed)) => config.key("seed").extend_from_slice(seed.to_string().as_bytes()),
        Some(Err(_)) => report.lost("seed")?,
        None => {}
    }
    Ok(())
}

fn write_stops(
    config: &mut Body<'_>,
    request: &Request<'_>,
    names: &Names,
    report: &mut Report<'_>,
) -> Result<(), ApiError> {
    let stops: Vec<_> = request.stop.iter().filter(|stop| !stop.is_empty()).collect();
    if stops.len() > MOST_STOPS {
        report.lost_input(names.stop, names.stop.to_owned(), "the wire takes five stop sequences at most")?;
    }
    if !stops.is_empty() {
        config.array("stopSequences", |list| {
            stops.iter().take(MOST_STOPS).for_each(|stop| string(list.element(), stop));
        });
    }
    Ok(())
}
