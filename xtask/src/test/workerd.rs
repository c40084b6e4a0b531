//! What is to be known of the Worker beside the conformance suite.

use super::suite::counted;
use super::tally::Tally;
use crate::build::cloudflare::{self, DEPLOYED, FAULTS};
use crate::process::{Failure, Outcome, text};
use crate::project::Project;
use crate::setup::wrangler;
use crate::target::Target;
use crate::tenant;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The most that may be uploaded, compressed. Isolates are made on request, and read all of it.
const MOST_KB: f64 = 1_000.0;

/// The cases of `tests/workerd`, on both builds.
pub(crate) fn cases(project: &Project) -> Result<Tally, Failure> {
    let (deployed, faults) = (cloudflare::build(project, &DEPLOYED)?, cloudflare::build(project, &FAULTS)?);
    wrangler::install(project)?;
    let folder = |module: &Path| module.with_file_name("");
    let mut run = Command::new("node");
    run.arg("tests/workerd/run.mjs").arg("--tools").arg(wrangler::home(project));
    run.args(["--config", "wrangler.toml"]).arg("--bundle").arg(folder(&deployed));
    run.arg("--faults").arg(folder(&faults)).current_dir(project.root());
    counted(&mut run)
}

/// What `wrangler deploy` would upload, for the project and for each tenant, and that it is not too much.
pub(crate) fn deploy(project: &Project) -> Result<Tally, Failure> {
    cloudflare::build(project, &DEPLOYED)?;
    wrangler::install(project)?;
    let mut tally = Tally::default();
    let tenants = tenant::files(project, Target::Cloudflare);
    for config in [PathBuf::from("wrangler.toml")].into_iter().chain(tenants) {
        let mut deploy = Command::new(wrangler::program(project, "wrangler"));
        deploy.args(["deploy", "--dry-run", "--outdir"]).arg(project.target().join("wrangler"));
        deploy.arg("--config").arg(&config);
        deploy.current_dir(project.root()).env("CI", "1").env("WRANGLER_SEND_METRICS", "false");
        within(&text(&mut deploy)?)?;
        tally.add(Tally::success());
    }
    Ok(tally)
}

fn within(said: &str) -> Outcome {
    let kilobytes = compressed(said)
        .ok_or_else(|| Failure::new(format!("wrangler does not say how much it would upload:\n{said}")))?;
    println!("the Worker is {kilobytes:.0} KB compressed, of {MOST_KB:.0} at most");
    if kilobytes > MOST_KB { Err(Failure::new("the Worker is too large")) } else { Ok(()) }
}

/// The size that wrangler names: `Total Upload: 1945.24 KiB / gzip: 745.50 KiB`.
fn compressed(said: &str) -> Option<f64> {
    let (_, after) = said.split_once("gzip: ")?;
    let (number, unit) = after.split_whitespace().next().zip(after.split_whitespace().nth(1))?;
    let kilobytes = match unit {
        "KiB" => 1.024,
        "MiB" => 1_048.576,
        _ => return None,
    };
    Some(number.parse::<f64>().ok()? * kilobytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_is_read() {
        assert_eq!(compressed("Total Upload: 1945.24 KiB / gzip: 1000.00 KiB\n"), Some(1_024.0));
        assert_eq!(compressed("Total Upload: 9.24 MiB / gzip: 2.00 MiB"), Some(2_097.152));
        assert_eq!(compressed("no binding"), None);
    }
}
