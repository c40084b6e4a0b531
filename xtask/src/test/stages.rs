//! The table of stages, in the order of how soon they tell.

use super::lambda;
use super::suite::{check, counted};
use super::tally::Tally;
use super::workerd;
use crate::build::host::{self, WASM_ONLY};
use crate::build::spin;
use crate::conformance;
use crate::process::{Failure, context};
use crate::project::Project;
use crate::setup::{cargo_deny, cargo_lambda, sdk};
use crate::target::Target;
use std::env;
use std::path::PathBuf;
use std::process::Command;

pub(crate) struct Stage {
    pub(crate) name: &'static str,
    /// Whether the inner loop, `--fast`, runs it.
    pub(crate) fast: bool,
    pub(crate) run: fn(&Project) -> Result<Tally, Failure>,
}

pub(crate) const STAGES: &[Stage] = &[
    Stage { name: "format", fast: true, run: format },
    Stage { name: "deny", fast: true, run: deny },
    Stage { name: "build", fast: true, run: build },
    Stage { name: "unit", fast: true, run: unit },
    Stage { name: "conformance", fast: true, run: |project| conformance::run(project, Target::Native, &[]) },
    Stage { name: "clippy", fast: true, run: clippy },
    Stage { name: "manifest", fast: true, run: manifest },
    Stage {
        name: "cloudflare",
        fast: false,
        run: |project| conformance::run(project, Target::Cloudflare, &[]),
    },
    Stage { name: "lambda", fast: false, run: |project| conformance::run(project, Target::Lambda, &[]) },
    Stage { name: "spin", fast: false, run: |project| conformance::run(project, Target::Spin, &[]) },
    Stage {
        name: "spin-hosted",
        fast: false,
        run: |project| conformance::run(project, Target::SpinHosted, HOSTED),
    },
    Stage { name: "matrix", fast: false, run: conformance::matrix },
    Stage { name: "repro", fast: false, run: repro },
    Stage { name: "smoke", fast: true, run: smoke },
    Stage { name: "workerd", fast: false, run: workerd::cases },
    Stage { name: "wrangler", fast: false, run: workerd::deploy },
    Stage { name: "lambda-stores", fast: false, run: lambda::stores },
    Stage { name: "template", fast: false, run: lambda::package },
    Stage { name: "sdk", fast: false, run: |project| sdk(project, Target::Native) },
    Stage { name: "sdk-cloudflare", fast: false, run: |project| sdk(project, Target::Cloudflare) },
    Stage { name: "sdk-lambda", fast: false, run: |project| sdk(project, Target::Lambda) },
    Stage { name: "sdk-spin", fast: false, run: |project| sdk(project, Target::Spin) },
    Stage { name: "sdk-fields", fast: false, run: sdk_fields },
];

/// What the component without SQLite is asked: what its host lacks, and a part of the rest, which is the same code
/// as the other's.
const HOSTED: &[&str] = &["hosted: ", "skeleton: ", "relay: ", "replies: ", "stores: without"];

fn format(project: &Project) -> Result<Tally, Failure> {
    check(project, "format", cargo(project).args(["fmt", "--all", "--check"]))
}

fn deny(project: &Project) -> Result<Tally, Failure> {
    cargo_deny::install(project)?;
    let mut deny = Command::new(cargo_deny::program(project));
    deny.args(["--workspace", "--locked", "check", "licenses", "sources", "bans"])
        .current_dir(project.root());
    check(project, "deny", &mut deny)
}

fn build(project: &Project) -> Result<Tally, Failure> {
    host::build_all(project).map(|()| Tally::success())
}

fn unit(project: &Project) -> Result<Tally, Failure> {
    let mut test = cargo(project);
    test.args(["test", "--quiet", "--workspace", "--no-fail-fast", "--bins", "--lib", "--tests"]);
    test.args(host::features());
    for name in WASM_ONLY {
        test.args(["--exclude", name]);
    }
    counted(&mut test)
}

fn clippy(project: &Project) -> Result<Tally, Failure> {
    let mut clippy = cargo(project);
    clippy.args(["clippy", "--quiet", "--workspace", "--all-targets", "--", "-D", "warnings"]);
    let mut tally = check(project, "clippy", &mut clippy)?;
    // The component for hosts without SQLite is other code.
    let mut hosted = cargo(project);
    hosted.args([
        "clippy",
        "--quiet",
        "-p",
        "tollbridge-spin",
        "--no-default-features",
        "--",
        "-D",
        "warnings",
    ]);
    tally.add(check(project, "clippy-spin-hosted", &mut hosted)?);
    Ok(tally)
}

/// Whether the manifest that `spin up` reads is the one that the default configuration makes.
fn manifest(project: &Project) -> Result<Tally, Failure> {
    let mut manifest = Command::new(this_program()?);
    check(project, "manifest", manifest.args(["spin-manifest", "--check"]).current_dir(project.root()))
}

/// What the suite's exceptions rest on: programs of the platforms' own tools, which fail once the platform can do
/// what it could not.
fn repro(project: &Project) -> Result<Tally, Failure> {
    cargo_lambda::install(project)?;
    let mut front = Command::new("python3");
    front.arg("tests/repro/lambda/front.py").arg(cargo_lambda::program(project)).current_dir(project.root());
    let mut tally = counted(&mut front)?;
    let component = spin::build_repro(project)?;
    tally.add(counted(host::tested(project, "tollbridge-repro-spin")?.arg(component))?);
    Ok(tally)
}

/// `cargo xtask smoke` against native, before the stand-in for providers.
fn smoke(project: &Project) -> Result<Tally, Failure> {
    let xtask = this_program()?;
    let mut tally = Tally::default();
    for model in ["openai/ok.n-3", "anthropic/ok.n-3"] {
        let mut around = conformance::suite(project)?;
        around.args(["--target", "native", "--around"]).arg(&xtask).args(["smoke", "--model", model]);
        tally.add(counted(&mut around)?);
    }
    Ok(tally)
}

/// The official client libraries against a target, and `cargo xtask smoke` beside them.
fn sdk(project: &Project, target: Target) -> Result<Tally, Failure> {
    sdk::install(project)?;
    let all = r#""$0" tests/sdk/python/run.py; python=$?
        node tests/sdk/node/run.mjs; node=$?
        "$1" smoke --model openai/ok.n-3 && exit $((python + node))"#;
    let mut around = conformance::suite(project)?;
    around.args(["--target", target.name(), "--around", "sh", "-c", all]).arg(sdk::python(project));
    counted(around.arg(this_program()?))
}

/// The field tables against the libraries' own types.
fn sdk_fields(project: &Project) -> Result<Tally, Failure> {
    sdk::install(project)?;
    let mut fields = Command::new(sdk::python(project));
    counted(fields.arg("tests/sdk/python/fields.py").current_dir(project.root()))
}

fn this_program() -> Result<PathBuf, Failure> {
    env::current_exe().map_err(|error| context(&"the running xtask", error))
}

fn cargo(project: &Project) -> Command {
    let mut cargo = Command::new("cargo");
    cargo.current_dir(project.root()).env("CARGO_TERM_COLOR", "never");
    cargo
}
