//! The targets that run on a platform's own runtime: `cargo xtask serve` builds and starts them.

use std::{io, process::Stdio, sync::Arc, time::Duration};

use tokio::process::Command;

use super::{Lines, Running, Setup, answers, free_port, gather};
use crate::verdict::{Unmet, Verdict, fail};

/// A platform, by the name that `cargo xtask serve --target` takes.
#[derive(Debug)]
pub(crate) struct Edge {
    /// The name.
    pub(crate) name: &'static str,
    /// Whether a caller has to reset the connection to be seen leaving: workerd's server does not look at one
    /// that was closed in order, since in production only Cloudflare's own front speaks to it.
    resets: bool,
    /// Of how many instances, at most, a gateway here is made: which keys rest and whose turn it is, each
    /// remembers for itself.
    pub(super) instances: usize,
    /// Whether it keeps a ledger. Where not, the log is the ledger.
    ledger: bool,
}

/// All of them.
pub(crate) const EDGES: [Edge; 4] = [
    Edge { name: "cloudflare", resets: true, instances: 1, ledger: true },
    Edge { name: "lambda", resets: false, instances: 34, ledger: true },
    Edge { name: "spin", resets: false, instances: 16, ledger: true },
    Edge { name: "spin-hosted", resets: false, instances: 16, ledger: false },
];

/// Long enough to build what is not built yet.
const PATIENCE: Duration = Duration::from_secs(900);

/// Serves the document on a target's runtime, and waits until it answers.
pub(super) async fn start(edge: &Edge, setup: &Setup) -> Verdict<Running> {
    let target = edge.name;
    let io = |error: io::Error| Unmet::Failed(format!("cannot serve on {target}: {error}"));
    let folder = setup.folder.path();
    let config = folder.join("config.json");
    std::fs::write(&config, setup.document.to_string()).map_err(io)?;
    let port = free_port().map_err(io)?;
    let mut serve = xtask();
    serve.args(["serve", "--target", target, "--port", &port.to_string()]);
    serve.arg("--config").arg(config).arg("--data").arg(folder.join("data"));
    if setup.bare {
        serve.arg("--bare");
    }
    if let Some(plan) = setup.faults {
        serve.args(["--faults", plan]);
    }
    let mut process = serve
        .envs(setup.secrets.iter().cloned())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // A group of its own, so that the runtime's processes can be ended with it.
        .process_group(0)
        .spawn()
        .map_err(io)?;
    let lines = Arc::<Lines>::default();
    gather(process.stdout.take(), lines.clone());
    gather(process.stderr.take(), lines.clone());
    let url = format!("http://127.0.0.1:{port}");
    let group = process.id();
    let mut running = Running {
        url,
        process: Some(process),
        lines,
        group,
        resets: edge.resets,
        ledger: edge.ledger,
        folder: Some(setup.folder.clone()),
    };
    match tokio::time::timeout(PATIENCE, until_served(&mut running)).await {
        Ok(served) => served.map(|()| running),
        Err(_) => fail(format!("{target} does not answer:\n{}", running.lines.all().join("\n"))),
    }
}

/// The project's own commands: the running one where it is what started the suite.
fn xtask() -> Command {
    if let Some(program) = std::env::var_os("TOLLBRIDGE_XTASK") {
        return Command::new(program);
    }
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.arg("xtask");
    cargo
}

async fn until_served(running: &mut Running) -> Verdict {
    loop {
        if let Some(Ok(Some(status))) = running.process.as_mut().map(|process| process.try_wait()) {
            return fail(format!("serving ended ({status}):\n{}", running.lines.all().join("\n")));
        }
        // Its own word comes first: what answers before may be another's.
        let says_so = running.lines.all().iter().any(|line| line.contains("answers on http://"));
        if says_so && answers(&running.url).await {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
