//! Native: the binary itself.

use super::Settings;
use crate::build::host;
use crate::process::{Failure, context};
use crate::project::Project;
use std::fs;
use std::process::Command;

pub(super) fn commands(project: &Project, settings: &Settings) -> Result<Vec<Command>, Failure> {
    if settings.bare {
        return Err(Failure::new("native always has its stores"));
    }
    // JSON is YAML.
    let config = settings.data.join("config.yaml");
    fs::write(&config, settings.document.line()).map_err(|error| context(&config.display(), error))?;
    let mut native = host::program(project, "tollbridge")?;
    native
        .current_dir(&settings.data)
        .envs(settings.variables())
        .env("HOST", "127.0.0.1")
        .env("PORT", settings.port.to_string())
        .env("DATA_DIR", settings.data.join("data"));
    Ok(vec![native])
}
