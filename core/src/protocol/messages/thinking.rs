//! How much Claude is to think: reasoning settings of every front, in Anthropic's terms.
//!
//! Newer models decide themselves how long they think and take a level of effort ("Adaptive
//! thinking", "Effort"); older ones take a budget of tokens ("Extended thinking"), for which a
//! level becomes a share of the limit on tokens, with OpenRouter's published ratios. What a model
//! takes is the catalogue's to say; one that nobody knows is asked as the newest want it. With a
//! budget, thinking and a forced tool exclude each other, and the turn of a running tool loop must
//! still have its signed thinking: where it has not, the model is asked without, and the report
//! says so.

use super::turns::is_sent;
use crate::{
    conversation::{AllowedMode, Part, Request, Role, ToolChoice},
    error::ApiError,
    model::{Control, Effort, Param, Params},
    protocol::{
        OnUnsupported, Target,
        fields::{REASONING_STATE, Report},
        json::{Count, Object, Raw, Str, from_str, wire_object},
    },
    recall::loop_start,
};

/// The least budget that Anthropic accepts.
const MIN_BUDGET: u64 = 1024;
/// The most that a level of effort is worth; more only by an explicit budget.
const MAX_BUDGET: u64 = 32_000;
/// What does not go with thinking on a model that nobody knows ("Extended thinking", feature
/// compatibility).
const EXCLUDED: Params = Params::of(&[Param::Temperature, Param::TopK, Param::ForcedTool]);

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
    Raw(Raw<'r>),
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
            Mode::Raw(_) | Mode::Adaptive { .. } | Mode::Budget(_) => true,
        }
    }

    /// Whether the model, asked in this way, refuses `param`.
    pub(super) fn refuses(&self, target: &Target<'_>, param: Param) -> bool {
        let effort = match self.mode {
            Mode::Absent => None,
            Mode::Disabled => Some(Effort::None),
            _ => Some(Effort::High),
        };
        match target.facts {
            Some(model) => model.would_refuse(param, effort),
            None => self.thinks() && EXCLUDED.contains(param),
        }
    }

    /// Writes `thinking`, and `output_config` with the level of effort and the answer's schema.
    pub(super) fn write(&self, object: &mut Object<'_, Vec<u8>>, schema: Option<&str>) {
        match self.mode {
            Mode::Absent => {}
            Mode::Raw(json) => object.json("thinking", json),
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
                        format.key("schema").extend_from_slice(schema.as_bytes());
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

    let lost = match (raw, effort) {
        (Some(_), _) => "thinking",
        (None, Some(_)) => "reasoning_effort",
        (None, None) => "reasoning",
    };
    if effort == Some("none") || options.enabled == Some(false) || kind == Some("disabled") {
        return off(target, lost, report);
    }
    if target.facts.is_some_and(|model| model.reasoning.control == Control::None) {
        report.lost(lost)?;
        return Ok(Plan::default());
    }
    let adaptive = !target.refuses(Param::AdaptiveThinking);
    let level = match effort {
        Some(effort) if adaptive => level(effort, target, report)?,
        _ => None,
    };
    if is_forced(request) && excludes_forced_tool(target) {
        report.lost(lost)?;
        return Ok(Plan { mode: Mode::Absent, effort: level });
    }
    // `{"type": "enabled"}` alone is how other providers spell it: that is no budget.
    let taken = match kind {
        Some("enabled") => thinking.budget_tokens.is_some() && !target.refuses(Param::ThinkingBudget),
        Some("adaptive") => adaptive,
        _ => true,
    };
    if let Some(json) = raw.filter(|_| taken) {
        if kind == Some("enabled") && lacks_thinking(request) {
            return without(lost, level, report);
        }
        return Ok(Plan { mode: Mode::Raw(json), effort: level });
    }
    let asked = thinking.budget_tokens.map(|count| count.0).or(options.budget_tokens);
    let budgets = target.facts.is_some() && !target.refuses(Param::ThinkingBudget);
    if adaptive && !(budgets && asked.is_some()) {
        if asked.is_some() {
            report.lost(lost)?;
        }
        let visible = options.visible != Some(false);
        return Ok(Plan { mode: Mode::Adaptive { visible }, effort: level });
    }
    if max_tokens <= MIN_BUDGET {
        report.lost(lost)?;
        return Ok(Plan::default());
    }
    if lacks_thinking(request) {
        return without(lost, level, report);
    }
    let budget = asked.unwrap_or_else(|| share(effort.unwrap_or("medium"), max_tokens));
    Ok(Plan { mode: Mode::Budget(budget.clamp(MIN_BUDGET, max_tokens - 1)), effort: level })
}

/// The plan where a budget for thinking would be refused, because the loop's own is gone.
fn without<'r>(
    lost: &'static str,
    level: Option<&'r str>,
    report: &mut Report<'_>,
) -> Result<Plan<'r>, ApiError> {
    report.lost(lost)?;
    report.lost(REASONING_STATE)?;
    Ok(Plan { mode: Mode::Absent, effort: level })
}

/// The plan where no thinking is wanted. A model that always thinks cannot be asked for that: its
/// lowest level is another thing, which the caller has to choose.
fn off<'r>(target: &Target<'_>, name: &'static str, report: &mut Report<'_>) -> Result<Plan<'r>, ApiError> {
    let Some(reasoning) = target.facts.map(|model| model.reasoning) else {
        return Ok(Plan { mode: Mode::Disabled, effort: None });
    };
    if !reasoning.always {
        let thinks_unasked = reasoning.control != Control::None && reasoning.default != Some(Effort::None);
        let mode = if thinks_unasked { Mode::Disabled } else { Mode::Absent };
        return Ok(Plan { mode, effort: None });
    }
    let lowest = reasoning.efforts.iter().next().map(Effort::name);
    if target.on_unsupported == OnUnsupported::Drop {
        report.lost(name)?;
        return Ok(Plan { mode: Mode::Absent, effort: lowest });
    }
    let advice = lowest.map_or(String::new(), |lowest| format!(" Its lowest level is `{lowest}`."));
    let message = format!("`{name}` cannot switch the thinking of `{}` off.{advice}", target.model);
    Err(ApiError::invalid(message).with_param(name).with_code("unsupported_value"))
}

/// Whether thinking gives way where a tool is forced. A model that takes no forced tool at all
/// keeps its thinking: then the choice of tool is what is lost.
fn excludes_forced_tool(target: &Target<'_>) -> bool {
    target.facts.map_or(EXCLUDED, |model| model.refuses_while_reasoning).contains(Param::ForcedTool)
}

/// The level of effort to send: the one that was asked for, or the nearest that the model has,
/// which is then reported. `minimal` is the word for the lowest, whatever that is.
fn level<'r>(
    effort: &'r str,
    target: &Target<'_>,
    report: &mut Report<'_>,
) -> Result<Option<&'r str>, ApiError> {
    let known = target.facts.map(|model| model.reasoning.efforts).unwrap_or_default();
    let Some(asked) = Effort::named(effort) else { return Ok(Some(effort)) };
    let near = match asked {
        Effort::Minimal if known.is_unknown() => Some(Effort::Low),
        _ if known.is_unknown() => Some(asked),
        _ => known.nearest(asked),
    };
    if near != Some(asked) && asked != Effort::Minimal {
        report.lost("reasoning_effort")?;
    }
    Ok(near.map(Effort::name))
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

/// Whether the conversation stands in a tool loop that does not begin with Claude's own thinking,
/// which is then refused with a budget. To Claude the loop is one turn: with a budget it thinks at
/// the beginning of it, and, unless a beta is on, not between the calls ("Extended thinking", thinking
/// with tool use). Where state of it is known to be gone, some turn of the loop thought and would come without.
fn lacks_thinking(request: &Request<'_>) -> bool {
    let running = request.messages.iter().skip(loop_start(&request.messages));
    let turns = running.filter(|message| message.role == Role::Assistant);
    let mut parts = turns.flat_map(|message| &message.parts).filter(|part| is_sent(part)).peekable();
    let begins = matches!(parts.peek(), Some(Part::Reasoning(_)));
    let calls = parts.any(|part| matches!(part, Part::ToolCall(_)));
    calls && (!begins || request.reasoning_gone)
}
