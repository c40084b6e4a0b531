//! The table of stages, in the order of how soon they tell.

use super::suite::{check, counted};
use super::tally::Tally;
use crate::process::Failure;
use crate::project::Project;
use crate::setup::{cargo_deny, wasm};
use std::process::Command;

pub(crate) struct Stage {
    pub(crate) name: &'static str,
    /// Whether the inner loop, `--fast`, runs it.
    pub(crate) fast: bool,
    pub(crate) run: fn(&Project) -> Result<Tally, Failure>,
}

pub(crate) const STAGES: &[Stage] = &[
    Stage { name: "format", fast: true, run: format },
    Stage { name: "clippy", fast: true, run: clippy },
    Stage { name: "clippy-wasm", fast: false, run: clippy_wasm },
    Stage { name: "unit", fast: true, run: unit },
    Stage { name: "deny", fast: true, run: deny },
];

/// Crates that only make sense as wasm: checked for their own targets.
const WASM_ONLY: [(&str, &str); 2] =
    [("tollbridge-cloudflare", wasm::UNKNOWN), ("tollbridge-spin", wasm::WASIP2)];

fn format(project: &Project) -> Result<Tally, Failure> {
    check(project, "format", cargo(project).args(["fmt", "--all", "--check"]))
}

fn clippy(project: &Project) -> Result<Tally, Failure> {
    let mut clippy = cargo(project);
    clippy.args(["clippy", "--quiet", "--workspace", "--all-targets"]);
    for (name, _) in WASM_ONLY {
        clippy.args(["--exclude", name]);
    }
    check(project, "clippy", clippy.args(["--", "-D", "warnings"]))
}

fn clippy_wasm(project: &Project) -> Result<Tally, Failure> {
    wasm::install(project)?;
    let mut tally = Tally::default();
    for (name, target) in WASM_ONLY {
        let mut clippy = cargo(project);
        clippy.env("PATH", wasm::search_path()).args(["check", "--quiet", "-p", name, "--target", target]);
        clippy.env("RUSTFLAGS", "-Dwarnings");
        tally.add(check(project, name, &mut clippy)?);
    }
    Ok(tally)
}

fn unit(project: &Project) -> Result<Tally, Failure> {
    let mut test = cargo(project);
    test.args(["test", "--quiet", "--workspace", "--no-fail-fast"]);
    for (name, _) in WASM_ONLY {
        test.args(["--exclude", name]);
    }
    counted(&mut test)
}

fn deny(project: &Project) -> Result<Tally, Failure> {
    cargo_deny::install(project)?;
    let mut deny = Command::new(cargo_deny::program(project));
    deny.args(["--workspace", "--locked", "check", "licenses", "sources", "bans"])
        .current_dir(project.root());
    check(project, "deny", &mut deny)
}

fn cargo(project: &Project) -> Command {
    let mut cargo = Command::new("cargo");
    cargo.current_dir(project.root()).env("CARGO_TERM_COLOR", "never");
    cargo
}
