//! Building what is deployed. The tests run the same files.

pub(crate) mod cloudflare;
pub(crate) mod host;
pub(crate) mod lambda;
pub(crate) mod spin;

use crate::process::{Failure, Outcome};
use crate::project::Project;
use crate::target::Target;
use spin::Component;

/// `cargo xtask build TARGET`
pub(crate) fn command(project: &Project, args: &[String]) -> Outcome {
    let [name] = args else { return Err(Failure::new("`cargo xtask build` needs one target")) };
    let artefact = match name.parse()? {
        Target::Native => {
            return Err(Failure::new("native is built with `cargo build --release`"));
        }
        Target::Cloudflare => cloudflare::build(project, &cloudflare::DEPLOYED)?,
        Target::Lambda => lambda::build(project)?,
        Target::Spin => spin::build(project, Component::Full)?,
        Target::SpinHosted => spin::build(project, Component::Hosted)?,
    };
    println!("{}", artefact.display());
    Ok(())
}
