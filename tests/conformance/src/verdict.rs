//! How a case ends, and the checks that end it.

use std::fmt;

/// Why a case did not pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unmet {
    /// The gateway did something else.
    Failed(String),
    /// The case cannot be run here.
    Skipped(String),
}

impl Unmet {
    /// One word for it.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Unmet::Failed(_) => "failed",
            Unmet::Skipped(_) => "skipped",
        }
    }
}

impl fmt::Display for Unmet {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unmet::Failed(text) | Unmet::Skipped(text) => out.write_str(text),
        }
    }
}

/// What a case, or a step of it, comes to.
pub(crate) type Verdict<T = ()> = Result<T, Unmet>;

/// Ends the case: it failed.
pub(crate) fn fail<T>(text: impl Into<String>) -> Verdict<T> {
    Err(Unmet::Failed(text.into()))
}

/// Ends the case: it cannot be run here.
pub(crate) fn skip<T>(text: impl Into<String>) -> Verdict<T> {
    Err(Unmet::Skipped(text.into()))
}

/// Fails unless `holds`.
pub(crate) fn check(holds: bool, otherwise: impl FnOnce() -> String) -> Verdict {
    if holds { Ok(()) } else { fail(otherwise()) }
}

/// Fails unless both are equal.
pub(crate) fn same<A: fmt::Debug + PartialEq<B>, B: fmt::Debug>(
    what: &str,
    found: A,
    expected: B,
) -> Verdict {
    check(found == expected, || format!("{what}: expected {expected:?}, found {found:?}"))
}

/// Fails unless `text` holds `part`.
pub(crate) fn holds(what: &str, text: &str, part: &str) -> Verdict {
    check(text.contains(part), || format!("{what}: expected to hold {part:?}, found {text:?}"))
}
