//! Who is measured, and what stands behind them.

use std::{
    fs,
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use super::{
    Bench,
    cpu::{self, pinned},
    load::Goal,
    scenario::{Manner, Protocol, Scenario},
};
use crate::process::{Failure, context, to_file};

/// The provider's port.
pub(super) const UPSTREAM: u16 = 19_100;
/// nginx has a port for each manner, as it cannot choose by a body.
const NGINX: u16 = 19_110;
const FLOOR: u16 = 19_120;
/// The gateway's.
pub(super) const GATEWAY: u16 = 19_130;

/// The key that callers show.
pub(super) const KEY: &str = "sk-bench";

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// No proxy at all: what latencies are added to.
    Direct,
    /// The measure of all.
    Nginx,
    /// A relay that does a gateway's work and nothing else.
    Floor,
    /// The gateway.
    Gateway,
}

impl Kind {
    pub(super) fn all(bench: &Bench) -> impl Iterator<Item = Self> {
        let floor = bench.programs.floor.is_some();
        [Self::Direct, Self::Nginx, Self::Floor, Self::Gateway]
            .into_iter()
            .filter(move |kind| *kind != Self::Floor || floor)
    }

    /// Latency is measured at one connection, where no proxy at all is the measure.
    pub(super) fn takes_part_in(self, scenario: &Scenario) -> bool {
        match self {
            Self::Direct => scenario.connections == 1,
            Self::Floor => scenario.front == Protocol::Chat && scenario.wire == Protocol::Chat,
            Self::Nginx | Self::Gateway => true,
        }
    }
}

/// A process that ends with its value.
pub(super) struct Running(Child);

impl Running {
    pub(super) fn id(&self) -> u32 {
        self.0.id()
    }

    /// It, and what it started.
    pub(super) fn all(&self) -> Vec<u32> {
        let mut all = cpu::children(self.id());
        all.push(self.id());
        all
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // nginx's master takes its worker along only when it is asked to stop.
        let asked = Command::new("kill").arg(self.0.id().to_string()).status();
        let start = Instant::now();
        while asked.is_ok() && start.elapsed() < Duration::from_secs(5) {
            if matches!(self.0.try_wait(), Ok(Some(_))) {
                return;
            }
            sleep(Duration::from_millis(20));
        }
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A contender that is ready.
pub(super) struct Contender {
    pub(super) kind: Kind,
    pub(super) port: u16,
    /// The path of the endpoint.
    pub(super) path: String,
    process: Option<Running>,
}

impl Contender {
    pub(super) fn start(kind: Kind, bench: &Bench, scenario: &Scenario) -> Result<Self, Failure> {
        let manner = scenario.manner;
        let (process, port) = match kind {
            Kind::Direct => (None, UPSTREAM),
            Kind::Nginx => (Some(nginx(bench)?), NGINX + manner as u16),
            Kind::Floor => (Some(floor(bench, manner)?), FLOOR),
            Kind::Gateway => (Some(gateway(bench)?), GATEWAY),
        };
        let path = match scenario.front {
            Protocol::Messages => "/v1/messages",
            _ => "/v1/chat/completions",
        };
        let path = match kind {
            Kind::Direct => format!("/{}{path}", manner.name()),
            _ => path.to_owned(),
        };
        Ok(Self { kind, port, path, process })
    }

    /// Where its load goes.
    pub(super) fn goal(&self) -> Goal<'_> {
        let processes = self.process.as_ref().map_or_else(Vec::new, Running::all);
        Goal { port: self.port, path: &self.path, named: self.kind == Kind::Gateway, processes }
    }
}

/// The provider, for as long as the value lives.
pub(super) fn upstream(bench: &Bench) -> Result<Running, Failure> {
    let mut command = pinned(&bench.pins.load, &bench.programs.upstream);
    start(command.arg(format!("127.0.0.1:{UPSTREAM}")), UPSTREAM, &bench.folder.join("upstream.log"))
}

/// The gateway as it ships: a key required, a log line and a usage row for each request.
pub(super) fn gateway(bench: &Bench) -> Result<Running, Failure> {
    let data = bench.folder.join("data");
    if data.exists() {
        fs::remove_dir_all(&data).map_err(|error| context(&data.display(), error))?;
    }
    let mut command = pinned(&bench.pins.proxy, &bench.programs.gateway);
    command.current_dir(&bench.folder).env_clear();
    command.env("PORT", GATEWAY.to_string()).env("DATA_DIR", &data).env("TOLLBRIDGE_MASTER_KEY", KEY);
    for manner in Manner::ALL {
        let (name, path) = (manner.name().to_uppercase(), manner.name());
        for provider in ["OPENAI", "ANTHROPIC", "GEMINI"] {
            command.env(format!("{provider}_{name}_API_KEY"), "sk-123");
            let base = format!("http://127.0.0.1:{UPSTREAM}/{path}/v1");
            command.env(format!("{provider}_{name}_BASE_URL"), base);
        }
    }
    start(&mut command, GATEWAY, &bench.folder.join("gateway.log"))
}

fn floor(bench: &Bench, manner: Manner) -> Result<Running, Failure> {
    let program = bench.programs.floor.as_deref().unwrap_or(Path::new("relay-floor"));
    let mut command = pinned(&bench.pins.proxy, program);
    command.arg(format!("127.0.0.1:{FLOOR}")).arg(format!("http://127.0.0.1:{UPSTREAM}/{}", manner.name()));
    command.arg(bench.folder.join("floor.db"));
    start(&mut command, FLOOR, &bench.folder.join("floor.log"))
}

fn nginx(bench: &Bench) -> Result<Running, Failure> {
    let config = bench.folder.join("nginx.conf");
    fs::write(&config, nginx_config(&bench.folder)).map_err(|error| context(&config.display(), error))?;
    let mut command = pinned(&bench.pins.proxy, "nginx");
    command.arg("-p").arg(&bench.folder).arg("-c").arg(&config);
    start(&mut command, NGINX, &bench.folder.join("nginx.log"))
}

/// A reverse proxy as a careful operator sets it up: one worker, connections kept on both sides,
/// no access log, buffering off for streams only, bodies of the sizes sent kept in memory.
fn nginx_config(folder: &Path) -> String {
    let servers: String = Manner::ALL
        .iter()
        .map(|&manner| {
            let buffering = if manner == Manner::Plain { "on" } else { "off" };
            format!(
                "server {{ listen 127.0.0.1:{} backlog=1024; location / {{ proxy_pass http://upstream/{}/; \
                 proxy_http_version 1.1; proxy_set_header connection \"\"; proxy_buffering {buffering}; }} }}\n",
                NGINX + manner as u16,
                manner.name()
            )
        })
        .collect();
    let folder = folder.display();
    format!(
        "daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/nginx-error.log;\n\
         events {{ worker_connections 4096; }}\n\
         http {{ access_log off; keepalive_requests 1000000000; client_body_buffer_size 256k;\n\
         client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;\n\
         fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;\n\
         upstream upstream {{ server 127.0.0.1:{UPSTREAM}; keepalive 256; keepalive_requests 1000000000; }}\n\
         {servers}}}\n"
    )
}

/// Starts a program, and waits until it listens.
pub(super) fn start(command: &mut Command, port: u16, log: &Path) -> Result<Running, Failure> {
    if listens(port) {
        return Err(Failure::new(format!("something else listens on port {port}")));
    }
    let child = to_file(command.stdin(Stdio::null()), log).map_err(|error| context(&log.display(), error))?;
    let mut running = Running(child);
    let start = Instant::now();
    while !listens(port) {
        let ended = running.0.try_wait().is_ok_and(|status| status.is_some());
        if ended || start.elapsed() > Duration::from_secs(10) {
            let said = fs::read_to_string(log).unwrap_or_default();
            return Err(Failure::new(format!("nothing listens on port {port}:\n{said}")));
        }
        sleep(Duration::from_millis(10));
    }
    Ok(running)
}

fn listens(port: u16) -> bool {
    TcpStream::connect(("127.0.0.1", port)).is_ok()
}
