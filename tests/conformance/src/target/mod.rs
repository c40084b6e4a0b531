//! The gateways that the suite runs against. A target knows how to start one with a document and
//! secrets; the cases know only its address.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, BufReader},
    process::Child,
};

use crate::client::{self, Origin, Sending};

pub(crate) mod edge;
pub(crate) mod native;

/// A gateway that runs.
pub(crate) struct Running {
    /// Its address, `http://host:port`.
    pub(crate) url: String,
    /// Its process, where the suite started it.
    pub(crate) process: Option<Child>,
    /// What it has printed to standard output, line by line.
    pub(crate) lines: Arc<Lines>,
    /// The folder that it keeps its data in.
    pub(crate) folder: Option<PathBuf>,
    /// The process group to end, where it is more than the process.
    pub(crate) group: Option<u32>,
    /// Whether the platform tells of callers who leave before there is a head.
    pub(crate) tells: bool,
    /// Whether a caller has to reset the connection to be seen leaving.
    pub(crate) resets: bool,
}

/// Lines of a process's output.
#[derive(Default)]
pub(crate) struct Lines(Mutex<Vec<String>>);

impl Lines {
    /// Adds one.
    pub(crate) fn push(&self, line: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }

    /// All so far.
    pub(crate) fn all(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The log line of a request, as JSON.
    pub(crate) fn of_request(&self, id: &str) -> Option<Value> {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of = |line: &String| {
            let value: Value = line.contains(id).then(|| serde_json::from_str(line).ok()).flatten()?;
            (value["event"] == "request" && value["id"] == id).then_some(value)
        };
        lines.iter().rev().find_map(of)
    }
}

impl Running {
    /// A gateway that somebody else started.
    pub(crate) fn elsewhere(url: &str) -> Running {
        let url = url.to_owned();
        let lines = Arc::default();
        Running { url, process: None, lines, folder: None, group: None, tells: true, resets: false }
    }

    /// Resident memory of the process in kilobytes, where that can be known.
    pub(crate) fn memory_kb(&self) -> Option<u64> {
        let id = self.process.as_ref()?.id()?;
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
        line.split_whitespace().nth(1)?.parse().ok()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(group) = self.group {
            let _ended = std::process::Command::new("kill").args(["--", &format!("-{group}")]).status();
        }
        if let Some(folder) = &self.folder {
            let _gone = std::fs::remove_dir_all(folder);
        }
    }
}

/// A port that nobody listens on.
fn free_port() -> std::io::Result<u16> {
    Ok(std::net::TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// Whether a gateway is live there.
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

/// Keeps what a process prints.
fn gather(stream: Option<impl AsyncRead + Unpin + Send + 'static>, lines: Arc<Lines>) {
    let Some(stream) = stream else { return };
    tokio::spawn(async move {
        let mut reader = BufReader::new(stream).lines();
        while let Ok(Some(line)) = reader.next_line().await {
            lines.push(line);
        }
    });
}
