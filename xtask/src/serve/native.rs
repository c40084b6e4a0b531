//! Native: the binary itself.

use super::Settings;
use crate::build::host;
use crate::process::{Failure, context};
use crate::project::Project;
use std::fs;
use std::process::Command;

pub(super) fn commands(project: &Project, settings: &Settings) -> Result<Vec<Command>, Failure> {
    // JSON is YAML. A folder for each port, so that several can run.
    let folder = project.target().join(format!("serve/native-{}", settings.port));
    let config = folder.join("config.yaml");
    fs::create_dir_all(&folder)
        .and_then(|()| fs::write(&config, settings.document.line()))
        .map_err(|error| context(&config.display(), error))?;
    let mut native = host::program(project, "tollbridge")?;
    native
        .current_dir(&folder)
        .envs(settings.document.secrets())
        .env("HOST", "127.0.0.1")
        .env("PORT", settings.port.to_string())
        .env("DATA_DIR", folder.join("data"));
    Ok(vec![native])
}
