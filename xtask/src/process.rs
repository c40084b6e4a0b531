//! Running programs.

use crate::project::Project;
use std::fmt::{self, Display};
use std::fs::{self, File};
use std::io;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Why a command did not succeed, in words for the person who ran it.
#[derive(Debug)]
pub(crate) struct Failure(String);

/// What a command that yields nothing returns.
pub(crate) type Outcome = Result<(), Failure>;

impl Failure {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An error, with what was being done.
pub(crate) fn context(what: &dyn Display, error: impl Display) -> Failure {
    Failure(format!("{what}: {error}"))
}

/// The program and its arguments, as a person would type them.
pub(crate) fn shown(command: &Command) -> String {
    let mut line = command.get_program().to_string_lossy().into_owned();
    for argument in command.get_args() {
        line.push(' ');
        line.push_str(&argument.to_string_lossy());
    }
    line
}

fn unstartable(command: &Command, error: io::Error) -> Failure {
    context(&format!("cannot run `{}`", shown(command)), error)
}

fn ended(command: &Command, status: ExitStatus, output: &str) -> Outcome {
    if status.success() {
        return Ok(());
    }
    let lines: Vec<&str> = output.lines().collect();
    let tail = lines[lines.len().saturating_sub(60)..].join("\n");
    Err(Failure(format!("`{}` failed ({status})\n{tail}", shown(command))))
}

/// Runs a program whose output is shown only if it fails.
pub(crate) fn run_quietly(project: &Project, log: &str, command: &mut Command) -> Outcome {
    let path = project.logs()?.join(format!("{log}.log"));
    let status = to_file(command, &path)
        .and_then(|mut child| child.wait())
        .map_err(|error| unstartable(command, error))?;
    ended(command, status, &fs::read_to_string(&path).unwrap_or_default())
}

/// Starts a program that writes both its outputs to a file.
pub(crate) fn to_file(command: &mut Command, path: &std::path::Path) -> io::Result<Child> {
    let out = File::create(path)?;
    let err = out.try_clone()?;
    command.stdin(Stdio::null()).stdout(out).stderr(err).spawn()
}

/// Runs a program for what it prints.
pub(crate) fn output(command: &mut Command) -> Result<Output, Failure> {
    command.stdin(Stdio::null()).output().map_err(|error| unstartable(command, error))
}

/// Runs a program for what it prints; it must succeed.
pub(crate) fn text(command: &mut Command) -> Result<String, Failure> {
    let output = output(command)?;
    ended(command, output.status, &String::from_utf8_lossy(&output.stderr))?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Whether a program succeeded within the time; it is ended after that.
pub(crate) fn succeeds_within(command: &mut Command, limit: Duration) -> bool {
    let silent = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let Ok(mut child) = silent.spawn() else { return false };
    let start = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return status.success(),
            Ok(None) if start.elapsed() < limit => sleep(Duration::from_millis(50)),
            _ => {
                let _ = child.kill();
                let _ = child.wait();
                return false;
            }
        }
    }
}
