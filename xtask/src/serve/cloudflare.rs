//! Cloudflare: workerd, as wrangler configures it.

use super::Settings;
use crate::build::cloudflare::{self, DEPLOYED, FAULTS};
use crate::process::Failure;
use crate::project::Project;
use crate::setup::wrangler;
use std::process::Command;

pub(super) fn commands(project: &Project, settings: &Settings) -> Result<Vec<Command>, Failure> {
    let bundle = if settings.faults.is_some() { &FAULTS } else { &DEPLOYED };
    let module = cloudflare::build(project, bundle)?;
    wrangler::install(project)?;
    let mut node = Command::new("node");
    node.arg("targets/cloudflare/serve.mjs");
    node.arg("--tools").arg(wrangler::home(project)).args(["--config", "wrangler.toml"]);
    node.arg("--bundle").arg(module.with_file_name("")).args(["--port", &settings.port.to_string()]);
    node.arg("--data").arg(&settings.data).args(settings.bare.then_some("--bare"));
    node.arg("TOLLBRIDGE_CONFIG").env("TOLLBRIDGE_CONFIG", settings.document.line());
    for (name, value) in settings.variables() {
        node.arg(&name).env(name, value);
    }
    node.current_dir(project.root());
    Ok(vec![node])
}
