//! What a case asks of a platform beyond what all of them can do, and which platform cannot.
//!
//! Every case runs on every target, unless it [needs](crate::case::Case::needs) an ability that a row of
//! [`LACKS`] takes from that target. The rows are all there is: a case that fails has no other way out. A row
//! is either a matter of what the platform is, or a limit of it, documented by its maker or shown by a test that
//! fails once the limit is gone. `docs/targets.md` has the same table.

/// An ability that some target lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ability {
    /// The gateway is a program that a person starts: command line, environment, signals, files.
    Program,
    /// Stores are bindings that may be missing.
    Bindings,
    /// There is a database: a ledger to ask, and counts that instances share.
    Database,
    /// The host ends a request by force after 30 s.
    EndsByForce,
    /// The gateway serves HTTP/1.x itself, and so decides what becomes of a connection.
    Connections,
    /// The gateway is told of a caller who leaves before there is a head.
    DepartureBeforeHead,
    /// A request body may have more than 6 MB.
    LargeBodies,
    /// A connection that is not accepted is given up after the time that is set for it.
    ConnectTimeout,
    /// A request body that is not text arrives as it was sent.
    RawBodies,
    /// No other answers a browser's questions about origins.
    Origins,
}

/// Why a target lacks an ability.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// It is what the platform is for: such cases are no part of this target's suite.
    Nature,
    /// The platform's maker says so.
    Documented,
    /// A test on the platform's own runtime shows it.
    Shown(&'static str),
}

/// A target that lacks an ability.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lack {
    /// The target.
    pub(crate) target: &'static str,
    /// What it lacks.
    pub(crate) ability: Ability,
    /// On what grounds.
    pub(crate) why: Why,
    /// What the platform does, in one sentence.
    pub(crate) reason: &'static str,
}

const fn lack(target: &'static str, ability: Ability, why: Why, reason: &'static str) -> Lack {
    Lack { target, ability, why, reason }
}

const LONG: &str = "nothing ends an answer in its first minutes";

const UNTOLD: &str = "wasmtime's HTTP handler, which is Spin's, has no way yet to cancel a request before its head \
                      (wasmtime 11833): the component ends its work and settles it";

/// All exceptions.
pub(crate) const LACKS: &[Lack] = &[
    lack("native", Ability::Bindings, Why::Nature, "its stores are part of it"),
    lack("cloudflare", Ability::Program, Why::Nature, "the platform starts the gateway"),
    lack("lambda", Ability::Program, Why::Nature, "the platform starts the gateway"),
    lack("spin", Ability::Program, Why::Nature, "the platform starts the gateway"),
    lack("spin-hosted", Ability::Program, Why::Nature, "the platform starts the gateway"),
    lack("native", Ability::EndsByForce, Why::Nature, LONG),
    lack("cloudflare", Ability::EndsByForce, Why::Nature, LONG),
    lack("lambda", Ability::EndsByForce, Why::Nature, LONG),
    lack("spin", Ability::EndsByForce, Why::Nature, LONG),
    lack(
        "cloudflare",
        Ability::Connections,
        Why::Shown("tests/workerd/repros/repros.mjs"),
        "workerd's own server, which the tests meet, does not answer `Expect`, ends HTTP/1.0 with a chunk, and \
         takes a length beside chunks; in production Cloudflare's network is what speaks to callers",
    ),
    lack(
        "cloudflare",
        Ability::ConnectTimeout,
        Why::Documented,
        "`fetch` has no limit on connecting; the limit on the first byte holds",
    ),
    lack(
        "lambda",
        Ability::DepartureBeforeHead,
        Why::Documented,
        "a function is not told that its caller has left, or late; it ends its work and settles it",
    ),
    lack("lambda", Ability::LargeBodies, Why::Documented, "an invocation's request has at most 6 MB"),
    lack(
        "lambda",
        Ability::RawBodies,
        Why::Shown("tests/repro/lambda/front.py"),
        "cargo-lambda's front answers 500 to a body that is not UTF-8 and asks no function; AWS hands it over \
         in base64",
    ),
    lack(
        "lambda",
        Ability::Origins,
        Why::Shown("tests/repro/lambda/front.py"),
        "cargo-lambda's front adds headers of its own that allow every origin; a Function URL adds none unless \
         told to",
    ),
    lack("spin", Ability::DepartureBeforeHead, Why::Shown("tests/repro/spin/src/main.rs"), UNTOLD),
    lack("spin-hosted", Ability::DepartureBeforeHead, Why::Shown("tests/repro/spin/src/main.rs"), UNTOLD),
    lack(
        "spin-hosted",
        Ability::Database,
        Why::Documented,
        "Akamai's Spin has no SQLite: the log is the ledger, and each instance counts for itself",
    ),
];

/// The row that takes an ability from a target, if one does.
pub(crate) fn lacking(target: &str, abilities: &[Ability]) -> Option<&'static Lack> {
    LACKS.iter().find(|lack| lack.target == target && abilities.contains(&lack.ability))
}

#[cfg(test)]
mod tests {
    use std::{fmt::Write as _, fs, path::Path};

    use super::*;
    use crate::cases;

    const BEGIN: &str = "<!-- exceptions: written by the test of tests/conformance -->\n";
    const END: &str = "<!-- end of exceptions -->\n";

    fn root() -> &'static Path {
        Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
    }

    /// How many cases need an ability that the target lacks.
    fn cases_without(lack: &Lack) -> usize {
        let first = |case: &&crate::case::Case| {
            lacking(lack.target, case.abilities()).is_some_and(|found| found.ability == lack.ability)
        };
        cases::all().iter().filter(first).count()
    }

    fn table() -> String {
        let mut table = String::from("| target | cases | what it does | on what grounds |\n");
        table.push_str("| --- | --- | --- | --- |\n");
        for lack in LACKS {
            let why = match lack.why {
                Why::Nature => "what the platform is".to_owned(),
                Why::Documented => "its documentation".to_owned(),
                Why::Shown(path) => format!("[{path}](../{path})"),
            };
            let cases = cases_without(lack);
            writeln!(table, "| {} | {cases} | {} | {why} |", lack.target, lack.reason).expect("a string");
        }
        table
    }

    #[test]
    fn the_page_of_the_targets_has_the_table() {
        let path = root().join("docs/targets.md");
        let page = fs::read_to_string(&path).expect("docs/targets.md");
        let (before, rest) = page.split_once(BEGIN).expect("the table's beginning");
        let (_, after) = rest.split_once(END).expect("the table's end");
        let expected = format!("{before}{BEGIN}\n{}\n{END}{after}", table());
        if std::env::var_os("UPDATE_DOCS").is_some() {
            fs::write(&path, expected).expect("docs/targets.md is written");
        } else {
            assert!(page == expected, "docs/targets.md is out of date: run this test with UPDATE_DOCS=1");
        }
    }

    #[test]
    fn every_row_excuses_a_case_and_stands_once() {
        for (index, lack) in LACKS.iter().enumerate() {
            assert!(cases_without(lack) > 0, "{lack:?} excuses nothing");
            let twice = LACKS[..index]
                .iter()
                .any(|other| (other.target, other.ability) == (lack.target, lack.ability));
            assert!(!twice, "{lack:?} stands twice");
        }
    }

    #[test]
    fn what_is_shown_is_there() {
        for lack in LACKS {
            if let Why::Shown(path) = lack.why {
                assert!(root().join(path).is_file(), "{path} is missing");
            }
        }
    }

    /// Each target runs enough for its word to count.
    #[test]
    fn few_cases_are_excused() {
        for target in ["native", "cloudflare", "lambda", "spin"] {
            let all = cases::all();
            let excused = all.iter().filter(|case| lacking(target, case.abilities()).is_some()).count();
            assert!(excused * 10 < all.len(), "{excused} of {} cases are excused on {target}", all.len());
        }
    }
}
