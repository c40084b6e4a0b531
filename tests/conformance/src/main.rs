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

use std::{process::ExitCode, sync::Arc, time::SystemTime};

use crate::{
    client::Origin,
    silent::Silent,
    target::{Running, Setup, Target, native::Launch},
    verdict::{Unmet, Verdict, fail},
    world::{Gateway, World},
};

mod ability;
mod case;
mod cases;
mod client;
mod fixture;
mod front;
mod options;
mod reading;
mod run;
mod silent;
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
    let named = |case: &case::Case| format!("{}: {}", case.group, case.name);
    let wanted = |case: &case::Case| {
        options.only.is_empty() || options.only.iter().any(|text| named(case).contains(text.as_str()))
    };
    let cases: Vec<case::Case> = cases::all().into_iter().filter(wanted).collect();
    if options.list {
        cases.iter().for_each(|case| println!("{}", named(case)));
        return ExitCode::SUCCESS;
    }
    let passed = match world(&options).await {
        Ok(world) if !options.around.is_empty() => around(&options.around, &world).await,
        Ok(world) => run::all(cases, Arc::new(world), options.report.as_deref()).await,
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
    // Nobody else has the suite's own silent listener: a port where nobody listens is left.
    let document = fixture::document(upstream, "http://127.0.0.1:1");
    println!("{:#}", serde_json::json!({"document": document, "secrets": secrets}));
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
    let silent = match Silent::new() {
        Ok(silent) => silent,
        Err(error) => return fail(format!("cannot listen: {error}")),
    };
    let target = match (&options.url, options.target.as_deref()) {
        (Some(_), _) => Target::Elsewhere,
        (None, name) => Target::named(name.unwrap_or("native")).await?,
    };
    let main = match &options.url {
        Some(url) => Running::elsewhere(url),
        None => {
            let document = fixture::document(&upstream, &silent.url());
            target.start(&Setup::new(document, fixture::secrets())?).await?
        }
    };
    let open = match &target {
        Target::Native(binary) => {
            let open = Launch::new(binary, &fixture::open_environment(&upstream))?.start().await?;
            Some(Gateway::new(open, None)?)
        }
        Target::Edge(_) | Target::Elsewhere => None,
    };
    let admin_key = options.admin_key.clone().unwrap_or_else(|| fixture::MASTER_KEY.to_owned());
    let Some(upstream) = Origin::parse(&upstream) else {
        return fail(format!("{upstream} is not an http:// address"));
    };
    let main = Gateway::new(main, Some(admin_key))?;
    let run = run_word();
    Ok(World { target, main, open, upstream, silent, recordings, run, wanting: Default::default() })
}

/// A short word that differs from run to run, since a ledger may outlive one.
fn run_word() -> String {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    format!("{:x}", since.as_millis() & 0xfff_ffff)
}
