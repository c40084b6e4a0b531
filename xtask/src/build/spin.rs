//! The component that `targets/spin/spin.toml` names.

use crate::process::{Failure, context, run_quietly};
use crate::project::Project;
use crate::setup::wasm;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// The most that the component may weigh, in bytes: it is what each node loads before the first answer.
const CEILING: u64 = 2_500_000;

/// What is deployed.
pub(crate) fn build(project: &Project) -> Result<PathBuf, Failure> {
    let component = compile(project, "edge", &[])?;
    let size = fs::metadata(&component).map_err(|error| context(&component.display(), error))?.len();
    if size > CEILING {
        return Err(Failure::new(format!("the Spin component has {size} bytes, and may have {CEILING}")));
    }
    Ok(component)
}

/// The same for tests of what fails: stores refuse when they are told to, and run their suites when asked to.
pub(crate) fn build_faulty(project: &Project) -> Result<PathBuf, Failure> {
    compile(project, "edge-faults", &["--features=faults"])
}

fn compile(project: &Project, profile: &str, more: &[&str]) -> Result<PathBuf, Failure> {
    wasm::install(project)?;
    let mut cargo = Command::new("cargo");
    cargo
        .args(["build", "--profile", profile, "-p", "tollbridge-spin", "--target", wasm::WASIP2])
        .args(more)
        .current_dir(project.root())
        .env("PATH", wasm::search_path())
        // The Worker keeps its names for wasm-opt; nothing comes after this.
        .env("CARGO_PROFILE_EDGE_STRIP", "symbols");
    run_quietly(project, &format!("build-spin-{profile}"), &mut cargo)?;
    Ok(project.target().join(wasm::WASIP2).join(profile).join("tollbridge_spin.wasm"))
}
