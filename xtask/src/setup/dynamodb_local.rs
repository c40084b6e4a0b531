//! Amazon's own DynamoDB for one machine, from Maven Central.

use super::stamp;
use crate::process::{Outcome, context, run_quietly, succeeds_within};
use crate::project::Project;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const VERSION: &str = "2.6.1";

/// Whether this machine has what it takes.
pub(crate) fn is_possible() -> bool {
    let runs =
        |program: &str, arg: &str| succeeds_within(Command::new(program).arg(arg), Duration::from_secs(20));
    runs("java", "-version") && runs("mvn", "--version")
}

pub(crate) fn install(project: &Project) -> Outcome {
    stamp::once(project, "dynamodb-local", VERSION, || {
        let home = home(project);
        let pom = home.join("pom.xml");
        fs::create_dir_all(&home)
            .and_then(|()| fs::write(&pom, manifest()))
            .map_err(|error| context(&pom.display(), error))?;
        let mut maven = Command::new("mvn");
        maven.args([
            "-q",
            "-B",
            "dependency:copy-dependencies",
            "-DoutputDirectory=lib",
            "-DincludeScope=runtime",
        ]);
        run_quietly(project, "dynamodb-local", maven.current_dir(&home))
    })
}

/// The program, without its port: over a folder, else in memory.
pub(crate) fn command(project: &Project, data: Option<&Path>) -> Command {
    let mut java = Command::new("java");
    java.args([
        "-Djava.library.path=lib",
        "-cp",
        "lib/*",
        "com.amazonaws.services.dynamodbv2.local.main.ServerRunner",
    ]);
    match data {
        Some(data) => java.arg("-dbPath").arg(data),
        None => java.arg("-inMemory"),
    };
    java.arg("-sharedDb").current_dir(home(project));
    java
}

fn home(project: &Project) -> PathBuf {
    project.tools().join("dynamodb-local")
}

fn manifest() -> String {
    format!(
        "<project xmlns=\"http://maven.apache.org/POM/4.0.0\"><modelVersion>4.0.0</modelVersion>\
         <groupId>tollbridge</groupId><artifactId>dynamodb-local</artifactId><version>1</version>\
         <dependencies><dependency><groupId>com.amazonaws</groupId><artifactId>DynamoDBLocal</artifactId>\
         <version>{VERSION}</version></dependency></dependencies></project>\n"
    )
}
