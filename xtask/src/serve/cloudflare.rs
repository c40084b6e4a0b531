//! Cloudflare: workerd, as wrangler configures it.

use super::Settings;
use crate::build;
use crate::process::Failure;
use crate::project::Project;
use crate::setup::wrangler;
use std::process::Command;

pub(super) fn commands(project: &Project, settings: &Settings) -> Result<Vec<Command>, Failure> {
    build::cloudflare::build(project)?;
    wrangler::install(project)?;
    let mut node = Command::new("node");
    node.arg("targets/cloudflare/serve.mjs").arg(wrangler::home(project)).arg("wrangler.toml");
    node.args([&settings.port.to_string(), "TOLLBRIDGE_CONFIG"]);
    node.env("TOLLBRIDGE_CONFIG", settings.document.line());
    for (name, value) in settings.variables() {
        node.arg(&name).env(name, value);
    }
    node.env("SERVE_DATA", &settings.data);
    if settings.bare {
        node.env("SERVE_BARE", "1");
    }
    node.current_dir(project.root());
    Ok(vec![node])
}
