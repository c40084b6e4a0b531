//! The gateways that the suite runs against. A target knows how to start one with a document and
//! secrets; the cases know only its address.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use serde_json::Value;
use tokio::process::Child;

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
        Running { url: url.to_owned(), process: None, lines: Arc::default(), folder: None }
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
        if let Some(folder) = &self.folder {
            let _gone = std::fs::remove_dir_all(folder);
        }
    }
}
