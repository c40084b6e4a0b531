//! Lambda: its runtime API, as cargo-lambda plays it, some instances of the function, and the services around it.

use super::aws::Aws;
use super::{Running, Settings};
use crate::build::{host, lambda};
use crate::process::{Failure, context};
use crate::project::Project;
use crate::setup::cargo_lambda;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// An instance serves one request at a time. Twelve cases at once, and twenty streams in one of them.
const INSTANCES: usize = 34;

pub(super) fn start(project: &Project, settings: &Settings) -> Result<Running, Failure> {
    cargo_lambda::install(project)?;
    let function = match settings.faults {
        None => Command::new(copy(&lambda::build(project)?, &settings.data)?),
        // What is deployed has no faults.
        Some(_) => host::program(project, "tollbridge-lambda")?,
    };
    let variables: Vec<_> = settings.variables().into_iter().enumerate().map(Variable::new).collect();
    let services = match settings.bare {
        true => None,
        false => {
            let values: Vec<_> = variables.iter().filter_map(Variable::stored).collect();
            Some(Aws::start(project, Some(&settings.data), &values)?)
        }
    };
    let port = settings.port.to_string();
    let mut runtime = Command::new(cargo_lambda::program(project));
    runtime
        .args(["lambda", "watch", "--only-lambda-apis", "--ignore-changes", "-A", "127.0.0.1", "-P", &port])
        .current_dir(project.root());
    let mut commands = vec![runtime];
    commands.extend((0..INSTANCES).map(|_| {
        let mut instance = instance(&function, settings);
        match &services {
            Some(aws) => {
                instance.envs(aws.environment());
                instance.envs(variables.iter().map(|variable| (&variable.name, &variable.reference)));
            }
            None => {
                instance.envs(variables.iter().map(|variable| (&variable.name, &variable.value)));
            }
        }
        instance
    }));
    Ok(Running { commands, services })
}

/// The function beside the data of those who serve it: what runs cannot be built anew.
fn copy(function: &Path, data: &Path) -> Result<PathBuf, Failure> {
    let copy = data.join("bootstrap");
    // Its earlier instances may not have ended yet; their file lives on without its name.
    let _gone = fs::remove_file(&copy);
    fs::create_dir_all(data).map_err(|error| context(&data.display(), error))?;
    fs::copy(function, &copy).map_err(|error| context(&copy.display(), error))?;
    Ok(copy)
}

/// How many secrets each of the two services keeps. More would have every instance ask an emulator, which takes
/// one question after another, some fifty times before it answers anybody.
const KEPT: usize = 2;

/// A variable of the function. Some secrets are looked up as a deployed function looks them up.
struct Variable {
    name: String,
    value: String,
    reference: String,
}

impl Variable {
    fn new((number, (name, value)): (usize, (String, String))) -> Self {
        let reference = match number % 2 {
            _ if number >= 2 * KEPT || name == super::FAULTS => value.clone(),
            0 => format!("ssm:/tollbridge/local/{name}"),
            _ => format!("secretsmanager:tollbridge/local/{name}"),
        };
        Self { name, value, reference }
    }

    /// What one of the services is to keep, and where.
    fn stored(&self) -> Option<(String, String)> {
        (self.value != self.reference).then(|| (self.reference.clone(), self.value.clone()))
    }
}

/// Lambda replaces an instance that ends; so does this.
fn instance(function: &Command, settings: &Settings) -> Command {
    let mut shell = Command::new("sh");
    shell
        .args(["-c", r#"while :; do "$0"; sleep 0.1; done"#])
        .arg(function.get_program())
        .env("TOLLBRIDGE_CONFIG", settings.document.line())
        .env("AWS_LAMBDA_RUNTIME_API", format!("http://127.0.0.1:{}/.rt", settings.port))
        .env("AWS_LAMBDA_FUNCTION_NAME", "_")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256");
    shell
}
