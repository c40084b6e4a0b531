//! The table of commands, and the help that is printed from it.

use crate::process::{Failure, Outcome};
use crate::project::Project;
use crate::{bench, build, conformance, serve, setup, smoke, spin_manifest, tenant, test};

struct Command {
    name: &'static str,
    arguments: &'static str,
    summary: &'static str,
    run: fn(&Project, &[String]) -> Outcome,
}

const COMMANDS: [Command; 9] = [
    Command {
        name: "test",
        arguments: "[--fast] [--only STAGE]…",
        summary: "Set up, then run everything that must hold; --fast leaves out wasm and the SDKs",
        run: test::command,
    },
    Command {
        name: "conformance",
        arguments: "[--target native|cloudflare|lambda|spin|spin-hosted|all] [--only TEXT]…",
        summary: "Run the same cases on each target's own runtime; print a matrix of case and target",
        run: conformance::command,
    },
    Command {
        name: "serve",
        arguments: "--target native|cloudflare|lambda|spin|spin-hosted [--port N] [--config FILE.json] [--data FOLDER] [--bare]\n      [--faults STORE:HOW,…]",
        summary: "Build the gateway for a target and run it here, on that target's own runtime",
        run: serve::command,
    },
    Command {
        name: "build",
        arguments: "cloudflare|lambda|spin|spin-hosted",
        summary: "Build what is deployed on a target; spin-hosted is for hosts of Spin that have no SQLite",
        run: build::command,
    },
    Command {
        name: "tenant",
        arguments: "NAME --target cloudflare|lambda|spin",
        summary: "Write what a platform needs for a tenant of its own, under infra/tenants",
        run: tenant::command,
    },
    Command {
        name: "smoke",
        arguments: "--url URL [--key KEY] [--master-key KEY] [--model MODEL]",
        summary: "Try a gateway that is deployed somewhere; keys may come from TOLLBRIDGE_KEY and TOLLBRIDGE_MASTER_KEY",
        run: smoke::command,
    },
    Command {
        name: "spin-manifest",
        arguments: "[--config FILE] [--name NAME] [--out FILE] [--without sqlite|key-value]… [--check]",
        summary: "Write a spin.toml with the variables and hosts that a configuration needs",
        run: spin_manifest::command,
    },
    Command {
        name: "bench",
        arguments: "[--quick] [--workerd] [SCENARIO]…",
        summary: "Measure what the gateway costs beside nginx, or the Worker beside a bare one; print the tables of \
                  docs/performance.md",
        run: bench::command,
    },
    Command {
        name: "setup",
        arguments: "[TOOL]…",
        summary: "Install the tools that the other commands need; they do this by themselves",
        run: setup::command,
    },
];

/// Runs the command that the arguments name.
pub(crate) fn run(args: &[String]) -> Outcome {
    let Some((name, rest)) = args.split_first() else {
        print_help();
        return Ok(());
    };
    if matches!(name.as_str(), "help" | "--help" | "-h") || rest.iter().any(|arg| arg == "--help") {
        print_help();
        return Ok(());
    }
    match COMMANDS.iter().find(|command| command.name == name) {
        Some(command) => (command.run)(&Project::find()?, rest),
        None => Err(Failure::new(format!("{name} is not a command; `cargo xtask --help` lists them"))),
    }
}

fn print_help() {
    println!("The project's own commands:\n");
    for command in &COMMANDS {
        println!("  cargo xtask {} {}\n      {}\n", command.name, command.arguments, command.summary);
    }
}
