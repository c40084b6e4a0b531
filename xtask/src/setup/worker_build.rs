//! worker-build and the wasm-bindgen that matches the lock file: they make a Worker of a Rust crate.

use super::crates;
use crate::process::Outcome;
use crate::project::Project;
use std::path::PathBuf;

pub(crate) fn install(project: &Project) -> Outcome {
    // Both must be of the version of the library that they go with.
    crates::install(project, "worker-build", &project.locked_version("worker")?)?;
    crates::install(project, "wasm-bindgen-cli", &project.locked_version("wasm-bindgen")?)
}

pub(crate) fn worker_build(project: &Project) -> PathBuf {
    crates::program(project, "worker-build")
}

pub(crate) fn wasm_bindgen(project: &Project) -> PathBuf {
    crates::program(project, "wasm-bindgen")
}
