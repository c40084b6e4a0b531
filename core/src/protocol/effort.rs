//! How much a model is asked to reason, on the chat wire.
//!
//! OpenAI has a word for it, `reasoning_effort`; others have a switch, or both. What is sent follows
//! from three things: what was asked for, what the catalogue knows of the model, and the [`Dial`]
//! that its provider has. The same decision serves bodies that are relayed and those that are
//! translated.

use crate::model::{Control, Effort, Reasoning};

/// How a provider of the chat wire is told to switch reasoning on and off.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Dial {
    /// By `reasoning_effort`, of which `none` is one word.
    #[default]
    Effort,
    /// By `thinking: {"type": "enabled" | "disabled"}`.
    Thinking,
    /// By `enable_thinking: true | false`.
    EnableThinking,
    /// By `reasoning_effort`, which is `none` or `default` for models without levels.
    NoneOrDefault,
    /// By `reasoning_effort`, which is `none` or `high` for every model.
    NoneOrHigh,
}

impl Dial {
    /// The member that says so, and its value in JSON.
    pub(crate) fn switch(self, on: bool) -> (&'static str, &'static str) {
        match (self, on) {
            (Self::Thinking, true) => ("thinking", r#"{"type":"enabled"}"#),
            (Self::Thinking, false) => ("thinking", r#"{"type":"disabled"}"#),
            (Self::EnableThinking, true) => ("enable_thinking", "true"),
            (Self::EnableThinking, false) => ("enable_thinking", "false"),
            (_, false) => ("reasoning_effort", r#""none""#),
            (Self::NoneOrHigh, true) => ("reasoning_effort", r#""high""#),
            (Self::NoneOrDefault | Self::Effort, true) => ("reasoning_effort", r#""default""#),
        }
    }
}

/// What is to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sent {
    /// This word, the nearest that the model has.
    Word(Effort),
    /// The dial's switch.
    Switch {
        /// Where it is put.
        on: bool,
        /// Whether the level that was asked for could not be said.
        lost: bool,
    },
    /// Nothing: the model does not reason, or takes no setting.
    Nothing,
    /// Nothing that would switch it off: the model always reasons. Its lowest level, where it has
    /// levels.
    AlwaysOn(Option<Effort>),
}

/// Decides what is sent to a model of which `known` is known, if anything.
pub(crate) fn sent(dial: Dial, known: Option<Reasoning>, asked: Effort) -> Sent {
    let Some(reasoning) = known else {
        return match dial {
            // A new model has levels more likely than not.
            Dial::Effort | Dial::NoneOrDefault => Sent::Word(asked),
            Dial::Thinking if asked != Effort::None => Sent::Word(asked),
            _ => Sent::Switch { on: asked != Effort::None, lost: loses(dial, asked) },
        };
    };
    let levels = || reasoning.efforts.iter().any(|effort| effort != Effort::None);
    match (reasoning.control, asked) {
        (Control::None, _) => Sent::Nothing,
        (_, Effort::None) if reasoning.always => Sent::AlwaysOn(reasoning.efforts.iter().next()),
        (Control::Effort | Control::EffortOrBudget, Effort::None) if dial != Dial::NoneOrHigh => {
            Sent::Word(asked)
        }
        (_, Effort::None) => Sent::Switch { on: false, lost: false },
        (Control::Fixed | Control::Budget, _) => Sent::Nothing,
        (Control::Switch, _) if dial == Dial::Effort => {
            Sent::Word(reasoning.efforts.nearest(asked).unwrap_or(asked))
        }
        (Control::Switch, _) if !levels() => Sent::Switch { on: true, lost: loses(dial, asked) },
        _ if dial == Dial::NoneOrHigh => Sent::Switch { on: true, lost: loses(dial, asked) },
        _ => Sent::Word(reasoning.efforts.nearest(asked).unwrap_or(asked)),
    }
}

/// Whether a switch leaves a level unsaid.
fn loses(dial: Dial, asked: Effort) -> bool {
    !matches!((dial, asked), (_, Effort::None) | (Dial::NoneOrHigh, Effort::High))
}

#[cfg(test)]
mod tests {
    use super::{
        Dial::{Effort as Words, EnableThinking, NoneOrDefault, NoneOrHigh, Thinking},
        Effort::{High, Low, Max, Medium, Minimal, None as Off},
        *,
    };

    #[test]
    fn what_is_sent_follows_from_the_model_and_the_dial() {
        const ALWAYS: Reasoning = Reasoning::by(Control::Effort, &[Low, High]).always();
        const LEVELS: Reasoning = Reasoning::by(Control::Effort, &[Off, Low, High]);
        const SWITCH: Reasoning = Reasoning::by(Control::Switch, &[Off]);
        const BOTH: Reasoning = Reasoning::by(Control::Switch, &[Off, High, Max]);
        const FIXED: Reasoning = Reasoning::by(Control::Fixed, &[]).always();
        let on = |lost| Sent::Switch { on: true, lost };
        let off = Sent::Switch { on: false, lost: false };
        for (dial, known, asked, expected) in [
            (Words, Some(LEVELS), Off, Sent::Word(Off)),
            (Words, Some(LEVELS), Minimal, Sent::Word(Low)),
            (Words, Some(ALWAYS), Off, Sent::AlwaysOn(Some(Low))),
            (Words, Some(FIXED), Off, Sent::AlwaysOn(None)),
            (Words, Some(FIXED), High, Sent::Nothing),
            (Words, Some(Reasoning::NO), Off, Sent::Nothing),
            (Words, Some(SWITCH), Off, off),
            (Words, Some(SWITCH), High, Sent::Word(High)),
            (Words, None, Minimal, Sent::Word(Minimal)),
            (Thinking, Some(SWITCH), Off, off),
            (Thinking, Some(SWITCH), Medium, on(true)),
            (Thinking, Some(BOTH), Off, off),
            (Thinking, Some(BOTH), Max, Sent::Word(Max)),
            (Thinking, Some(BOTH), Low, Sent::Word(High)),
            (Thinking, Some(ALWAYS), High, Sent::Word(High)),
            (Thinking, None, Off, off),
            (Thinking, None, High, Sent::Word(High)),
            (EnableThinking, None, Low, on(true)),
            (EnableThinking, Some(SWITCH), Off, off),
            (NoneOrDefault, Some(SWITCH), High, on(true)),
            (NoneOrDefault, Some(ALWAYS), High, Sent::Word(High)),
            (NoneOrDefault, None, High, Sent::Word(High)),
            (NoneOrHigh, Some(LEVELS), Low, on(true)),
            (NoneOrHigh, Some(LEVELS), High, on(false)),
            (NoneOrHigh, None, Off, off),
        ] {
            assert_eq!(sent(dial, known, asked), expected, "{dial:?} {known:?} {asked:?}");
        }
    }
}
