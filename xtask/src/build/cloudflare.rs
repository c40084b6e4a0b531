//! The Worker: a module and its wasm, as `wrangler.toml` names them.

use crate::process::{Failure, run_quietly};
use crate::project::Project;
use crate::setup::{wasm, worker_build, wrangler};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A build of the Worker.
pub(crate) struct Bundle {
    /// The folder beside its sources that it is put into.
    folder: &'static str,
    profile: &'static str,
    /// What is left out or added for cargo.
    features: &'static [&'static str],
    /// Whether wasm-opt makes it smaller.
    optimised: bool,
}

/// What is deployed.
pub(crate) const DEPLOYED: Bundle =
    Bundle { folder: "build", profile: "edge", features: &[], optimised: true };

/// The one whose stores can be made to fail.
pub(crate) const FAULTS: Bundle = Bundle {
    folder: "build-faults",
    profile: "edge-faults",
    features: &["--features", "faults"],
    optimised: false,
};

/// Builds it, and says where its module is.
pub(crate) fn build(project: &Project, bundle: &Bundle) -> Result<PathBuf, Failure> {
    wasm::install(project)?;
    let wasm = compile(project, bundle)?;
    let module = project.root().join("targets/cloudflare").join(bundle.folder).join("index.js");
    if is_newer(&module, &wasm) {
        return Ok(module);
    }
    wrangler::install(project)?;
    worker_build::install(project)?;
    let mut build = Command::new(worker_build::worker_build(project));
    build
        .args(["--profile", bundle.profile, "--out-dir", bundle.folder])
        .args((!bundle.optimised).then_some("--no-opt"))
        .arg("targets/cloudflare")
        .args(bundle.features)
        .current_dir(project.root())
        .env("PATH", wasm::search_path())
        // Otherwise it downloads these.
        .env("WASM_BINDGEN_BIN", worker_build::wasm_bindgen(project))
        .env("ESBUILD_BIN", wrangler::program(project, "esbuild"))
        .env("WASM_OPT_BIN", wrangler::program(project, "wasm-opt"));
    run_quietly(project, &format!("build-cloudflare-{}", bundle.profile), &mut build)?;
    Ok(module)
}

/// The same compilation as worker-build's, to see whether there is anything to bundle.
fn compile(project: &Project, bundle: &Bundle) -> Result<PathBuf, Failure> {
    let mut cargo = Command::new("cargo");
    cargo
        .args(["build", "--lib", "--profile", bundle.profile, "--target", wasm::UNKNOWN])
        .args(bundle.features)
        .current_dir(project.root().join("targets/cloudflare"))
        .env("PATH", wasm::search_path())
        .env("WASM_BINDGEN_USE_JS_SYS", "1");
    run_quietly(project, &format!("compile-cloudflare-{}", bundle.profile), &mut cargo)?;
    let folder = project.target().join(wasm::UNKNOWN).join(bundle.profile);
    Ok(folder.join("tollbridge_cloudflare.wasm"))
}

fn is_newer(file: &Path, source: &Path) -> bool {
    let changed = |path| fs::metadata(path).and_then(|metadata| metadata.modified()).ok();
    changed(file).is_some_and(|time| Some(time) >= changed(source))
}
