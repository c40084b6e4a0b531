//! What is tested of Lambda beside the cases that every target must pass: its stores and the ends of its
//! instances, and what `sam deploy` would upload.

use super::suite::{check, counted};
use super::tally::Tally;
use crate::build::host::{WASM_ONLY, features};
use crate::build::lambda::{self, Architecture};
use crate::process::{Failure, context, text};
use crate::project::Project;
use crate::serve::aws::Aws;
use crate::setup::{cargo_lambda, cfn_lint, rust_arm64, sam};
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The most that a function's package may have, zipped: Lambda reads all of it before a first instance starts.
const LARGEST_ZIP: u64 = 6_000_000;

/// The longest that an instance may take from its start to its first question for work.
const LONGEST_INIT: Duration = Duration::from_millis(25);

/// How many instances are started to see it. The quickest counts: others may have waited for a processor.
const STARTS: usize = 20;

/// The store suites and the ends of instances, on the engines that play Amazon's services here.
pub(super) fn stores(project: &Project) -> Result<Tally, Failure> {
    let bootstrap = lambda::build(project)?;
    let values = [
        ("ssm:/tollbridge/test/parameter", "a parameter's value"),
        ("ssm:/tollbridge/test/OPENAI_API_KEY", "a parameter's value"),
        ("secretsmanager:tollbridge/test/secret", r#"{"member":"a member's value"}"#),
    ];
    let values = values.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let aws = Aws::start(project, None, &values)?;
    let mut test = Command::new("cargo");
    // All of the workspace, so that crates have the features that they were built with before.
    test.args(["test", "--quiet", "--workspace", "--no-fail-fast"]).args(features());
    for name in WASM_ONLY {
        test.args(["--exclude", name]);
    }
    test.args(["--test", "lambda_stores", "--test", "lambda_settings", "--test", "lambda_ends"])
        .current_dir(project.root());
    test.env("CARGO_TERM_COLOR", "never").env("TOLLBRIDGE_BOOTSTRAP", &bootstrap);
    counted(test.envs(aws.environment()))
}

/// The template, and the packages of both processors that `sam build` makes from it.
pub(super) fn package(project: &Project) -> Result<Tally, Failure> {
    cfn_lint::install(project)?;
    sam::install(project)?;
    let mut lint = Command::new(cfn_lint::program(project));
    let mut tally = check(project, "cfn-lint", lint.arg("template.yaml").current_dir(project.root()))?;
    let mut validate = sam(project)?;
    validate.args(["validate", "--lint", "--region", "eu-west-1"]);
    tally.add(check(project, "sam-validate", &mut validate)?);
    for architecture in [Architecture::X86_64, Architecture::Arm64] {
        tally.add(build(project, architecture)?);
    }
    tally.add(init(project)?);
    Ok(tally)
}

fn build(project: &Project, architecture: Architecture) -> Result<Tally, Failure> {
    let name = architecture.name();
    let folder = project.target().join("sam").join(name);
    let mut build = sam(project)?;
    if architecture == Architecture::Arm64 {
        rust_arm64::install(project)?;
        build.env("PATH", rust_arm64::search_path(&cargo_lambda::search_path(project)));
    }
    build
        .args(["build", "--parameter-overrides", &format!("Architecture={name}"), "--build-dir"])
        .arg(&folder);
    let tally = check(project, &format!("sam-build-{name}"), &mut build)?;
    for function in ["Gateway", "Buffered"] {
        let bootstrap = folder.join(function).join("bootstrap");
        architecture.check(&bootstrap)?;
        let size = zipped(project, &bootstrap)?;
        println!("{function} for {name}: {size} bytes zipped, of at most {LARGEST_ZIP}");
        if size > LARGEST_ZIP {
            return Err(Failure::new(format!("the package of {function} for {name} is too large")));
        }
    }
    Ok(tally)
}

/// The SAM CLI, which calls cargo-lambda.
fn sam(project: &Project) -> Result<Command, Failure> {
    cargo_lambda::install(project)?;
    let mut sam = Command::new(sam::program(project));
    sam.current_dir(project.root())
        .env("SAM_CLI_TELEMETRY", "0")
        .env("PATH", cargo_lambda::search_path(project));
    Ok(sam)
}

/// The size of a zip with this file, as SAM packs it.
fn zipped(project: &Project, file: &Path) -> Result<u64, Failure> {
    const PROGRAM: &str = "import io, sys, zipfile\n\
        out = io.BytesIO()\n\
        zipfile.ZipFile(out, 'w', zipfile.ZIP_DEFLATED).write(sys.argv[1], 'bootstrap')\n\
        print(out.tell())";
    let size = text(Command::new(sam::python(project)).args(["-c", PROGRAM]).arg(file))?;
    size.parse().map_err(|error| context(&"the size of a zip", error))
}

/// How long an instance takes until it asks for work, with a document and its secrets at hand.
fn init(project: &Project) -> Result<Tally, Failure> {
    let bootstrap = project.target().join("sam").join(Architecture::of_this_machine()?.name());
    let bootstrap = bootstrap.join("Gateway/bootstrap");
    let mut times = (0..STARTS).map(|_| start(&bootstrap)).collect::<Result<Vec<_>, _>>()?;
    times.sort_unstable();
    let (Some(best), Some(median)) = (times.first(), times.get(STARTS / 2)) else {
        return Err(Failure::new("no instance was started"));
    };
    println!("init: {best:.1?} at best, {median:.1?} in the median, of at most {LONGEST_INIT:?}");
    if *best > LONGEST_INIT {
        return Err(Failure::new("an instance takes too long to start"));
    }
    Ok(Tally::success())
}

fn start(bootstrap: &Path) -> Result<Duration, Failure> {
    let failed = |error| context(&"starting an instance", error);
    let runtime = TcpListener::bind("127.0.0.1:0").map_err(failed)?;
    let address = runtime.local_addr().map_err(failed)?;
    let mut instance = Command::new(bootstrap);
    instance
        .env("AWS_LAMBDA_RUNTIME_API", address.to_string())
        .env("AWS_LAMBDA_FUNCTION_NAME", "gateway")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
        .env("AWS_REGION", "eu-west-1")
        .env("TOLLBRIDGE_TABLE", "table")
        .env("TOLLBRIDGE_BUCKET", "bucket")
        .env("TOLLBRIDGE_MASTER_KEY", "a-key-of-the-tests")
        .env("OPENAI_API_KEY", "a-key")
        .env("TOLLBRIDGE_CONFIG", DOCUMENT)
        .stdout(Stdio::inherit());
    let began = Instant::now();
    let mut child = instance.spawn().map_err(failed)?;
    let asked = runtime.accept().and_then(|(stream, _)| {
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line).map(|_| (began.elapsed(), line))
    });
    let _ = child.kill();
    let _ = child.wait();
    let (time, line) = asked.map_err(failed)?;
    let next = "GET /2018-06-01/runtime/invocation/next ";
    if line.starts_with(next) {
        Ok(time)
    } else {
        Err(Failure::new(format!("an instance began with {line}")))
    }
}

const DOCUMENT: &str = r#"{
    "master_key": {"secret": "TOLLBRIDGE_MASTER_KEY"},
    "providers": {"openai": {"api_key": {"secret": "OPENAI_API_KEY"}}}
}"#;
