//! How much Claude is to think: reasoning settings of every front, in Anthropic's terms.
//!
//! Newer models decide themselves how long they think and take a level of effort ("Adaptive
//! thinking", "Effort"); older ones take a budget of tokens ("Extended thinking"), for which a
//! level becomes a share of the limit on tokens, with OpenRouter's published ratios. Thinking and
//! a forced tool exclude each other, and a budget demands that the turn of a running tool loop
//! still has its signed thinking: where it has not, the model is asked without, and the report
//! says so.

use crate::{
    conversation::{AllowedMode, Part, Request, Role, ToolChoice},
    error::ApiError,
    protocol::{
        Target, Thinking,
        fields::Report,
        json::{Count, Object, Raw, Str, from_str, wire_object},
    },
};

/// The least budget that Anthropic accepts.
const MIN_BUDGET: u64 = 1024;
/// The most that a level of effort is worth; more only by an explicit budget.
const MAX_BUDGET: u64 = 32_000;
/// Levels of effort from the lowest to the highest.
const LEVELS: [&str; 6] = ["minimal", "low", "medium", "high", "xhigh", "max"];

/// What is sent.
#[derive(Debug, Default)]
pub(super) struct Plan<'r> {
    mode: Mode<'r>,
    effort: Option<&'r str>,
}

#[derive(Debug, Default)]
enum Mode<'r> {
    /// Nothing is said.
    #[default]
    Absent,
    /// The caller's own `thinking` object.
    Raw {
        json: Raw<'r>,
        thinks: bool,
    },
    Disabled,
    Adaptive {
        visible: bool,
    },
    Budget(u64),
}

impl Plan<'_> {
    /// Whether the model is asked to think.
    pub(super) fn thinks(&self) -> bool {
        match self.mode {
            Mode::Absent | Mode::Disabled => false,
            Mode::Raw { thinks, .. } => thinks,
            Mode::Adaptive { .. } | Mode::Budget(_) => true,
        }
    }

    /// Writes `thinking`, and `output_config` with the level of effort and the answer's schema.
    pub(super) fn write(&self, object: &mut Object<'_, Vec<u8>>, schema: Option<Raw<'_>>) {
        match self.mode {
            Mode::Absent => {}
            Mode::Raw { json, .. } => object.json("thinking", json),
            Mode::Disabled => object.object("thinking", |thinking| thinking.string("type", "disabled")),
            Mode::Adaptive { visible } => object.object("thinking", |thinking| {
                thinking.string("type", "adaptive");
                thinking.string("display", if visible { "summarized" } else { "omitted" });
            }),
            Mode::Budget(tokens) => object.object("thinking", |thinking| {
                thinking.string("type", "enabled");
                thinking.unsigned("budget_tokens", tokens);
            }),
        }
        if self.effort.is_some() || schema.is_some() {
            object.object("output_config", |config| {
                config.string_or_skip("effort", self.effort);
                if let Some(schema) = schema {
                    config.object("format", |format| {
                        format.string("type", "json_schema");
                        format.json("schema", schema);
                    });
                }
            });
        }
    }
}

wire_object! {
    struct WireThinking<'a> {
        kind: Str<'a> = "type",
        budget_tokens: Count = "budget_tokens",
    }
}

/// Decides how the model is asked to think.
pub(super) fn plan<'r>(
    request: &'r Request<'_>,
    target: &Target<'_>,
    max_tokens: u64,
    report: &mut Report<'_>,
) -> Result<Plan<'r>, ApiError> {
    let options = &request.reasoning;
    if options.is_absent() {
        return Ok(Plan::default());
    }
    let raw = options.anthropic.as_deref();
    let thinking: WireThinking<'_> = raw.and_then(|json| from_str(json.get()).ok()).unwrap_or_default();
    let kind = thinking.kind.as_ref().map(|kind| kind.0.as_ref());
    let effort = options.effort.as_deref();

    let off = effort == Some("none") || options.enabled == Some(false) || kind == Some("disabled");
    if off {
        let mode = match target.facts.thinking {
            Thinking::None | Thinking::Budget => Mode::Absent,
            Thinking::Adaptive | Thinking::Unknown => Mode::Disabled,
        };
        return Ok(Plan { mode, effort: None });
    }
    let level = match effort {
        Some(effort) => level(effort, target, report)?,
        None => None,
    };
    // `{"type": "enabled"}` alone is how other providers spell it: that is no budget.
    let complete = kind != Some("enabled") || thinking.budget_tokens.is_some();
    if let Some(json) = raw.filter(|_| complete && !is_forced(request)) {
        return Ok(Plan { mode: Mode::Raw { json, thinks: true }, effort: level });
    }
    let lost = if raw.is_some() { "thinking" } else { "reasoning_effort" };
    if target.facts.thinking == Thinking::None {
        report.lost(lost)?;
        return Ok(Plan::default());
    }
    let adaptive = target.facts.thinking != Thinking::Budget;
    if is_forced(request) {
        report.lost(lost)?;
        return Ok(Plan { mode: Mode::Absent, effort: level.filter(|_| adaptive) });
    }
    if adaptive {
        let visible = options.visible != Some(false);
        return Ok(Plan { mode: Mode::Adaptive { visible }, effort: level });
    }
    let budget = options.budget_tokens.unwrap_or_else(|| share(effort.unwrap_or("medium"), max_tokens));
    if max_tokens <= MIN_BUDGET || lacks_thinking(request) {
        report.lost(lost)?;
        return Ok(Plan::default());
    }
    Ok(Plan { mode: Mode::Budget(budget.clamp(MIN_BUDGET, max_tokens - 1)), effort: None })
}

/// The level of effort to send: the one that was asked for, or the nearest below it that the model
/// has, which is then reported.
fn level<'r>(
    effort: &'r str,
    target: &Target<'_>,
    report: &mut Report<'_>,
) -> Result<Option<&'r str>, ApiError> {
    let known = target.facts.efforts;
    let place = LEVELS.iter().position(|level| *level == effort);
    let wanted = if effort == "minimal" && !known.contains(&"minimal") { "low" } else { effort };
    if known.is_empty() || known.contains(&wanted) {
        return Ok(Some(wanted));
    }
    let Some(place) = place else { return Ok(Some(wanted)) };
    report.lost("reasoning_effort")?;
    let below = LEVELS.iter().take(place + 1).rev().find(|level| known.contains(level));
    Ok(below.or(known.first()).copied())
}

/// A level's share of the limit on tokens.
fn share(effort: &str, max_tokens: u64) -> u64 {
    let percent = match effort {
        "minimal" => 10,
        "low" => 20,
        "medium" => 50,
        "high" => 80,
        _ => 95,
    };
    (max_tokens / 100).saturating_mul(percent).min(MAX_BUDGET)
}

fn is_forced(request: &Request<'_>) -> bool {
    matches!(
        request.tool_choice,
        Some(
            ToolChoice::Required
                | ToolChoice::Tool(_)
                | ToolChoice::Allowed { mode: AllowedMode::Required, .. }
        )
    )
}

/// Whether the conversation stands inside a tool loop whose last turn of the model's has calls and
/// no signed thinking any more.
fn lacks_thinking(request: &Request<'_>) -> bool {
    let Some(last) = request.messages.iter().rev().find(|message| message.role == Role::Assistant) else {
        return false;
    };
    let calls = last.parts.iter().any(|part| matches!(part, Part::ToolCall(_)));
    let signed = last.parts.iter().any(
        |part| matches!(part, Part::Reasoning(reasoning) if reasoning.signature.is_some() || reasoning.opaque.is_some()),
    );
    let answered = request.messages.last().is_some_and(|message| {
        message.role != Role::Assistant
            && message.parts.iter().any(|part| matches!(part, Part::ToolResult(_)))
    });
    calls && answered && !signed
}
