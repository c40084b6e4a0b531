//! The component that `targets/spin/spin.toml` names, and those that go with it.

use crate::process::{Failure, Outcome, context, run_quietly};
use crate::project::Project;
use crate::setup::wasm;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The most that the component may weigh, in bytes: it is what each node loads before the first answer.
const CEILING: u64 = 2_500_000;

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Component {
    Full,
    /// For hosts that have no SQLite (Akamai's): they run no component that asks for it.
    Hosted,
}

/// What is deployed.
pub(crate) fn build(project: &Project, component: Component) -> Result<PathBuf, Failure> {
    let built = compile(project, component, "edge", &[])?;
    let size = fs::metadata(&built).map_err(|error| context(&built.display(), error))?.len();
    if size > CEILING {
        return Err(Failure::new(format!("the Spin component has {size} bytes, and may have {CEILING}")));
    }
    if component == Component::Hosted && asks_for_sqlite(&built)? {
        return Err(Failure::new(format!("{} imports spin:sqlite", built.display())));
    }
    Ok(built)
}

/// The same for tests of what fails: stores refuse when they are told to, and run their suites when asked to.
pub(crate) fn build_faulty(project: &Project, component: Component) -> Result<PathBuf, Failure> {
    compile(project, component, "edge-faults", &["--features=faults"])
}

/// The component of `tests/repro/spin`, which has nothing of the gateway's.
pub(crate) fn build_repro(project: &Project) -> Result<PathBuf, Failure> {
    cargo(project, "edge", &["-p", "tollbridge-repro-spin", "--lib"])?;
    Ok(folder(project, "edge").join("tollbridge_repro_spin_component.wasm"))
}

fn asks_for_sqlite(component: &Path) -> Result<bool, Failure> {
    let bytes = fs::read(component).map_err(|error| context(&component.display(), error))?;
    let import = b"spin:sqlite/sqlite@";
    Ok(bytes.windows(import.len()).any(|place| place == import))
}

fn compile(
    project: &Project,
    component: Component,
    profile: &str,
    more: &[&str],
) -> Result<PathBuf, Failure> {
    let mut args = vec!["-p", "tollbridge-spin"];
    if component == Component::Hosted {
        args.push("--no-default-features");
    }
    cargo(project, profile, &[&args, more].concat())?;
    let built = folder(project, profile).join("tollbridge_spin.wasm");
    match component {
        Component::Full => Ok(built),
        Component::Hosted => named_apart(&built),
    }
}

/// Gives the hosted component a name of its own. It is not copied: the other's name would stand for this one.
fn named_apart(built: &Path) -> Result<PathBuf, Failure> {
    let component = built.with_file_name("tollbridge_spin_hosted.wasm");
    match fs::rename(built, &component) {
        // Another build of it, at the same time, was quicker.
        Err(error) if error.kind() == ErrorKind::NotFound && component.exists() => Ok(component),
        renamed => renamed.map_err(|error| context(&component.display(), error)).map(|()| component),
    }
}

fn folder(project: &Project, profile: &str) -> PathBuf {
    project.target().join(wasm::WASIP2).join(profile)
}

fn cargo(project: &Project, profile: &str, what: &[&str]) -> Outcome {
    wasm::install(project)?;
    let mut cargo = Command::new("cargo");
    cargo
        .args(["build", "--profile", profile, "--target", wasm::WASIP2])
        .args(what)
        .current_dir(project.root())
        .env("PATH", wasm::search_path())
        // The Worker keeps its names for wasm-opt; nothing comes after this.
        .env("CARGO_PROFILE_EDGE_STRIP", "symbols");
    run_quietly(project, &format!("build-spin-{profile}"), &mut cargo)
}
