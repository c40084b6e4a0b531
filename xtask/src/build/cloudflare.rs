//! The Worker: a module and its wasm, as `wrangler.toml` names them.

use crate::process::{Failure, run_quietly};
use crate::project::Project;
use crate::setup::{wasm, worker_build, wrangler};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

pub(crate) fn build(project: &Project) -> Result<PathBuf, Failure> {
    wasm::install(project)?;
    let module = compile(project)?;
    let bundle = project.root().join("targets/cloudflare/build/index.js");
    if is_newer(&bundle, &module) {
        return Ok(bundle);
    }
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
    Ok(bundle)
}

/// The same compilation as worker-build's, to see whether there is anything to bundle.
fn compile(project: &Project) -> Result<PathBuf, Failure> {
    let mut cargo = Command::new("cargo");
    cargo
        .args(["build", "--lib", "--profile", "edge", "--target", wasm::UNKNOWN])
        .current_dir(project.root().join("targets/cloudflare"))
        .env("PATH", wasm::search_path())
        .env("WASM_BINDGEN_USE_JS_SYS", "1");
    run_quietly(project, "compile-cloudflare", &mut cargo)?;
    Ok(project.target().join(wasm::UNKNOWN).join("edge/tollbridge_cloudflare.wasm"))
}

fn is_newer(file: &Path, source: &Path) -> bool {
    let changed = |path| fs::metadata(path).and_then(|metadata| metadata.modified()).ok();
    changed(file).is_some_and(|time| Some(time) >= changed(source))
}
