//! The native target: the `tollbridge` binary as a process of its own.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    sync::Arc,
    time::Duration,
};

use serde_json::Value;
use tokio::process::Command;

use super::{Folder, Lines, Running, Setup, answers, free_port, gather};
use crate::verdict::{Unmet, Verdict, fail};

/// Builds the binary, or takes the one that `TOLLBRIDGE_BIN` names.
pub(crate) async fn binary() -> Verdict<PathBuf> {
    if let Some(path) = std::env::var_os("TOLLBRIDGE_BIN") {
        return Ok(path.into());
    }
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = Command::new(cargo)
        .args(["build", "--quiet", "--package", "tollbridge", "--features=faults", "--message-format=json"])
        .stderr(Stdio::inherit())
        .output()
        .await;
    let output = match built {
        Ok(output) if output.status.success() => output.stdout,
        Ok(output) => return fail(format!("building the gateway failed: {}", output.status)),
        Err(error) => return fail(format!("cannot run cargo: {error}")),
    };
    let executable = |line: &str| {
        let message: Value = serde_json::from_str(line).ok()?;
        let is_it = message["target"]["name"] == "tollbridge";
        is_it.then(|| message["executable"].as_str().map(PathBuf::from)).flatten()
    };
    match String::from_utf8_lossy(&output).lines().find_map(executable) {
        Some(path) => Ok(path),
        None => fail("cargo built no binary `tollbridge`"),
    }
}

/// A start of the binary: in a folder of its own, which a second start may share.
#[derive(Clone, Debug)]
pub(crate) struct Launch {
    binary: PathBuf,
    /// Where `config.yaml` and the data lie.
    folder: Arc<Folder>,
    port: u16,
    environment: Vec<(String, String)>,
}

impl Launch {
    /// A start with nothing but this environment, on a free port.
    pub(crate) fn new(binary: &Path, environment: &[(String, String)]) -> Verdict<Launch> {
        let port = free_port().map_err(cannot_start)?;
        let environment = environment.to_vec();
        Ok(Launch { binary: binary.to_owned(), folder: Folder::new()?, port, environment })
    }

    /// A start as all targets have it.
    pub(crate) fn of(binary: &Path, setup: &Setup) -> Verdict<Launch> {
        let mut launch = Launch::new(binary, &setup.secrets)?;
        launch.folder = setup.folder.clone();
        launch.environment.extend(setup.faults.map(|plan| ("TOLLBRIDGE_FAULTS".to_owned(), plan.to_owned())));
        // JSON is YAML.
        launch.writing(&format!("{:#}", setup.document))
    }

    /// With this `config.yaml`.
    pub(crate) fn writing(self, config: &str) -> Verdict<Launch> {
        std::fs::write(self.folder.path().join("config.yaml"), config).map_err(cannot_start)?;
        Ok(self)
    }

    /// With one more environment variable.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Launch {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.binary);
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("PORT", self.port.to_string())
            .env("HOST", "127.0.0.1")
            .env("DATA_DIR", self.folder.path().join("data"))
            .env("LOG_FORMAT", "json")
            .envs(self.environment.iter().cloned())
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    /// Starts it and waits until it answers.
    pub(crate) async fn start(&self) -> Verdict<Running> {
        let mut process = self.command().spawn().map_err(cannot_start)?;
        let lines = Arc::<Lines>::default();
        gather(process.stdout.take(), lines.clone());
        gather(process.stderr.take(), lines.clone());
        let url = format!("http://127.0.0.1:{}", self.port);
        for _ in 0..200 {
            if let Ok(Some(status)) = process.try_wait() {
                return fail(format!("the gateway stopped at once ({status}):\n{}", lines.all().join("\n")));
            }
            if answers(&url).await {
                let (process, folder) = (Some(process), Some(self.folder.clone()));
                return Ok(Running { url, process, lines, group: None, resets: false, ledger: true, folder });
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        fail(format!("the gateway does not answer on {url}:\n{}", lines.all().join("\n")))
    }

    /// Starts it where it has to stop by itself. Returns whether it succeeded, and what it printed.
    pub(crate) async fn refuse(&self) -> Verdict<(bool, String)> {
        let running = self.command().output();
        match tokio::time::timeout(Duration::from_secs(10), running).await {
            Ok(Ok(output)) => {
                let printed = [output.stdout, output.stderr].concat();
                Ok((output.status.success(), String::from_utf8_lossy(&printed).into_owned()))
            }
            Ok(Err(error)) => Err(cannot_start(error)),
            Err(_) => fail("it runs though it should have refused to"),
        }
    }
}

fn cannot_start(error: std::io::Error) -> Unmet {
    Unmet::Failed(format!("cannot start the gateway: {error}"))
}

/// Sends a signal (`INT`, `TERM`, `KILL`) to a process.
pub(crate) fn signal(running: &Running, name: &str) -> Verdict {
    let Some(id) = running.process.as_ref().and_then(tokio::process::Child::id) else {
        return fail("the process is gone");
    };
    match std::process::Command::new("kill").args([format!("-{name}"), id.to_string()]).status() {
        Ok(status) if status.success() => Ok(()),
        other => fail(format!("cannot send {name} to {id}: {other:?}")),
    }
}
