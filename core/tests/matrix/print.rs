//! The matrix as it stands in `docs/translation.md`.

use std::fmt::Write;

use tollbridge_core::protocol::{Front, Wire};

use crate::scenario::{Cell, FRONTS, Scenario, WIRES};

const BEGIN: &str = "<!-- matrix: begin -->\n";
const END: &str = "<!-- matrix: end -->";

/// The document with the matrix in its place.
pub fn place(document: &str, matrix: &str) -> String {
    let (head, rest) = document.split_once(BEGIN).expect("the beginning of the matrix");
    let (_, tail) = rest.split_once(END).expect("the end of the matrix");
    format!("{head}{BEGIN}\n{matrix}\n{END}{tail}")
}

fn front_name(front: Front) -> &'static str {
    match front {
        Front::Chat => "chat",
        Front::Messages => "Messages",
    }
}

fn wire_name(wire: Wire) -> &'static str {
    match wire {
        Wire::Chat => "chat",
        Wire::Messages => "Anthropic",
        Wire::Gemini => "Gemini",
    }
}

/// One row a scenario, one column a pair of front and wire, and the notes below.
pub fn matrix(scenarios: &[Scenario]) -> String {
    let mut notes: Vec<&'static str> = Vec::new();
    let mut table = String::from("| scenario | form |");
    let pairs: Vec<(Front, Wire)> =
        FRONTS.iter().flat_map(|front| WIRES.map(|wire| (*front, wire))).collect();
    for (front, wire) in &pairs {
        write!(table, " {} → {} |", front_name(*front), wire_name(*wire)).unwrap();
    }
    write!(table, "\n| --- | --- |{}\n", " --- |".repeat(pairs.len())).unwrap();
    for scenario in scenarios {
        write!(table, "| {} | {} |", scenario.name, scenario.forms.name()).unwrap();
        for (front, wire) in &pairs {
            let (word, note) = match scenario.cell_of(*front, *wire) {
                Cell::Same => ("same", None),
                Cell::Mapped { note, .. } => ("mapped", Some(note)),
                Cell::Refused { why, .. } => ("400", Some(why)),
                Cell::Unsaid(why) => ("–", Some(why)),
            };
            match note {
                None => write!(table, " {word} |").unwrap(),
                Some(note) => {
                    let known = notes.iter().position(|other| *other == note);
                    let number = known.unwrap_or_else(|| {
                        notes.push(note);
                        notes.len() - 1
                    });
                    write!(table, " {word} ({}) |", number + 1).unwrap();
                }
            }
        }
        table.push('\n');
    }
    table.push('\n');
    for (number, note) in notes.iter().enumerate() {
        writeln!(table, "{}. {note}", number + 1).unwrap();
    }
    table
}
