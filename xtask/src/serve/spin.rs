//! Spin: the component on `spin up`, where a Spin that can run it is installed, else on the test host.

use super::Settings;
use crate::build::host;
use crate::build::spin::{self, Component};
use crate::process::{self, Failure, context};
use crate::project::Project;
use crate::spin_manifest::{self, Needs, Secret, Stores};
use std::fs;
use std::process::Command;

/// The first Spin that runs components of WASI 0.3.
const LEAST: (u32, u32) = (4, 1);

pub(super) fn commands(
    project: &Project,
    settings: &Settings,
    component: Component,
) -> Result<Vec<Command>, Failure> {
    let stores = match component {
        _ if settings.bare => Stores::default(),
        Component::Full => Stores::ALL,
        Component::Hosted => Stores { sqlite: false, ..Stores::ALL },
    };
    let component = match settings.faults {
        None => spin::build(project, component)?,
        Some(_) => spin::build_faulty(project, component)?,
    };
    let write = |name: &str, text: String| {
        let file = settings.data.join(name);
        fs::write(&file, text).map_err(|error| context(&file.display(), error)).map(|()| file)
    };
    let document = write("config.json", settings.document.line())?;
    let needs = spin_manifest::of(project, Some(&document))?;
    let variables: Vec<(Secret, String)> = settings
        .variables()
        .into_iter()
        .map(|(name, value)| {
            let named = needs.secrets.iter().find(|secret| secret.name == name).cloned();
            // What the document does not name has a name that Spin can keep.
            let own = || Secret { variable: name.to_ascii_lowercase(), name: name.clone() };
            (named.unwrap_or_else(own), value)
        })
        .collect();
    let needs = Needs {
        name: "tollbridge".to_owned(),
        source: component.display().to_string(),
        secrets: variables.iter().map(|(secret, _)| secret.clone()).collect(),
        stores,
        ..needs
    };
    let manifest = write("spin.toml", needs.manifest()?)?;

    let listen = format!("127.0.0.1:{}", settings.port);
    let mut command = if has_spin() {
        let mut spin = Command::new("spin");
        let named = |(secret, value): &(Secret, String)| {
            (format!("SPIN_VARIABLE_{}", secret.variable.to_ascii_uppercase()), value.clone())
        };
        spin.arg("up").envs(variables.iter().map(named));
        spin
    } else {
        let mut host = host::program(project, "tollbridge-spin-host")?;
        for (secret, value) in &variables {
            host.args(["--variable", &format!("{}={value}", secret.variable)]);
        }
        host
    };
    command.arg("--from").arg(manifest).arg("--state-dir").arg(&settings.data).args(["--listen", &listen]);
    Ok(vec![command])
}

fn has_spin() -> bool {
    process::text(Command::new("spin").arg("--version")).is_ok_and(|printed| is_new_enough(&printed))
}

/// Whether `spin 4.1.0 (0123abc 2026-08-26)` can run the component.
fn is_new_enough(printed: &str) -> bool {
    let version = printed.strip_prefix("spin ").and_then(|rest| {
        let mut numbers = rest.split(['.', '-', ' ']).map(str::parse);
        Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
    });
    version.is_some_and(|version: (u32, u32)| version >= LEAST)
}

#[cfg(test)]
mod tests {
    use super::is_new_enough;

    #[test]
    fn the_version_decides() {
        let table = [
            ("spin 4.1.0 (0123abc 2026-08-26)", true),
            ("spin 4.2.0-pre0 (0123abc 2026-11-01)", true),
            ("spin 5.0.0", true),
            ("spin 4.0.2 (0123abc 2026-05-04)", false),
            ("spin 3.6.1", false),
            ("SPIN model checker 6.5", false),
            ("", false),
        ];
        for (printed, wanted) in table {
            assert_eq!(is_new_enough(printed), wanted, "{printed}");
        }
    }
}
