//! Rust for Lambda's arm64 processors.

use super::rust_std;
use crate::process::Outcome;
use crate::project::Project;
use std::ffi::{OsStr, OsString};

const TARGETS: [&str; 1] = ["aarch64-unknown-linux-gnu"];

pub(crate) fn install(project: &Project) -> Outcome {
    rust_std::install(project, &TARGETS, &[], |_, _| Ok(()))
}

/// The search path with which cargo finds a compiler that knows the target.
pub(crate) fn search_path(path: &OsStr) -> OsString {
    rust_std::search_path(&TARGETS, path)
}
