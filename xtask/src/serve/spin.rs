//! Spin: the component on the test host.

use super::Settings;
use crate::build::{self, host};
use crate::process::{Failure, context};
use crate::project::Project;
use crate::spin_manifest::{Needs, Stores};
use std::fs;
use std::process::Command;

pub(super) fn commands(project: &Project, settings: &Settings) -> Result<Vec<Command>, Failure> {
    let component = match settings.faults {
        None => build::spin::build(project)?,
        Some(_) => build::spin::build_faulty(project)?,
    };
    let variables = settings.variables();
    let needs = Needs {
        name: "tollbridge".to_owned(),
        source: component.display().to_string(),
        document: Some(settings.document.line()),
        secrets: variables.iter().map(|(name, _)| name.clone()).collect(),
        hosts: settings.document.origins(),
        stores: if settings.bare { Stores::default() } else { Stores::ALL },
    };
    let manifest = settings.data.join("spin.toml");
    fs::write(&manifest, needs.manifest()).map_err(|error| context(&manifest.display(), error))?;

    let mut host = host::program(project, "tollbridge-spin-host")?;
    host.arg("--from").arg(manifest).arg("--state-dir").arg(&settings.data);
    host.args(["--listen", &format!("127.0.0.1:{}", settings.port)]);
    for (name, value) in variables {
        host.args(["--variable", &format!("{}={value}", name.to_ascii_lowercase())]);
    }
    Ok(vec![host])
}
