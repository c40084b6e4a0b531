//! Spin: the component on the test host.

use super::Settings;
use crate::build::{self, host};
use crate::process::{Failure, context};
use crate::project::Project;
use std::fs;
use std::process::Command;

pub(super) fn commands(project: &Project, settings: &Settings) -> Result<Vec<Command>, Failure> {
    let component = build::spin::build(project)?;
    let own = project.root().join("targets/spin/spin.toml");
    let own = fs::read_to_string(&own).map_err(|error| context(&own.display(), error))?;
    let secrets = settings.variables();
    let folder = project.target().join("serve");
    let manifest = folder.join(format!("spin-{}.toml", settings.port));
    fs::create_dir_all(&folder)
        .and_then(|()| fs::write(&manifest, declare(&own, &secrets)))
        .map_err(|error| context(&manifest.display(), error))?;

    let mut host = host::program(project, "tollbridge-spin-host")?;
    host.arg("--from").arg(manifest).arg("--wasm").arg(component);
    host.args(["--listen", &format!("127.0.0.1:{}", settings.port)]);
    host.args(["--variable", &format!("tollbridge_config={}", settings.document.line())]);
    for (name, value) in secrets {
        host.args(["--variable", &format!("{}={value}", name.to_ascii_lowercase())]);
    }
    for origin in settings.document.origins() {
        host.args(["--allow-host", &origin]);
    }
    Ok(vec![host])
}

/// The manifest with the document's secrets declared: Spin shows a component no other variables.
fn declare(manifest: &str, secrets: &[(String, String)]) -> String {
    let mut out = String::new();
    for line in manifest.lines() {
        out.push_str(line);
        out.push('\n');
        for name in secrets.iter().map(|(name, _)| name.to_ascii_lowercase()) {
            if manifest.contains(&format!("\n{name} =")) {
                continue;
            }
            match line {
                "[variables]" => out.push_str(&format!("{name} = {{ required = true, secret = true }}\n")),
                "[component.gateway.variables]" => out.push_str(&format!("{name} = \"{{{{ {name} }}}}\"\n")),
                _ => {}
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_declared_once_in_both_tables() {
        let manifest =
            "[variables]\nkey = { default = \"\" }\n[component.gateway.variables]\nkey = \"{{ key }}\"\n";
        let secrets = [("KEY".to_owned(), String::new()), ("OTHER".to_owned(), String::new())];
        let declared = declare(manifest, &secrets);
        assert_eq!(declared.matches("\nother =").count(), 2, "{declared}");
        assert_eq!(declared.matches("\nkey =").count(), 2, "{declared}");
        assert!(declared.contains("other = \"{{ other }}\""), "{declared}");
    }
}
