//! The native target: the `tollbridge` binary as a process of its own.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    sync::Arc,
    time::Duration,
};

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, BufReader},
    process::Command,
};

use super::{Lines, Running};
use crate::{
    client::{self, Origin, Sending},
    verdict::{Verdict, fail},
};

/// Builds the binary, or takes the one that `TOLLBRIDGE_BIN` names.
pub(crate) async fn binary() -> Verdict<PathBuf> {
    if let Some(path) = std::env::var_os("TOLLBRIDGE_BIN") {
        return Ok(path.into());
    }
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = Command::new(cargo)
        .args(["build", "--quiet", "--package", "tollbridge", "--message-format=json"])
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

/// Starts the binary with this document and environment, and waits until it answers.
pub(crate) async fn start(
    binary: &Path,
    name: &str,
    document: Option<&Value>,
    environment: &[(String, String)],
) -> Verdict<Running> {
    let folder = std::env::temp_dir().join(format!("tollbridge-conformance-{}-{name}", std::process::id()));
    let io =
        |error: std::io::Error| crate::verdict::Unmet::Failed(format!("cannot start the gateway: {error}"));
    std::fs::create_dir_all(&folder).map_err(io)?;
    let port = free_port().map_err(io)?;
    let mut command = Command::new(binary);
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("PORT", port.to_string())
        .env("HOST", "127.0.0.1")
        .env("DATA_DIR", folder.join("data"))
        .env("LOG_FORMAT", "json")
        .envs(environment.iter().cloned())
        .current_dir(&folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    if let Some(document) = document {
        // JSON is YAML.
        std::fs::write(folder.join("config.yaml"), format!("{document:#}")).map_err(io)?;
    }
    let mut process = command.spawn().map_err(io)?;
    let lines = Arc::<Lines>::default();
    gather(process.stdout.take(), lines.clone());
    gather(process.stderr.take(), lines.clone());
    let url = format!("http://127.0.0.1:{port}");
    for _ in 0..200 {
        if let Ok(Some(status)) = process.try_wait() {
            return fail(format!("the gateway stopped at once ({status}):\n{}", lines.all().join("\n")));
        }
        if answers(&url).await {
            return Ok(Running { url, process: Some(process), lines, folder: Some(folder) });
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    fail(format!("the gateway does not answer on {url}:\n{}", lines.all().join("\n")))
}

fn free_port() -> std::io::Result<u16> {
    Ok(std::net::TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

async fn answers(url: &str) -> bool {
    let Some(origin) = Origin::parse(url) else { return false };
    let health = Sending {
        method: http::Method::GET,
        path: "/health".to_owned(),
        headers: vec![],
        body: bytes::Bytes::new(),
    };
    client::send(&origin, &health).await.is_ok()
}

fn gather(stream: Option<impl AsyncRead + Unpin + Send + 'static>, lines: Arc<Lines>) {
    let Some(stream) = stream else { return };
    tokio::spawn(async move {
        let mut reader = BufReader::new(stream).lines();
        while let Ok(Some(line)) = reader.next_line().await {
            lines.push(line);
        }
    });
}
