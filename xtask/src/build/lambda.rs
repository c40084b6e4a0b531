//! The `bootstrap` that `template.yaml` names, by the command that `sam build` runs.

use crate::process::{Failure, Outcome, context, run_quietly};
use crate::project::Project;
use crate::setup::cargo_lambda;
use std::env;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The processors that Lambda has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Architecture {
    Arm64,
    X86_64,
}

impl Architecture {
    /// Its name in `template.yaml`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Arm64 => "arm64",
            Self::X86_64 => "x86_64",
        }
    }

    /// Whether a program is for it. The number of a program's processor stands in the header of its file (ELF,
    /// `e_machine`).
    pub(crate) fn check(self, program: &Path) -> Outcome {
        let number = match self {
            Self::Arm64 => 183_u16,
            Self::X86_64 => 62,
        };
        let mut header = [0; 20];
        File::open(program)
            .and_then(|mut file| file.read_exact(&mut header))
            .map_err(|error| context(&program.display(), error))?;
        if header.starts_with(b"\x7fELF") && header.ends_with(&number.to_le_bytes()) {
            return Ok(());
        }
        Err(Failure::new(format!("{} is not a program for {}", program.display(), self.name())))
    }

    /// The one whose programs this machine runs.
    pub(crate) fn of_this_machine() -> Result<Self, Failure> {
        match env::consts::ARCH {
            "aarch64" => Ok(Self::Arm64),
            "x86_64" => Ok(Self::X86_64),
            other => Err(Failure::new(format!("Lambda has no {other} processors"))),
        }
    }
}

/// Builds it for this machine's processor.
pub(crate) fn build(project: &Project) -> Result<PathBuf, Failure> {
    cargo_lambda::install(project)?;
    let bootstrap = project.target().join("lambda/tollbridge-lambda/bootstrap");
    let mut build = Command::new(cargo_lambda::program(project));
    build.args(["lambda", "build", "--release", "--bin", "tollbridge-lambda"]);
    if Architecture::of_this_machine()? == Architecture::Arm64 {
        build.arg("--arm64");
    }
    build.current_dir(project.root().join("targets/lambda")).env("PATH", cargo_lambda::search_path(project));
    run_quietly(project, "build-lambda", &mut build)?;
    Ok(bootstrap)
}
