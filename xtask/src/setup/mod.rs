//! Installing what a fresh machine lacks.
//!
//! Each tool is a row: a name and a function that is cheap when there is nothing to do. The function leaves a
//! stamp under `target/tools` that holds what it was made from, a version or a lock file, and does its work
//! again only when that changes. The usual public way comes first; where a machine reaches package registries
//! only, what they carry stands in for release downloads.

pub(crate) mod cargo_deny;
pub(crate) mod cargo_lambda;
pub(crate) mod cfn_lint;
mod crates;
pub(crate) mod debian;
pub(crate) mod dynamodb_local;
pub(crate) mod moto;
mod python;
pub(crate) mod rust_arm64;
mod rust_std;
pub(crate) mod sam;
pub(crate) mod sdk;
mod stamp;
pub(crate) mod wasm;
pub(crate) mod worker_build;
pub(crate) mod wrangler;

use crate::process::{Failure, Outcome};
use crate::project::Project;

struct Tool {
    name: &'static str,
    install: fn(&Project) -> Outcome,
}

const TOOLS: [Tool; 11] = [
    Tool { name: "wasm", install: wasm::install },
    Tool { name: "wrangler", install: wrangler::install },
    Tool { name: "worker-build", install: worker_build::install },
    Tool { name: "cargo-lambda", install: cargo_lambda::install },
    Tool { name: "cargo-deny", install: cargo_deny::install },
    Tool { name: "cfn-lint", install: cfn_lint::install },
    Tool { name: "rust-arm64", install: rust_arm64::install },
    Tool { name: "sam", install: sam::install },
    Tool { name: "moto", install: moto::install },
    Tool { name: "dynamodb-local", install: dynamodb_local::install },
    Tool { name: "sdk", install: sdk::install },
];

/// `cargo xtask setup [TOOL]…`: all tools, or the named ones.
pub(crate) fn command(project: &Project, names: &[String]) -> Outcome {
    if let Some(unknown) = names.iter().find(|name| TOOLS.iter().all(|tool| tool.name != name.as_str())) {
        let known = TOOLS.map(|tool| tool.name).join(", ");
        return Err(Failure::new(format!("{unknown} is not a tool; the tools are {known}")));
    }
    for tool in &TOOLS {
        if names.is_empty() || names.iter().any(|name| name == tool.name) {
            (tool.install)(project)?;
        }
    }
    Ok(())
}
