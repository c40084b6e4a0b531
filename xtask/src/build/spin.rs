//! The component that `targets/spin/spin.toml` names.

use crate::process::{Failure, run_quietly};
use crate::project::Project;
use crate::setup::wasm;
use std::path::PathBuf;
use std::process::Command;

pub(crate) fn build(project: &Project) -> Result<PathBuf, Failure> {
    wasm::install(project)?;
    let mut cargo = Command::new("cargo");
    cargo
        .args(["build", "--profile", "edge", "-p", "tollbridge-spin", "--target", wasm::WASIP2])
        .current_dir(project.root())
        .env("PATH", wasm::search_path());
    run_quietly(project, "build-spin", &mut cargo)?;
    Ok(project.target().join(wasm::WASIP2).join("edge/tollbridge_spin.wasm"))
}
