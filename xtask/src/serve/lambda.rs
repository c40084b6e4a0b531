//! Lambda: its runtime API, as cargo-lambda plays it, and some instances of the function.

use super::Settings;
use crate::build::host;
use crate::process::Failure;
use crate::project::Project;
use crate::setup::cargo_lambda;
use std::process::Command;

/// An instance serves one request at a time.
const INSTANCES: usize = 12;

pub(super) fn commands(project: &Project, settings: &Settings) -> Result<Vec<Command>, Failure> {
    cargo_lambda::install(project)?;
    let function = host::program(project, "tollbridge-lambda")?;
    let port = settings.port.to_string();
    let mut runtime = Command::new(cargo_lambda::program(project));
    runtime
        .args(["lambda", "watch", "--only-lambda-apis", "--ignore-changes", "-A", "127.0.0.1", "-P", &port])
        .current_dir(project.root());
    let mut commands = vec![runtime];
    commands.extend((0..INSTANCES).map(|_| instance(&function, settings)));
    Ok(commands)
}

/// Lambda replaces an instance that ends; so does this.
fn instance(function: &Command, settings: &Settings) -> Command {
    let mut shell = Command::new("sh");
    shell
        .args(["-c", r#"while :; do "$0"; sleep 0.1; done"#])
        .arg(function.get_program())
        .envs(settings.variables())
        .env("TOLLBRIDGE_CONFIG", settings.document.line())
        .env("AWS_LAMBDA_RUNTIME_API", format!("http://127.0.0.1:{}/.rt", settings.port))
        .env("AWS_LAMBDA_FUNCTION_NAME", "_")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256");
    shell
}
