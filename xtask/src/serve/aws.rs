//! Amazon's services on this machine: DynamoDB Local (moto where there is no Java), and moto for the others.

use crate::process::{Failure, context, run_quietly, to_file};
use crate::project::Project;
use crate::setup::{dynamodb_local, moto};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command};
use std::thread::sleep;
use std::time::{Duration, Instant};

const TABLE: &str = "tollbridge";
const BUCKET: &str = "tollbridge";

/// The services, ended when this is dropped.
pub(crate) struct Aws {
    programs: Vec<Child>,
    environment: Vec<(&'static str, String)>,
}

impl Aws {
    /// Starts them, with what `template.yaml` makes, and these parameters (`ssm:/name`) and secrets
    /// (`secretsmanager:name`). They keep their data in the folder, if there is one, and find it there again.
    pub(crate) fn start(
        project: &Project,
        data: Option<&Path>,
        values: &[(String, String)],
    ) -> Result<Self, Failure> {
        moto::install(project)?;
        let [mut dynamodb_port, moto_port] = [free_port()?, free_port()?];
        let mut aws = Self { programs: Vec::new(), environment: Vec::new() };
        let mut others = moto::server(project, moto_port);
        if let Some(data) = data {
            moto::record(&mut others, data);
        }
        aws.run(project, "moto", &mut others)?;
        if dynamodb_local::is_possible() {
            dynamodb_local::install(project)?;
            let mut local = dynamodb_local::command(project, data);
            aws.run(project, "dynamodb-local", local.args(["-port", &dynamodb_port.to_string()]))?;
        } else {
            dynamodb_port = moto_port;
        }
        let address = |port: u16| format!("http://127.0.0.1:{port}");
        aws.environment = vec![
            ("AWS_ENDPOINT_URL", address(moto_port)),
            ("AWS_ENDPOINT_URL_DYNAMODB", address(dynamodb_port)),
            ("AWS_REGION", "us-east-1".to_owned()),
            ("AWS_DEFAULT_REGION", "us-east-1".to_owned()),
            ("AWS_ACCESS_KEY_ID", "local".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "local".to_owned()),
            ("TOLLBRIDGE_TABLE", TABLE.to_owned()),
            ("TOLLBRIDGE_BUCKET", BUCKET.to_owned()),
        ];
        for port in [moto_port, dynamodb_port] {
            wait_for(port)?;
        }
        let mut make = Command::new(moto::python(project));
        make.args(["infra/lambda/stand_in.py", "template.yaml", TABLE, BUCKET]).current_dir(project.root());
        make.args(values.iter().map(|(name, value)| format!("{name}={value}")));
        if let Some(data) = data {
            make.env(moto::RECORDING, moto::recording(data));
        }
        run_quietly(project, "aws-stand-in", make.envs(aws.environment()))?;
        Ok(aws)
    }

    /// Where they are, for whatever is to speak to them.
    pub(crate) fn environment(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.environment.iter().map(|(name, value)| (*name, value.as_str()))
    }

    fn run(&mut self, project: &Project, name: &str, command: &mut Command) -> Result<(), Failure> {
        let log = project.logs()?.join(format!("{name}-{}.log", std::process::id()));
        let child = to_file(command, &log).map_err(|error| context(&format!("cannot run {name}"), error))?;
        self.programs.push(child);
        Ok(())
    }
}

impl Drop for Aws {
    fn drop(&mut self) {
        for program in &mut self.programs {
            let _ = program.kill();
            let _ = program.wait();
        }
    }
}

fn free_port() -> Result<u16, Failure> {
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr());
    port.map(|address| address.port()).map_err(|error| context(&"no free port", error))
}

fn wait_for(port: u16) -> Result<(), Failure> {
    let start = Instant::now();
    while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
        if start.elapsed() > Duration::from_secs(60) {
            return Err(Failure::new(format!("nobody listens on port {port} after a minute")));
        }
        sleep(Duration::from_millis(50));
    }
    Ok(())
}
