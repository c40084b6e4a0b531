//! wrangler with its workerd, and the two programs that finish a worker's bundle.

use super::stamp;
use crate::process::{Outcome, context, run_quietly};
use crate::project::Project;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// Installs what `targets/cloudflare/package-lock.json` pins.
pub(crate) fn install(project: &Project) -> Outcome {
    let source = project.root().join("targets/cloudflare");
    let home = home(project);
    let lock = source.join("package-lock.json");
    let pinned = fs::read_to_string(&lock).map_err(|error| context(&lock.display(), error))?;
    stamp::once(project, "wrangler", &pinned, || {
        fs::create_dir_all(&home).map_err(|error| context(&home.display(), error))?;
        for file in ["package.json", "package-lock.json"] {
            fs::copy(source.join(file), home.join(file)).map_err(|error| context(&file, error))?;
        }
        let mut npm = Command::new("npm");
        npm.args(["ci", "--no-audit", "--no-fund"]).current_dir(&home);
        run_quietly(project, "npm-wrangler", &mut npm)
    })
}

/// A program of one of the packages.
pub(crate) fn program(project: &Project, name: &str) -> PathBuf {
    home(project).join("node_modules/.bin").join(name)
}

/// The folder that the packages are installed in.
pub(crate) fn home(project: &Project) -> PathBuf {
    project.tools().join("wrangler")
}
