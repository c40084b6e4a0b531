//! `docs/translation.md` holds the field tables as they are in the code. `UPDATE_DOCS=1` writes them there.

use std::fmt::Write;

use tollbridge_core::protocol::{
    Front, Wire,
    fields::{Fate, answer_fields, request_fields},
};

const FRONTS: [Front; 2] = [Front::Chat, Front::Messages];

/// The wires that a front's requests are translated to, and the heading of each one's column.
const WIRES: [(Wire, &str); 3] = [
    (Wire::Chat, "on the chat wire"),
    (Wire::Messages, "on Anthropic's wire"),
    (Wire::Gemini, "on Gemini's wire"),
];

/// Each pair of a front and a wire that is not its own.
fn pairs() -> impl Iterator<Item = (Front, Wire, &'static str)> {
    FRONTS.into_iter().flat_map(|front| {
        let foreign = WIRES.into_iter().filter(move |(wire, _)| *wire != front.wire());
        foreign.map(move |(wire, heading)| (front, wire, heading))
    })
}

fn requests(front: Front, wire: Wire, heading: &str) -> String {
    let mut table = format!("\n| field | {heading} | |\n| --- | --- | --- |\n");
    for field in request_fields(front) {
        let said = field.on(wire);
        writeln!(table, "| {} | {} | {} |", paths(field.path, field.also), said.fate.name(), said.note)
            .unwrap();
    }
    table.push('\n');
    table
}

/// What becomes of a wire's answer at the fronts that are not its own.
fn answers(wire: Wire) -> String {
    let fronts: Vec<Front> = FRONTS.into_iter().filter(|front| front.wire() != wire).collect();
    let mut table = String::from("\n| field |");
    for front in &fronts {
        write!(table, " at the {} front | |", front.name()).unwrap();
    }
    write!(table, "\n| --- |{}\n", " --- | --- |".repeat(fronts.len())).unwrap();
    for field in answer_fields(wire) {
        write!(table, "| {} |", paths(field.path, field.also)).unwrap();
        for front in &fronts {
            let said = field.at(*front);
            write!(table, " {} | {} |", said.fate.name(), said.note).unwrap();
        }
        table.push('\n');
    }
    table.push('\n');
    table
}

fn paths(path: &str, also: &[&str]) -> String {
    let paths: Vec<String> = [path].iter().chain(also).map(|path| format!("`{path}`")).collect();
    paths.join(", ")
}

/// Puts `table` between the marks of `name`.
fn replace(text: &str, name: &str, table: &str) -> String {
    let (begin, end) = (format!("<!-- {name}: begin -->\n"), format!("<!-- {name}: end -->"));
    let (head, rest) = text.split_once(&begin).unwrap_or_else(|| panic!("no beginning of {name}"));
    let (_, tail) = rest.split_once(&end).unwrap_or_else(|| panic!("no end of {name}"));
    format!("{head}{begin}{table}{end}{tail}")
}

#[test]
fn the_document_holds_the_field_tables() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/translation.md");
    let text = std::fs::read_to_string(path).expect("docs/translation.md");
    let mut expected = text.clone();
    for (front, wire, heading) in pairs() {
        let name = format!("requests from {} to {}", front.name(), wire.name());
        expected = replace(&expected, &name, &requests(front, wire, heading));
    }
    for (wire, _) in WIRES {
        expected = replace(&expected, &format!("answers of {}", wire.name()), &answers(wire));
    }
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path, expected).expect("docs/translation.md is written");
    } else {
        assert!(text == expected, "docs/translation.md is out of date: run this test with UPDATE_DOCS=1");
    }
}

#[test]
fn every_field_has_one_row_and_a_reason_where_it_is_lost() {
    for (front, wire, _) in pairs() {
        let fields = request_fields(front);
        for (i, field) in fields.iter().enumerate() {
            assert!(
                fields[..i].iter().all(|other| other.name() != field.name()),
                "{} stands twice",
                field.path
            );
            let said = field.on(wire);
            let lost = matches!(said.fate, Fate::Dropped | Fate::Refused);
            assert!(!lost || !said.note.is_empty(), "{} is lost without a reason", field.path);
        }
    }
}
