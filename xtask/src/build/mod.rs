//! Building what is deployed. The tests run the same files.

pub(crate) mod cloudflare;
pub(crate) mod host;
pub(crate) mod lambda;
pub(crate) mod spin;

use crate::process::{Failure, Outcome};
use crate::project::Project;
use crate::target::Target;

/// `cargo xtask build TARGET`, or `spin-hosted`
pub(crate) fn command(project: &Project, args: &[String]) -> Outcome {
    let [name] = args else { return Err(Failure::new("`cargo xtask build` needs one target")) };
    if name == "spin-hosted" {
        println!("{}", spin::build_hosted(project)?.display());
        return Ok(());
    }
    let artefact = match name.parse()? {
        Target::Native => {
            return Err(Failure::new("native is built with `cargo build --release`"));
        }
        Target::Cloudflare => cloudflare::build(project, &cloudflare::DEPLOYED)?,
        Target::Lambda => lambda::build(project)?,
        Target::Spin => spin::build(project)?,
    };
    println!("{}", artefact.display());
    Ok(())
}
