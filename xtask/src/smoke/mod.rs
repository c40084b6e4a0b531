//! `cargo xtask smoke`: whether a gateway that somebody deployed does what it should, asked from outside.
//!
//! A person runs it against an address of their own, on whatever platform. It sends a handful of small requests:
//! whether the gateway lives and reaches its stores, what models it names, an answer whole and streamed in both
//! protocols, what it says to a wrong key, and, with the master key, whether all of that was counted. One line is
//! printed for each, with how long it took. A gateway that has no provider yet is tried with its built-in model
//! `demo/echo`; of any other `--model` says which is asked, and its price is paid.
//!
//! Requests are made by `curl`, so that TLS, proxies and certificates are the machine's own.

mod curl;
mod json;
mod steps;

use crate::process::{Failure, Outcome};
use crate::project::Project;
use std::env;
use std::time::Duration;
use steps::{STEPS, Said};

/// What is asked, and as whom.
struct Deployment {
    /// The address, without a slash at its end.
    url: String,
    key: Option<String>,
    master_key: Option<String>,
    /// As the gateway knows it.
    model: String,
    /// Requests that the ledger had counted at the beginning, where that can be known.
    counted: Option<u64>,
}

/// `cargo xtask smoke --url URL [--key KEY] [--master-key KEY] [--model MODEL]`
pub(crate) fn command(_: &Project, args: &[String]) -> Outcome {
    let mut deployment = parse(args, |name| env::var(name).ok())?;
    curl::check()?;
    if deployment.model.is_empty() {
        deployment.model = steps::demo(&deployment)?;
    }
    println!("{}, model {}", deployment.url, deployment.model);
    deployment.counted = steps::count(&deployment);
    let (mut passed, mut failed, mut skipped) = (0, 0, Vec::new());
    for step in &STEPS {
        match (step.run)(&deployment) {
            Said::Well { took, detail } => {
                passed += 1;
                println!("ok    {:<26} {:>9}  {detail}", step.name, shown(took));
            }
            Said::Wrong(reason) => {
                failed += 1;
                println!("FAIL  {:<26} {reason}", step.name);
                if passed == 0 {
                    // It does not live: the others would say the same.
                    break;
                }
            }
            Said::Left(reason) => {
                println!("--    {:<26} {reason}", step.name);
                skipped.push(format!("{}: {reason}", step.name));
            }
        }
    }
    for reason in &skipped {
        println!("skipped: {reason}");
    }
    println!("{passed} passed, {failed} failed, {} skipped", skipped.len());
    if failed > 0 { Err(Failure::new("the deployment is not what it should be")) } else { Ok(()) }
}

fn shown(took: Duration) -> String {
    format!("{} ms", took.as_millis())
}

fn parse(args: &[String], variable: impl Fn(&str) -> Option<String>) -> Result<Deployment, Failure> {
    let mut url = variable("TOLLBRIDGE_URL");
    let mut key = variable("TOLLBRIDGE_KEY");
    let mut master_key = variable("TOLLBRIDGE_MASTER_KEY");
    let mut model = String::new();
    let mut args = args.iter();
    while let Some(name) = args.next() {
        let value = args.next().ok_or_else(|| Failure::new(format!("{name} needs a value")))?.clone();
        match name.as_str() {
            "--url" => url = Some(value),
            "--key" => key = Some(value),
            "--master-key" => master_key = Some(value),
            "--model" => model = value,
            _ => return Err(Failure::new(format!("{name} is not an option of `cargo xtask smoke`"))),
        }
    }
    let url = url.ok_or_else(|| Failure::new("--url is needed: the gateway's address, such as https://…"))?;
    let address = url.trim_end_matches('/').trim_end_matches("/v1");
    if !address.starts_with("https://") && !address.starts_with("http://") {
        return Err(Failure::new(format!("{url} is not an address: it begins with https://")));
    }
    let url = address.to_owned();
    let key = key.or_else(|| master_key.clone());
    Ok(Deployment { url, key, master_key, model, counted: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str, variables: &[(&str, &str)]) -> Result<Deployment, String> {
        let args: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        let variable = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        parse(&args, variable).map_err(|failure| failure.to_string())
    }

    #[test]
    fn options_and_variables_say_what_is_asked() {
        let found = parsed("--url https://a.example/v1/ --key k --model m", &[]).ok().unwrap();
        assert_eq!(
            (found.url.as_str(), found.key.as_deref(), found.model.as_str()),
            ("https://a.example", Some("k"), "m")
        );
        let found = parsed("--url http://a:1", &[("TOLLBRIDGE_MASTER_KEY", "all")]).ok().unwrap();
        assert_eq!((found.key.as_deref(), found.master_key.as_deref()), (Some("all"), Some("all")));
        assert_eq!(found.model, "", "to be found out");
        for (line, want) in [
            ("", "--url is needed"),
            ("--url", "--url needs a value"),
            ("--url a.example", "is not an address"),
            ("--url http://a --colour red", "--colour is not an option"),
        ] {
            assert!(parsed(line, &[]).err().unwrap().contains(want), "{line}");
        }
    }
}
