//! `cargo xtask serve`: the gateway on a target's own runtime, on this machine.
//!
//! Each target has a file that builds what is deployed there and says which programs to start. They run until
//! they are interrupted; what they print, the gateway's log included, is printed here.

pub(crate) mod aws;
mod cloudflare;
mod document;
mod lambda;
mod native;
mod spin;

use crate::build::spin::Component;
use crate::process::{Failure, Outcome, context, shown};
use crate::project::Project;
use crate::target::Target;
use document::Document;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// What to serve, and where.
struct Settings {
    target: Target,
    port: u16,
    document: Document,
    /// The folder that the target's stores keep their data in. A second serve over it finds what the first left.
    data: PathBuf,
    /// Without any store: none is bound, and the gateway has to say so.
    bare: bool,
    /// Which stores fail on purpose, and how. It needs a build with the feature `faults`.
    faults: Option<String>,
}

impl Settings {
    /// The variables of the gateway beside the document: the secrets that it names, and the faults.
    fn variables(&self) -> Vec<(String, String)> {
        let faults = self.faults.iter().map(|plan| (FAULTS.to_owned(), plan.clone()));
        self.document.secrets().into_iter().chain(faults).collect()
    }
}

/// The variable that a build with the feature `faults` reads.
const FAULTS: &str = "TOLLBRIDGE_FAULTS";

/// What a target starts.
struct Running {
    /// Its programs. The first one listens, and the others are started once it does.
    commands: Vec<Command>,
    /// What they speak to and runs already.
    services: Option<aws::Aws>,
}

impl Running {
    fn of(commands: Vec<Command>) -> Self {
        Self { commands, services: None }
    }
}

/// `cargo xtask serve --target TARGET [--port N] [--config FILE.json] [--data FOLDER] [--bare] [--faults PLAN]`
pub(crate) fn command(project: &Project, args: &[String]) -> Outcome {
    let settings = parse(project, args)?;
    let running = match settings.target {
        Target::Native => Running::of(native::commands(project, &settings)?),
        Target::Cloudflare => Running::of(cloudflare::commands(project, &settings)?),
        Target::Lambda => lambda::start(project, &settings)?,
        Target::Spin => Running::of(spin::commands(project, &settings, Component::Full)?),
        Target::SpinHosted => Running::of(spin::commands(project, &settings, Component::Hosted)?),
    };
    // Ended last: the target's programs speak to them.
    let _services = running.services;
    let mut children = Children(Vec::new());
    for mut command in running.commands {
        let child =
            command.spawn().map_err(|error| context(&format!("cannot run `{}`", shown(&command)), error))?;
        children.0.push(child);
        children.wait_until(|| listens(settings.port))?;
    }
    children.wait_until(|| answers(settings.port))?;
    println!("Tollbridge on {} answers on http://127.0.0.1:{}", settings.target.name(), settings.port);
    settings.document.print_key();
    children.wait_for_end()
}

fn parse(project: &Project, args: &[String]) -> Result<Settings, Failure> {
    let (mut target, mut port, mut document) = (None, 8080, None);
    let (mut data, mut bare, mut faults) = (None, false, None);
    let mut args = args.iter();
    while let Some(name) = args.next() {
        if name == "--bare" {
            bare = true;
            continue;
        }
        let value = args.next().ok_or_else(|| Failure::new(format!("{name} needs a value")))?;
        match name.as_str() {
            "--target" => target = Some(value.parse::<Target>()?),
            "--port" => port = value.parse().map_err(|error| context(&"--port", error))?,
            "--config" => document = Some(Document::read(value)?),
            "--data" => data = Some(PathBuf::from(value)),
            "--faults" => faults = Some(value.clone()),
            _ => return Err(Failure::new(format!("{name} is not an option of `cargo xtask serve`"))),
        }
    }
    let target =
        target.ok_or_else(|| Failure::new("--target native|cloudflare|lambda|spin|spin-hosted is needed"))?;
    // A folder for each port, so that several can run.
    let data = data.unwrap_or_else(|| project.target().join(format!("serve/{}-{port}", target.name())));
    fs::create_dir_all(&data).map_err(|error| context(&data.display(), error))?;
    // Programs are started in other folders than this.
    let data = data.canonicalize().map_err(|error| context(&data.display(), error))?;
    let document = document.unwrap_or_else(Document::demo);
    Ok(Settings { target, port, document, data, bare, faults })
}

/// The target's programs, ended together.
struct Children(Vec<Child>);

impl Children {
    /// Waits for the port, or for `/health`. A runtime may take its time to load the gateway.
    fn wait_until(&mut self, is_there: impl Fn() -> bool) -> Outcome {
        let start = Instant::now();
        while !is_there() {
            self.check_running()?;
            if start.elapsed() > Duration::from_secs(180) {
                return Err(Failure::new("the gateway did not answer within three minutes"));
            }
            sleep(Duration::from_millis(100));
        }
        Ok(())
    }

    fn wait_for_end(&mut self) -> Outcome {
        loop {
            self.check_running()?;
            sleep(Duration::from_millis(200));
        }
    }

    fn check_running(&mut self) -> Outcome {
        for child in &mut self.0 {
            if let Ok(Some(status)) = child.try_wait() {
                return Err(Failure::new(format!("the target's runtime ended ({status})")));
            }
        }
        Ok(())
    }
}

impl Drop for Children {
    fn drop(&mut self) {
        for child in &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn listens(port: u16) -> bool {
    TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok()
}

fn answers(port: u16) -> bool {
    let ask = || {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        stream.write_all(b"GET /health HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")?;
        let mut head = [0; 12];
        stream.read_exact(&mut head)?;
        Ok::<_, std::io::Error>(head.ends_with(b" 200"))
    };
    ask().unwrap_or(false)
}
