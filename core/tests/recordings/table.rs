//! Every answer at every front, field by field: one row a front and wire, whole and streamed.

use std::fmt::Write;

use serde_json::Value;
use tollbridge_core::protocol::{Front, Wire};

use crate::{answers, failures::failures, gemini_answers, recordings, score::Score};

/// The columns: the fields of a reading and their heads, and answers that are errors.
const COLUMNS: [(&str, &str); 14] = [
    ("id", "id"),
    ("model", "model"),
    ("text", "text"),
    ("reasoning", "reasoning"),
    ("opaque", "signatures"),
    ("calls", "tool calls"),
    ("call state", "call state"),
    ("finish", "finish"),
    ("citations", "citations"),
    ("blocks", "blocks"),
    ("usage", "usage"),
    ("logprobs", "logprobs"),
    ("error", "stream error"),
    ("failure", "error status"),
];

/// The answers of a wire, told to callers of a front.
#[derive(Default)]
pub(crate) struct Told {
    pub(crate) whole: Score,
    pub(crate) streamed: Score,
}

type Pair = (Front, Wire, &'static str, fn(&[Value]) -> Told);

const PAIRS: [Pair; 6] = [
    (Front::Chat, Wire::Chat, "openai-chat", answers::chat_in_chat),
    (Front::Chat, Wire::Messages, "anthropic-messages", answers::anthropic_in_chat),
    (Front::Chat, Wire::Gemini, "gemini-generate", gemini_answers::gemini_in_chat),
    (Front::Messages, Wire::Chat, "openai-chat", answers::chat_in_messages),
    (Front::Messages, Wire::Messages, "anthropic-messages", answers::anthropic_in_messages),
    (Front::Messages, Wire::Gemini, "gemini-generate", gemini_answers::gemini_in_messages),
];

#[test]
fn answers_are_told_to_callers_of_every_front() {
    let scores: Vec<(Pair, Option<Told>)> = std::thread::scope(|scope| {
        let told = PAIRS.map(|pair| {
            let (front, wire, file, tell) = pair;
            let tell = move || {
                let records = recordings(file)?;
                let mut told = tell(&records);
                failures(&mut told.whole, front, wire, &records);
                Some(told)
            };
            (pair, scope.spawn(tell))
        });
        told.into_iter().map(|(pair, told)| (pair, told.join().expect("no panic"))).collect()
    });
    if scores.iter().any(|(_, told)| told.is_none()) {
        return;
    }
    let mut table = Table::default();
    let mut wrong = Vec::new();
    for ((front, wire, ..), told) in scores {
        let told = told.expect("recordings");
        for (form, score) in [("whole", told.whole), ("streamed", told.streamed)] {
            let pair = format!("{} from {}, {form}", front.name(), wire.name());
            assert!(score.right > 0, "{pair}: nothing was compared");
            wrong.extend(score.wrong.iter().map(|wrong| format!("{pair}: {wrong}")));
            table.row(pair, &score);
        }
    }
    println!("{table}", table = table.text());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Cells that are as wide as their column wants.
#[derive(Default)]
struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    fn row(&mut self, pair: String, score: &Score) {
        let cell = |(field, _): &(&str, &str)| match score.fields.get(field) {
            Some((right, all)) => format!("{right}/{all}"),
            None => "-".to_owned(),
        };
        self.rows.push([pair].into_iter().chain(COLUMNS.iter().map(cell)).collect());
    }

    fn text(&self) -> String {
        let heads = ["front and wire"].into_iter().chain(COLUMNS.iter().map(|(_, head)| *head));
        let rows: Vec<Vec<String>> =
            [heads.map(str::to_owned).collect()].into_iter().chain(self.rows.iter().cloned()).collect();
        let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..=COLUMNS.len()).map(width).collect();
        let mut text = String::new();
        for row in &rows {
            for (cell, width) in row.iter().zip(&widths) {
                write!(text, "{cell:<width$}  ").expect("a text takes all");
            }
            text.truncate(text.trim_end().len());
            text.push('\n');
        }
        text
    }
}
