//! A conversation as Gemini's wire says it.
//!
//! Sources: Google's "Gemini API reference" (`GenerateContentRequest`, `Content`, `Part`,
//! `GenerationConfig`, `ToolConfig`), "Function calling", "Thought signatures", "Gemini thinking",
//! "Structured outputs", "File input methods", and the types of its Python SDK, `google-genai`.

mod extensions;
mod generation;
mod media;
mod names;
mod parts;
mod schema;
mod settings;
mod thinking;
mod tools;
mod turns;

use extensions::Extensions;
use generation::Generation;
use names::Names;
use parts::Writing;
use settings::{Form, write_settings};
use thinking::plan;
use tools::Tools;
use turns::{Side, Turns};

use crate::{
    conversation::{Json, Request},
    error::ApiError,
    protocol::{
        Encoded, Target, Wire,
        fields::{REASONING_STATE, Report, report_leftovers},
        json::Object,
        messages::{estimate, readable},
    },
};

/// Writes `request` for Gemini's wire, with what it cannot say. The model and whether the answer is
/// streamed are said by the address.
///
/// Fails with a 400 where a loss would change what the request means, and where a tool call's
/// arguments are not a JSON object.
pub fn encode_request(request: &Request<'_>, target: &Target<'_>) -> Result<Encoded, ApiError> {
    let request = &*readable(request);
    let names = Names::of(target.front);
    let mut report = Report::new(Wire::Gemini, target);
    report_losses(request, names, &mut report)?;
    if request.reasoning_gone {
        report.lost(REASONING_STATE)?;
    }
    let extensions = Extensions::of(request, &mut report)?;
    let newer = Generation::of(target) == Generation::Third;
    let tools = Tools::of(request, target, names, &mut report)?;
    let form = Form::of(request, !newer && tools.has_functions())?;
    let plan = plan(request, &extensions, target, names, &mut report)?;
    let turns = Turns::of(request, newer, names, &mut report)?;

    let mut body = Vec::with_capacity(estimate(request));
    let mut object = Object::new(&mut body);
    write_system(&mut object, &turns, &form);
    let mut writing = Writing { names, media_in_results: newer, report: &mut report };
    object.array("contents", |contents| {
        turns.contents.iter().try_for_each(|content| {
            contents.object(|object| {
                object.string("role", if content.side == Side::Model { "model" } else { "user" });
                object.array("parts", |parts| writing.pieces(parts, &content.pieces))
            })
        })
    })?;
    tools.write(&mut object, request, names, &mut report)?;
    write_settings(&mut object, request, &form, &plan, target, names, &mut report)?;
    object.json_or_skip("safetySettings", extensions.safety_settings);
    object.json_or_skip("cachedContent", extensions.cached_content);
    write_tier(&mut object, request, &mut report)?;
    object.end();
    Ok(Encoded { body, long: Vec::new(), losses: report.finish() })
}

/// Looks up what the wire has no member for. Values that say its own default are no loss.
fn report_losses(request: &Request<'_>, names: &Names, report: &mut Report<'_>) -> Result<(), ApiError> {
    let says = |json: &Option<Json<'_>>| {
        json.as_ref().is_some_and(|json| {
            json.get() != "null" && json.get().bytes().any(|byte| !b"{} \t\r\n".contains(&byte))
        })
    };
    if says(&request.sampling.logit_bias) {
        report.lost("logit_bias")?;
    }
    if request.verbosity.as_ref().is_some_and(|verbosity| verbosity != "medium") {
        report.lost("verbosity")?;
    }
    if request.user.is_some() {
        report.lost(names.user)?;
    }
    if says(&request.metadata) {
        report.lost("metadata")?;
    }
    if request.cache.is_some() {
        report.lost("cache_control")?;
    }
    let read = |name: &str| extensions::NAMES.contains(&name) || name == "web_search_options";
    report_leftovers(request, read, report)
}

fn write_system(object: &mut Object<'_, Vec<u8>>, turns: &Turns<'_>, form: &Form) {
    let instruction = match form {
        Form::Instruction(instruction) => Some(instruction.as_str()),
        Form::Free | Form::Json(_) => None,
    };
    let texts = turns.system.iter().copied().chain(instruction);
    if texts.clone().next().is_none() {
        return;
    }
    object.object("systemInstruction", |system| {
        system.array("parts", |parts| {
            texts.for_each(|text| parts.object(|part| part.string("text", text)));
        });
    });
}

/// The tier, where it is not the one that everybody gets.
fn write_tier(
    object: &mut Object<'_, Vec<u8>>,
    request: &Request<'_>,
    report: &mut Report<'_>,
) -> Result<(), ApiError> {
    match request.service_tier.as_deref() {
        None | Some("auto" | "default" | "standard" | "standard_only") => Ok(()),
        Some(tier @ ("flex" | "priority")) => {
            object.string("serviceTier", tier);
            Ok(())
        }
        Some(_) => report.lost("service_tier"),
    }
}
