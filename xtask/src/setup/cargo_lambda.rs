//! cargo-lambda, which runs a function as AWS Lambda would, and builds what is deployed there.

use super::python;
use crate::process::Outcome;
use crate::project::Project;
use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The project's own wheel; it brings the zig that cross builds link with.
const WHEEL: &str = "cargo-lambda==1.9.2";

pub(crate) fn install(project: &Project) -> Outcome {
    python::install(project, "cargo-lambda", WHEEL)
}

pub(crate) fn program(project: &Project) -> PathBuf {
    python::program(project, "cargo-lambda", "cargo-lambda")
}

/// The search path with which cargo finds it, and it finds its zig.
pub(crate) fn search_path(project: &Project) -> OsString {
    let path = env::var_os("PATH").unwrap_or_default();
    let own = program(project).parent().map(Path::to_owned);
    env::join_paths(own.into_iter().chain(env::split_paths(&path))).unwrap_or(path)
}
