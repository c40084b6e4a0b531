//! How much Gemini is to think: reasoning settings of every front, as `thinkingConfig`.
//!
//! Models from Gemini 3 on take a level, those of 2.5 a budget of tokens ("Gemini thinking"); what a
//! level is as a budget is what Google's own OpenAI-compatible API makes of it ("OpenAI
//! compatibility", thinking). Thoughts are asked for wherever the caller said anything about
//! reasoning: without `includeThoughts` they are kept back.

use super::{extensions::Extensions, generation::Generation, names::Names};
use crate::{
    conversation::Request,
    error::ApiError,
    model::{Control, Effort, Efforts},
    protocol::{
        Front, OnUnsupported, Target,
        fields::Report,
        json::{Count, Object, Raw, Str, from_str, wire_object},
    },
};

/// A budget that is the model's own to choose.
const DYNAMIC: i64 = -1;

/// The budgets that models take ("Gemini thinking", the table of budgets); the last row is for all
/// others. Nought is another setting.
const BUDGETS: [(&str, i64, i64); 4] = [
    ("gemini-2.5-pro", 128, 32_768),
    ("gemini-2.5-flash-lite", 512, 24_576),
    ("gemini-2.5-flash", 1, 24_576),
    ("", 1, 32_768),
];

/// What is sent.
#[derive(Debug, Default)]
pub(super) enum Plan<'r> {
    /// Nothing.
    #[default]
    Absent,
    /// Google's own object, as the caller wrote it.
    Raw(Raw<'r>),
    Level {
        level: &'static str,
        visible: bool,
    },
    Budget {
        tokens: i64,
        visible: bool,
    },
    /// As much as the model finds right.
    Unsaid {
        visible: bool,
    },
}

impl Plan<'_> {
    /// Writes `thinkingConfig`.
    pub(super) fn write(&self, object: &mut Object<'_, Vec<u8>>) {
        let visible = match self {
            Self::Absent => return,
            Self::Raw(json) => return object.json("thinkingConfig", json),
            Self::Level { visible, .. } | Self::Budget { visible, .. } | Self::Unsaid { visible } => *visible,
        };
        object.object("thinkingConfig", |config| {
            match self {
                Self::Level { level, .. } => config.string("thinkingLevel", level),
                Self::Budget { tokens, .. } => {
                    config.key("thinkingBudget").extend_from_slice(tokens.to_string().as_bytes());
                }
                Self::Absent | Self::Raw(_) | Self::Unsaid { .. } => {}
            }
            config.bool("includeThoughts", visible);
        });
    }

    /// The effort that is asked for, where one is.
    pub(super) fn effort(&self) -> Option<Effort> {
        match self {
            Self::Budget { tokens: 0, .. } => Some(Effort::None),
            Self::Level { level, .. } => Effort::named(level),
            _ => None,
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
    request: &Request<'_>,
    extensions: &Extensions<'r>,
    target: &Target<'_>,
    names: &'static Names,
    report: &mut Report<'_>,
) -> Result<Plan<'r>, ApiError> {
    if let Some(json) = extensions.thinking_config {
        return Ok(Plan::Raw(json));
    }
    let options = &request.reasoning;
    if options.is_absent() {
        return Ok(Plan::Absent);
    }
    let raw = options.anthropic.as_deref();
    let thinking: WireThinking<'_> = raw.and_then(|json| from_str(json.get()).ok()).unwrap_or_default();
    let kind = thinking.kind.as_ref().map(|kind| kind.0.as_ref());
    let effort = options.effort.as_deref();
    let said = match (raw, effort) {
        (Some(_), None) => "thinking",
        (_, Some(_)) => names.effort,
        (None, None) => names.budget,
    };
    if effort == Some("none") || options.enabled == Some(false) || kind == Some("disabled") {
        return off(target, said, report);
    }
    if target.facts.is_some_and(|model| model.reasoning.control == Control::None) {
        report.lost(said)?;
        return Ok(Plan::Absent);
    }
    let visible = options.visible != Some(false);
    let budget = thinking.budget_tokens.map(|count| count.0).or(options.budget_tokens);
    let budgets = takes_budgets(target);
    match (effort.map(|word| Effort::named(word).unwrap_or(Effort::Medium)), budget) {
        (Some(asked), spare) => {
            if spare.is_some() {
                report.lost(if raw.is_some() { "thinking" } else { names.budget })?;
            }
            if budgets == Budgets::Only {
                let (tokens, asked_for) = share(asked);
                Plan::Budget { tokens: within(target, tokens), visible }.named(asked_for, said, report)
            } else {
                let (level, asked_for) = level(asked, target);
                Plan::Level { level, visible }.named(asked_for, said, report)
            }
        }
        (None, Some(budget)) if budgets == Budgets::Never => {
            let asked = match budget {
                ..4_096 => Effort::Low,
                16_384.. => Effort::High,
                _ => Effort::Medium,
            };
            Plan::Level { level: level(asked, target).0, visible }.named(false, said, report)
        }
        (None, Some(budget)) => {
            let asked = i64::try_from(budget).unwrap_or(i64::MAX);
            let tokens = within(target, asked);
            Plan::Budget { tokens, visible }.named(tokens == asked, said, report)
        }
        // Some models of 2.5 do not think unless they are asked to.
        (None, None) if budgets == Budgets::Only => Ok(Plan::Budget { tokens: DYNAMIC, visible }),
        (None, None) => Ok(Plan::Unsaid { visible }),
    }
}

impl<'r> Plan<'r> {
    /// The plan, reported where it is not what was asked for.
    fn named(self, as_asked: bool, said: &'static str, report: &mut Report<'_>) -> Result<Self, ApiError> {
        if !as_asked {
            report.lost(said)?;
        }
        Ok(self)
    }
}

/// Whether a model takes a number of tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Budgets {
    Never,
    /// Instead of a level.
    Too,
    Only,
}

fn takes_budgets(target: &Target<'_>) -> Budgets {
    match target.facts.map(|model| model.reasoning.control) {
        Some(Control::Effort) => Budgets::Never,
        Some(Control::EffortOrBudget) => Budgets::Too,
        Some(_) => Budgets::Only,
        None => match Generation::of(target) {
            Generation::Third => Budgets::Too,
            Generation::Earlier => Budgets::Only,
        },
    }
}

/// The plan where no thinking is wanted. A model that always thinks cannot be asked for that. To
/// Anthropic's clients `disabled` is the default, said aloud: they get the least that there is. For
/// the others the lowest level is another thing, which the caller has to choose.
fn off<'r>(target: &Target<'_>, said: &'static str, report: &mut Report<'_>) -> Result<Plan<'r>, ApiError> {
    let reasoning = target.facts.map(|model| model.reasoning).unwrap_or_default();
    if !reasoning.always {
        let thinks = target.facts.is_none() || reasoning.control != Control::None;
        return Ok(if thinks { Plan::Budget { tokens: 0, visible: false } } else { Plan::Absent });
    }
    let lowest = reasoning.efforts.iter().next().unwrap_or(Effort::Minimal);
    if target.front == Front::Messages || target.on_unsupported == OnUnsupported::Drop {
        report.lost(said)?;
        return Ok(match takes_budgets(target) {
            Budgets::Only => Plan::Budget { tokens: within(target, 1), visible: false },
            _ => Plan::Level { level: lowest.name(), visible: false },
        });
    }
    let message = format!(
        "`{said}` cannot switch the thinking of `{}` off. Its lowest level is `{}`.",
        target.model,
        lowest.name()
    );
    Err(ApiError::invalid(message).with_param(said).with_code("unsupported_value"))
}

/// The level to send, and whether it is the one that was asked for. `minimal` is the word for the
/// lowest, whatever that is.
fn level(asked: Effort, target: &Target<'_>) -> (&'static str, bool) {
    const ALL: Efforts = Efforts::of(&[Effort::Minimal, Effort::Low, Effort::Medium, Effort::High]);
    let known = target.facts.map(|model| model.reasoning.efforts).filter(|efforts| !efforts.is_unknown());
    let near = known.unwrap_or(ALL).nearest(asked).unwrap_or(Effort::Low);
    (near.name(), near == asked || asked == Effort::Minimal)
}

/// A level as a budget, and whether there is one for it.
fn share(asked: Effort) -> (i64, bool) {
    match asked {
        Effort::None | Effort::Minimal | Effort::Low => (1_024, true),
        Effort::Medium => (8_192, true),
        Effort::High => (24_576, true),
        Effort::Xhigh | Effort::Max => (24_576, false),
    }
}

/// A budget that the model takes.
fn within(target: &Target<'_>, tokens: i64) -> i64 {
    let stem = target.model.rsplit('/').next().unwrap_or(target.model);
    let row = BUDGETS.iter().find(|(begins, ..)| stem.starts_with(begins));
    row.map_or(tokens, |(_, least, most)| tokens.clamp(*least, *most))
}
