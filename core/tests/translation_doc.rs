//! `docs/translation.md` holds the field table as it is in the code. `UPDATE_DOCS=1` writes it there.

use std::fmt::Write;

use tollbridge_core::protocol::{
    Front, Wire,
    fields::{Fate, request_fields},
};

/// The tables of the document: the front, the wire, the heading of the column.
const TABLES: [(Front, Wire, &str); 2] =
    [(Front::Chat, Wire::Messages, "on Anthropic's wire"), (Front::Messages, Wire::Chat, "on the chat wire")];

fn table(front: Front, wire: Wire, heading: &str) -> String {
    let mut table = format!("\n| field | {heading} | |\n| --- | --- | --- |\n");
    for field in request_fields(front) {
        writeln!(table, "| `{}` | {} | {} |", field.name, field.fate(wire).name(), field.note).unwrap();
    }
    table.push('\n');
    table
}

#[test]
fn the_document_holds_the_field_tables() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/translation.md");
    let text = std::fs::read_to_string(path).expect("docs/translation.md");
    let mut expected = text.clone();
    for (front, wire, heading) in TABLES {
        let (begin, end) =
            (format!("<!-- {}: begin -->\n", front.name()), format!("<!-- {}: end -->", front.name()));
        let (head, rest) = expected.split_once(&begin).expect("the beginning of a table");
        let (_, tail) = rest.split_once(&end).expect("the end of a table");
        expected = format!("{head}{begin}{}{end}{tail}", table(front, wire, heading));
    }
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(path, expected).expect("docs/translation.md is written");
    } else {
        assert!(text == expected, "docs/translation.md is out of date: run this test with BLESS=1");
    }
}

#[test]
fn every_field_has_one_row_and_a_reason_where_it_is_lost() {
    for (front, wire, _) in TABLES {
        let fields = request_fields(front);
        for (i, field) in fields.iter().enumerate() {
            assert!(fields[..i].iter().all(|other| other.name != field.name), "{} stands twice", field.name);
            let lost = matches!(field.fate(wire), Fate::Dropped | Fate::Refused);
            assert!(!lost || !field.note.is_empty(), "{} is lost without a reason", field.name);
        }
    }
}
