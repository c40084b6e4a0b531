//! The gateways that the suite runs against. A target knows how to start one with a document and
//! secrets; the cases know only its address.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, BufReader},
    process::Child,
};

use crate::{
    client::{self, Origin, Sending},
    verdict::{Verdict, fail, skip},
};

pub(crate) mod edge;
pub(crate) mod native;

/// Where gateways run.
#[derive(Clone, Debug)]
pub(crate) enum Target {
    /// This machine: the binary.
    Native(PathBuf),
    /// A platform's own runtime.
    Edge(&'static edge::Edge),
    /// Wherever somebody started one.
    Elsewhere,
}

impl Target {
    /// The target of a name.
    pub(crate) async fn named(name: &str) -> Verdict<Target> {
        match edge::EDGES.iter().find(|edge| edge.name == name) {
            Some(edge) => Ok(Target::Edge(edge)),
            None if name == "native" => Ok(Target::Native(native::binary().await?)),
            None => fail(format!("no target '{name}'; see --help")),
        }
    }

    /// Its name.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Target::Native(_) => "native",
            Target::Edge(edge) => edge.name,
            Target::Elsewhere => "elsewhere",
        }
    }

    /// Of how many instances a gateway is made, at most.
    pub(crate) fn instances(&self) -> usize {
        match self {
            Target::Native(_) | Target::Elsewhere => 1,
            Target::Edge(edge) => edge.instances,
        }
    }

    /// Starts a gateway, and waits until it answers.
    pub(crate) async fn start(&self, setup: &Setup) -> Verdict<Running> {
        match self {
            Target::Native(binary) => native::Launch::of(binary, setup)?.start().await,
            Target::Edge(edge) => edge::start(edge, setup).await,
            Target::Elsewhere => skip("needs a gateway that the suite starts itself"),
        }
    }
}

/// What a gateway is started with.
#[derive(Clone, Debug)]
pub(crate) struct Setup {
    /// The configuration document.
    pub(crate) document: Value,
    /// The secrets that it names.
    pub(crate) secrets: Vec<(String, String)>,
    /// Where its stores keep their data: a second start over it finds what the first left.
    pub(crate) folder: Arc<Folder>,
    /// Which stores fail, and how; `ledger:refuse`.
    pub(crate) faults: Option<&'static str>,
    /// Without any store.
    pub(crate) bare: bool,
}

impl Setup {
    /// A start with all stores, in a folder of its own.
    pub(crate) fn new(document: Value, secrets: Vec<(String, String)>) -> Verdict<Setup> {
        Ok(Setup { document, secrets, folder: Folder::new()?, faults: None, bare: false })
    }
}

/// A folder of the suite's own, gone with the last who holds it.
#[derive(Debug)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// A new one.
    pub(crate) fn new() -> Verdict<Arc<Folder>> {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("tollbridge-conformance-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        match fs::create_dir_all(&path) {
            Ok(()) => Ok(Arc::new(Folder(path))),
            Err(error) => fail(format!("cannot make {}: {error}", path.display())),
        }
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _gone = fs::remove_dir_all(&self.0);
    }
}

/// A gateway that runs.
pub(crate) struct Running {
    /// Its address, `http://host:port`.
    pub(crate) url: String,
    /// Its process, where the suite started it.
    pub(crate) process: Option<Child>,
    /// What it has printed to standard output, line by line.
    pub(crate) lines: Arc<Lines>,
    /// The process group to end, where it is more than the process.
    pub(crate) group: Option<u32>,
    /// Whether a caller has to reset the connection to be seen leaving.
    pub(crate) resets: bool,
    /// Whether it keeps a ledger. Where not, the log is the ledger.
    pub(crate) ledger: bool,
    /// What it keeps its data in.
    #[expect(dead_code, reason = "held so that the folder is there for as long as the process")]
    pub(crate) folder: Option<Arc<Folder>>,
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

    /// The last line in JSON that is `right`.
    fn with(&self, right: impl Fn(&Value) -> bool) -> Option<Value> {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let read = |line: &String| serde_json::from_str(line).ok().filter(&right);
        lines.iter().rev().find_map(read)
    }

    /// The last line in JSON that is `right`, once there is one.
    pub(crate) async fn coming(&self, right: impl Fn(&Value) -> bool) -> Option<Value> {
        for _ in 0..500 {
            if let Some(line) = self.with(&right) {
                return Some(line);
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        None
    }
}

impl Running {
    /// A gateway that somebody else started.
    pub(crate) fn elsewhere(url: &str) -> Running {
        let url = url.to_owned();
        Running {
            url,
            process: None,
            lines: Arc::default(),
            group: None,
            resets: false,
            ledger: true,
            folder: None,
        }
    }

    /// Resident memory in kilobytes, of the process or of all in its group, where that can be known. A database
    /// that is emulated beside the gateway is none of it.
    pub(crate) fn memory_kb(&self) -> Option<u64> {
        let Some(group) = self.group else { return resident_kb(self.process.as_ref()?.id()?) };
        let member = |entry: io::Result<fs::DirEntry>| {
            let id: u32 = entry.ok()?.file_name().to_str()?.parse().ok()?;
            let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
            let (name, rest) = stat.split_once('(')?.1.rsplit_once(')')?;
            let its = rest.split_whitespace().nth(2)?.parse::<u32>().ok()?;
            (its == group && name != "java").then(|| resident_kb(id)).flatten()
        };
        Some(fs::read_dir("/proc").ok()?.filter_map(member).sum())
    }

    /// Ends it as a failing machine would, and waits until it is gone.
    pub(crate) async fn kill(mut self) -> Verdict {
        self.end("KILL");
        let Some(process) = &mut self.process else { return skip("was started by somebody else") };
        match process.wait().await {
            Ok(_) => Ok(()),
            Err(error) => fail(format!("cannot wait for the gateway's end: {error}")),
        }
    }

    fn end(&self, signal: &str) {
        let whom = match (self.group, self.process.as_ref().and_then(Child::id)) {
            (Some(group), _) => format!("-{group}"),
            (None, Some(process)) => process.to_string(),
            (None, None) => return,
        };
        let signal = format!("-{signal}");
        let _ended = std::process::Command::new("kill").args([signal.as_str(), "--", whom.as_str()]).status();
    }
}

fn resident_kb(id: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

impl Drop for Running {
    fn drop(&mut self) {
        // A process without a group ends with its handle.
        if self.group.is_some() {
            self.end("TERM");
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
