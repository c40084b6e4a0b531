//! The gateway as one binary.

mod cli;
mod settings;

use std::process::ExitCode;

fn main() -> ExitCode {
    let variables = settings::environment();
    match cli::parse(std::env::args_os().skip(1)) {
        Ok(command) => cli::run(&command, &variables).print(),
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}
