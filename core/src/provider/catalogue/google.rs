//! Google's models. Source: the pages "Gemini models", "Gemini thinking" and "Gemini 3 developer
//! guide" of the Gemini API's documentation.

use crate::model::{
    Control,
    Effort::{High, Low, Medium, Minimal, None as Off},
    Model,
    Param::{FrequencyPenalty, PresencePenalty, Temperature, TopK, TopP},
    Params, Reasoning,
};

/// Since 2.5: "Penalty is not enabled for this model".
const PENALTIES: Params = Params::of(&[PresencePenalty, FrequencyPenalty]);
/// The newer flash models refuse the other sampling parameters too.
const SAMPLING: Params = PENALTIES.and(Params::of(&[Temperature, TopP, TopK]));

const BUDGET: Reasoning = Reasoning::by(Control::Budget, &[Off]);
/// Its budget begins at 128: it always thinks.
const PRO_2_5: Reasoning = Reasoning::by(Control::Budget, &[]).always();
/// `thinkingLevel`; a budget is taken too, but not beside it.
const LEVELS: Reasoning = Reasoning::by(Control::EffortOrBudget, &[Low, Medium, High]).always();
const FLASH: Reasoning = Reasoning::by(Control::EffortOrBudget, &[Minimal, Low, Medium, High]).always();

const fn model(id: &'static str, reasoning: Reasoning) -> Model {
    Model::new("gemini", id, Some(1_048_576), Some(65_536)).refuses(PENALTIES).reasons(reasoning)
}

/// Sorted by id.
pub(super) static MODELS: &[Model] = &[
    model("gemini-2.5-flash", BUDGET),
    model("gemini-2.5-flash-lite", BUDGET),
    model("gemini-2.5-pro", PRO_2_5),
    model("gemini-3-flash", FLASH),
    model("gemini-3-pro", LEVELS),
    model("gemini-3.1-flash-lite", FLASH),
    model("gemini-3.1-pro", LEVELS),
    model("gemini-3.5-flash", FLASH),
    model("gemini-3.5-flash-lite", FLASH).refuses(SAMPLING),
    model("gemini-3.6-flash", FLASH).refuses(SAMPLING),
    model("gemini-3.7-flash", LEVELS).refuses(SAMPLING),
    model("gemini-3.8-flash", LEVELS).refuses(SAMPLING),
    Model::new("gemini", "gemini-4-argon", Some(1_048_576), Some(1_048_576)).reasons(LEVELS),
    model("gemini-flash-latest", LEVELS),
    model("gemini-flash-lite-latest", FLASH),
    model("gemini-pro-latest", LEVELS),
];
