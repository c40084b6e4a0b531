//! `docs/translation.md` holds the field table as it is in the code. `UPDATE_DOCS=1` writes it there.

use std::fmt::Write;

use tollbridge_core::protocol::{
    Front, Wire,
    fields::{Fate, request_fields},
};

const BEGIN: &str = "<!-- fields: begin -->\n";
const END: &str = "<!-- fields: end -->";

fn table() -> String {
    let mut table = String::from("\n| field | on Anthropic's wire | |\n| --- | --- | --- |\n");
    for field in request_fields(Front::Chat) {
        let fate = field.fate(Wire::Messages);
        writeln!(table, "| `{}` | {} | {} |", field.name, fate.name(), field.note).unwrap();
    }
    table.push('\n');
    table
}

#[test]
fn the_document_holds_the_field_table() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/translation.md");
    let text = std::fs::read_to_string(path).expect("docs/translation.md");
    let (head, rest) = text.split_once(BEGIN).expect("the beginning of the table");
    let (_, tail) = rest.split_once(END).expect("the end of the table");
    let expected = format!("{head}{BEGIN}{}{END}{tail}", table());
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path, expected).expect("docs/translation.md is written");
    } else {
        assert!(text == expected, "docs/translation.md is out of date: run this test with UPDATE_DOCS=1");
    }
}

#[test]
fn every_field_has_one_row_and_a_reason_where_it_is_lost() {
    let fields = request_fields(Front::Chat);
    for (i, field) in fields.iter().enumerate() {
        assert!(fields[..i].iter().all(|other| other.name != field.name), "{} stands twice", field.name);
        let lost = matches!(field.fate(Wire::Messages), Fate::Dropped | Fate::Refused);
        assert!(!lost || !field.note.is_empty(), "{} is lost without a reason", field.name);
    }
}
