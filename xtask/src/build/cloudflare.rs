//! The Worker: a module and its wasm, as `wrangler.toml` names them.

use crate::process::{Failure, run_quietly};
use crate::project::Project;
use crate::setup::{wasm, worker_build, wrangler};
use std::path::PathBuf;
use std::process::Command;

pub(crate) fn build(project: &Project) -> Result<PathBuf, Failure> {
    wasm::install(project)?;
    wrangler::install(project)?;
    worker_build::install(project)?;
    let mut build = Command::new(worker_build::worker_build(project));
    build
        .args(["--profile", "edge", "targets/cloudflare"])
        .current_dir(project.root())
        .env("PATH", wasm::search_path())
        // Otherwise it downloads these.
        .env("WASM_BINDGEN_BIN", worker_build::wasm_bindgen(project))
        .env("ESBUILD_BIN", wrangler::program(project, "esbuild"))
        .env("WASM_OPT_BIN", wrangler::program(project, "wasm-opt"));
    run_quietly(project, "build-cloudflare", &mut build)?;
    Ok(project.root().join("targets/cloudflare/build/index.js"))
}
