//! System packages, on Debian and its kin.

use crate::process::{Failure, Outcome, run_quietly, succeeds_within};
use crate::project::Project;
use std::process::Command;
use std::time::Duration;

/// Installs those of the packages that are missing.
pub(crate) fn install(project: &Project, packages: &[&str]) -> Outcome {
    if succeeds_within(Command::new("dpkg").arg("-s").args(packages), Duration::from_secs(30)) {
        return Ok(());
    }
    let apt = || {
        let mut apt = Command::new("apt-get");
        apt.env("DEBIAN_FRONTEND", "noninteractive");
        apt
    };
    run_quietly(project, "apt-update", apt().arg("update"))
        .and_then(|()| {
            let mut install = apt();
            install.args(["install", "-y", "--no-install-recommends"]).args(packages);
            run_quietly(project, "apt-install", &mut install)
        })
        .map_err(|failure| {
            let list = packages.join(" ");
            Failure::new(format!(
                "{failure}\nIf you are not root, run `sudo apt-get install {list}` yourself."
            ))
        })
}
