//! The workspace's programs for this machine.

use crate::process::{Failure, Outcome, run_quietly};
use crate::project::Project;
use std::env;
use std::process::Command;

/// Crates that are built for wasm only.
pub(crate) const WASM_ONLY: [&str; 2] = ["tollbridge-cloudflare", "tollbridge-spin"];

/// Says to the programs started below that everything is built. Building a crate alone would build its
/// dependencies again where the whole workspace wants more features of them.
pub(crate) const ALL_BUILT: &str = "XTASK_ALL_BUILT";

/// Programs whose stores can be made to fail: the builds of the tests have the feature, and those that ship
/// refuse it. Every build here is with it, as one without would be a second one.
pub(crate) const FAULTS: [&str; 2] = ["tollbridge", "tollbridge-lambda"];

/// The arguments that turn it on for a command over the whole workspace.
pub(crate) fn features() -> Vec<String> {
    FAULTS.iter().map(|name| format!("--features={name}/faults")).collect()
}

/// Everything that the tests run, in one go.
pub(crate) fn build_all(project: &Project) -> Outcome {
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--workspace", "--bins", "--tests"]).args(features());
    cargo.current_dir(project.root());
    for name in WASM_ONLY {
        cargo.args(["--exclude", name]);
    }
    run_quietly(project, "build", &mut cargo)
}

/// One program, for tests. All are built, since another stage would do that with other features.
pub(crate) fn tested(project: &Project, package: &str) -> Result<Command, Failure> {
    build_all(project)?;
    Ok(built(project, package))
}

/// One program, for a person who serves with it.
pub(crate) fn program(project: &Project, package: &str) -> Result<Command, Failure> {
    if env::var_os(ALL_BUILT).is_none() {
        let mut cargo = Command::new("cargo");
        cargo.args(["build", "-p", package]).current_dir(project.root());
        if FAULTS.contains(&package) {
            cargo.arg("--features=faults");
        }
        run_quietly(project, &format!("build-{package}"), &mut cargo)?;
    }
    Ok(built(project, package))
}

/// Each package's program has its name.
fn built(project: &Project, package: &str) -> Command {
    let mut command = Command::new(project.target().join("debug").join(package));
    command.current_dir(project.root());
    command
}
