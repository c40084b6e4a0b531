//! The conformance suite: what a gateway must do, seen from outside.
//!
//! The cases know an address, the keys of [`fixture`] and the stand-in for providers; they know
//! nothing about the process behind the address, so the same cases run against every target.
//! A target's own part is starting a gateway with the fixture's document ([`target`]).
//!
//! A case is a name and a function over [`case::Hands`]; tables of inputs make several cases of
//! one function. Each marks its requests with a token, so all run at once against one gateway and
//! see only what is theirs. Answers are read by [`reading`], which shares no code with the
//! gateway: a decoder that is wrong in the same way as its judge would pass.

use std::{path::PathBuf, process::ExitCode, sync::Arc, time::SystemTime};

use crate::{
    client::Origin,
    target::{Running, edge, native},
    verdict::{Unmet, Verdict, fail},
    world::{Gateway, World},
};

mod case;
mod cases;
mod client;
mod fixture;
mod front;
mod options;
mod reading;
mod run;
mod sse;
mod target;
mod verdict;
mod world;

#[tokio::main]
async fn main() -> ExitCode {
    let options = match options::read(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(text) => {
            eprintln!("{text}");
            return ExitCode::from(2);
        }
    };
    if options.print_config {
        print_config(options.upstream.as_deref().unwrap_or("http://127.0.0.1:9999"));
        return ExitCode::SUCCESS;
    }
    let only = options.only.clone().unwrap_or_default();
    let named = |case: &case::Case| format!("{}: {}", case.group, case.name);
    let cases: Vec<case::Case> =
        cases::all().into_iter().filter(|case| named(case).contains(&only)).collect();
    if options.list {
        cases.iter().for_each(|case| println!("{}", named(case)));
        return ExitCode::SUCCESS;
    }
    let passed = match world(&options).await {
        Ok(world) if !options.around.is_empty() => around(&options.around, &world).await,
        Ok(world) => run::all(cases, Arc::new(world)).await,
        Err(Unmet::Failed(text) | Unmet::Skipped(text)) => {
            println!("{text}\n0 passed, 1 failed, 0 skipped");
            false
        }
    };
    if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Runs a command beside the gateway. Returns whether it succeeded.
async fn around(command: &[String], world: &World) -> bool {
    let status = tokio::process::Command::new(&command[0])
        .args(&command[1..])
        .env("TOLLBRIDGE_URL", world.main.origin.url())
        .env("TOLLBRIDGE_KEY", fixture::APP_KEY)
        .env("TOLLBRIDGE_MASTER_KEY", fixture::MASTER_KEY)
        .env("TOLLBRIDGE_UPSTREAM", world.upstream.url())
        .status()
        .await;
    match status {
        Ok(status) => status.success(),
        Err(error) => {
            println!("cannot run {}: {error}\n0 passed, 1 failed, 0 skipped", command[0]);
            false
        }
    }
}

fn print_config(upstream: &str) {
    let secrets: serde_json::Map<String, serde_json::Value> =
        fixture::secrets().into_iter().map(|(name, value)| (name, value.into())).collect();
    println!("{:#}", serde_json::json!({"document": fixture::document(upstream), "secrets": secrets}));
}

/// Starts what has to be started.
async fn world(options: &options::Options) -> Verdict<World> {
    let recordings = tollbridge_upstream::recordings::folder();
    let upstream = match &options.upstream {
        Some(url) => url.clone(),
        None => {
            let standin = tollbridge_upstream::Standin::new(recordings.as_deref());
            match tollbridge_upstream::spawn(standin).await {
                Ok(address) => format!("http://{address}"),
                Err(error) => return fail(format!("cannot start the stand-in: {error}")),
            }
        }
    };
    let (main, open, binary) = match (&options.url, options.target.as_deref()) {
        (Some(url), _) => (Running::elsewhere(url), None, None),
        (None, None | Some("native")) => start_native(&upstream).await?,
        (None, Some(name)) => match edge::EDGES.iter().find(|edge| edge.name == name) {
            Some(edge) => {
                (edge::start(edge, &fixture::document(&upstream), &fixture::secrets()).await?, None, None)
            }
            None => return fail(format!("no target '{name}'; see --help")),
        },
    };
    let admin_key = options.admin_key.clone().unwrap_or_else(|| fixture::MASTER_KEY.to_owned());
    Ok(World {
        main: gateway(main, Some(admin_key))?,
        open: open.map(|running| gateway(running, None)).transpose()?,
        upstream: origin(&upstream)?,
        binary,
        recordings,
        run: run_word(),
    })
}

async fn start_native(upstream: &str) -> Verdict<(Running, Option<Running>, Option<PathBuf>)> {
    let binary = native::binary().await?;
    let document = fixture::document(upstream);
    let main = native::Launch::new(&binary, "main", Some(&document), &fixture::secrets())?.start().await?;
    let open =
        native::Launch::new(&binary, "open", None, &fixture::open_environment(upstream))?.start().await?;
    Ok((main, Some(open), Some(binary)))
}

fn gateway(running: Running, master_key: Option<String>) -> Verdict<Gateway> {
    Ok(Gateway { origin: origin(&running.url)?.resetting(running.resets), running, master_key })
}

fn origin(url: &str) -> Verdict<Origin> {
    Origin::parse(url).ok_or_else(|| Unmet::Failed(format!("{url} is not an http:// address")))
}

/// A short word that differs from run to run, since a ledger may outlive one.
fn run_word() -> String {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    format!("{:x}", since.as_millis() & 0xfff_ffff)
}
