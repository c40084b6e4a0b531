//! The scenario matrix: what people ask, from every front to every wire, whole and streamed.
//!
//! Each row is data ([`scenario`]): the caller's request in the words of each front, the answer as
//! a provider of each wire really sends it ([`provider`]), what must be found in the request that
//! goes upstream ([`sent`], and [`laws`] that hold for all), and what the caller must read back ([`read`]). None of these know the
//! gateway's encoders and decoders. [`run`] sends them through the whole gateway, streams in pieces
//! of one byte, of seven, of one event and all at once, and holds every cell to what the table says
//! of it. The table stands in `docs/translation.md`; `UPDATE_DOCS=1` writes it there, and
//! `SCENARIO=text` runs the scenarios with that text in their names.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]
#![allow(clippy::arc_with_non_send_sync, reason = "the simulated platform is not `Send` on purpose")]
#![allow(unreachable_pub, reason = "a test binary has no outside")]

mod any;
mod cases;
mod laws;
mod print;
mod provider;
mod read;
mod run;
mod scenario;
mod sent;
#[allow(dead_code, reason = "the tests of the gateway use all of it")]
#[path = "../gateway/sim.rs"]
mod sim;

use scenario::{FRONTS, WIRES};

#[test]
fn every_cell_is_what_the_table_says() {
    let only = std::env::var("SCENARIO").unwrap_or_default();
    std::panic::set_hook(Box::new(|_| {}));
    let mut failures = Vec::new();
    for scenario in cases::all().iter().filter(|scenario| scenario.name.contains(&only)) {
        for front in FRONTS {
            for wire in WIRES {
                failures.extend(run::run(scenario, front, wire));
            }
        }
    }
    drop(std::panic::take_hook());
    assert!(failures.is_empty(), "{} failures:\n\n{}", failures.len(), failures.join("\n\n"));
}

#[test]
fn every_scenario_has_a_name_of_its_own() {
    let scenarios = cases::all();
    for (i, scenario) in scenarios.iter().enumerate() {
        assert!(
            scenarios[..i].iter().all(|other| other.name != scenario.name),
            "{} stands twice",
            scenario.name
        );
    }
}

#[test]
fn the_document_holds_the_matrix() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/translation.md");
    let document = std::fs::read_to_string(path).expect("docs/translation.md");
    let expected = print::place(&document, &print::matrix(&cases::all()));
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path, expected).expect("docs/translation.md is written");
    } else {
        assert!(document == expected, "docs/translation.md is out of date: run this test with UPDATE_DOCS=1");
    }
}
