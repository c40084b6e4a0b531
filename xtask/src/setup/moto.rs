//! moto, which plays S3, Systems Manager and Secrets Manager on this machine; DynamoDB, too, where there is no Java.

use super::python;
use crate::process::Outcome;
use crate::project::Project;
use std::path::{Path, PathBuf};
use std::process::Command;

const WHEELS: &str = "moto[server]==5.2.5";

pub(crate) fn install(project: &Project) -> Outcome {
    python::install(project, "moto", WHEELS)
}

/// The program, on a port of this machine.
pub(crate) fn server(project: &Project, port: u16) -> Command {
    let mut server = Command::new(python::program(project, "moto", "moto_server"));
    server.args(["-H", "127.0.0.1", "-p", &port.to_string()]);
    server
}

/// Lets it write down what it is asked, in a file of the folder. It keeps things in memory only: another finds
/// them by being asked the same (`infra/lambda/stand_in.py`).
pub(crate) fn record(server: &mut Command, data: &Path) {
    server.env("MOTO_ENABLE_RECORDING", "true").env(RECORDING, recording(data));
}

/// The variable that names the file.
pub(crate) const RECORDING: &str = "MOTO_RECORDER_FILEPATH";

/// The file's name.
pub(crate) fn recording(data: &Path) -> PathBuf {
    data.join("moto.jsonl")
}

/// The Python with Amazon's client library.
pub(crate) fn python(project: &Project) -> PathBuf {
    python::program(project, "moto", "python")
}
