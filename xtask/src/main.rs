//! The project's own commands: `cargo xtask --help` lists them.
//!
//! Why a crate and not scripts: the commands are the same on every machine that can build the gateway, and they
//! share one idea of where tools live ([`project`]) and how programs are run ([`process`]). [`setup`] installs
//! what a fresh machine lacks, [`build`] makes what each target deploys, [`serve`] runs a target locally,
//! [`conformance`] shows that all targets answer alike, [`tenant`] writes what a tenant deploys and [`smoke`] tries
//! what was deployed, and [`test`] is the table of everything that must hold. It has no dependencies, so that it
//! starts at once.

mod bench;
mod build;
mod command;
mod conformance;
mod process;
mod project;
mod serve;
mod setup;
mod smoke;
mod spin_manifest;
mod target;
mod tenant;
mod test;

use std::process::ExitCode;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match command::run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("xtask: {failure}");
            ExitCode::FAILURE
        }
    }
}
