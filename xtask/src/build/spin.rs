//! The component that `targets/spin/spin.toml` names.

use crate::process::{Failure, Outcome, context, run_quietly};
use crate::project::Project;
use crate::setup::wasm;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The most that the component may weigh, in bytes: it is what each node loads before the first answer.
const CEILING: u64 = 2_500_000;

/// What is deployed.
pub(crate) fn build(project: &Project) -> Result<PathBuf, Failure> {
    let component = compile(project, "edge", &[])?;
    weigh(&component)?;
    Ok(component)
}

/// The same for hosts that have no SQLite (Akamai's): they run no component that asks for it.
pub(crate) fn build_hosted(project: &Project) -> Result<PathBuf, Failure> {
    let built = compile(project, "edge", &["--no-default-features"])?;
    let component = built.with_file_name("tollbridge_spin_hosted.wasm");
    // Not copied: the other's name would stand for this one.
    fs::rename(&built, &component).map_err(|error| context(&component.display(), error))?;
    weigh(&component)?;
    Ok(component)
}

fn weigh(component: &Path) -> Outcome {
    let size = fs::metadata(component).map_err(|error| context(&component.display(), error))?.len();
    if size > CEILING {
        return Err(Failure::new(format!("the Spin component has {size} bytes, and may have {CEILING}")));
    }
    Ok(())
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
