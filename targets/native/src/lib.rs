//! The gateway on one machine.
//!
//! A target is an adapter: it takes no decision that a test of the core could not see. This one
//! reads settings from the environment and a file ([`settings`]), carries out the command line
//! ([`cli`]), and otherwise serves ([`serve`]): the [`server`] takes requests off sockets, the
//! core's gateway decides, and what it asks of the world it gets through the ports that
//! [`platform`] puts together from the [`client`], the [`ledger`], the [`cache`], the [`log`] and the
//! kernel's [`entropy`].

pub mod cache;
mod cli;
mod client;
mod clock;
mod database;
mod entropy;
mod greeting;
pub mod ledger;
mod local;
mod log;
mod platform;
mod serve;
mod server;
mod settings;

use std::process::ExitCode;

/// What the binary does.
pub fn main() -> ExitCode {
    let variables = settings::environment();
    match cli::parse(std::env::args_os().skip(1)) {
        Ok(cli::Command::Serve(file)) => serve::serve(file.as_deref(), &variables),
        Ok(command) => cli::run(&command, &variables).print(),
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}
