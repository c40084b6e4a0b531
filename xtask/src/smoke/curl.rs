//! One request, by `curl`.
//!
//! All that is asked goes in through its standard input, so that no key is in the list of processes.

use super::Deployment;
use crate::process::{Failure, succeeds_within};
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The longest that a request may take.
const LIMIT: &str = "120";

/// What curl writes behind the body: a line that no body of ours begins.
const MARK: &str = "@@curl@@ ";

/// Whether there is a curl.
pub(super) fn check() -> Result<(), Failure> {
    if succeeds_within(Command::new("curl").arg("--version"), Duration::from_secs(10)) {
        return Ok(());
    }
    Err(Failure::new("`cargo xtask smoke` needs the program curl"))
}

/// Whose key goes with a request, and how.
#[derive(Clone, Copy)]
pub(super) enum As<'a> {
    Nobody,
    /// As `authorization: Bearer`.
    Bearer(&'a str),
    /// As `x-api-key`, with what Anthropic's SDKs send beside it.
    Anthropic(&'a str),
}

/// What came back.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: String,
    /// Until all of it was here.
    pub(super) took: Duration,
    /// When each line of a stream's data came.
    pub(super) events: Vec<Duration>,
}

/// Asks for a path, or posts a body to it.
pub(super) fn ask(
    deployment: &Deployment,
    path: &str,
    whose: As<'_>,
    body: Option<&str>,
) -> Result<Answer, String> {
    let config = config(&format!("{}{path}", deployment.url), whose, body);
    let began = Instant::now();
    let mut curl = Command::new("curl")
        .args(["--silent", "--show-error", "--no-buffer", "--max-time", LIMIT, "--config", "-"])
        .args(["--write-out", &format!("\n{MARK}%{{http_code}}")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("cannot run curl: {error}"))?;
    let (Some(mut stdin), Some(stdout), Some(mut stderr)) =
        (curl.stdin.take(), curl.stdout.take(), curl.stderr.take())
    else {
        return Err("curl has no pipes".to_owned());
    };
    stdin.write_all(config.as_bytes()).map_err(|error| format!("curl takes nothing: {error}"))?;
    drop(stdin);
    let (mut lines, mut events) = (Vec::new(), Vec::new());
    for line in BufReader::new(stdout).split(b'\n').map_while(Result::ok) {
        if line.starts_with(b"data:") {
            events.push(began.elapsed());
        }
        lines.push(String::from_utf8_lossy(&line).into_owned());
    }
    let took = began.elapsed();
    let mut said = String::new();
    let _ = stderr.read_to_string(&mut said);
    let status = curl.wait().map_err(|error| format!("curl cannot be waited for: {error}"))?;
    if !status.success() {
        return Err(said.trim().to_owned());
    }
    let code = lines.pop().and_then(|line| line.strip_prefix(MARK)?.parse().ok());
    let status = code.ok_or("curl said no status")?;
    Ok(Answer { status, body: lines.join("\n"), took, events })
}

/// curl's own file of options.
fn config(url: &str, whose: As<'_>, body: Option<&str>) -> String {
    let mut options = vec![("url", url.to_owned())];
    match whose {
        As::Nobody => {}
        As::Bearer(key) => options.push(("header", format!("authorization: Bearer {key}"))),
        As::Anthropic(key) => {
            options.push(("header", format!("x-api-key: {key}")));
            options.push(("header", "anthropic-version: 2023-06-01".to_owned()));
        }
    }
    if let Some(body) = body {
        options.push(("header", "content-type: application/json".to_owned()));
        options.push(("data", body.to_owned()));
    }
    let quoted = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"");
    options.iter().map(|(name, value)| format!("{name} = \"{}\"\n", quoted(value))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_is_quoted_for_curl() {
        let text = config("http://a/b", As::Bearer("k\"1"), Some(r#"{"a":"\n"}"#));
        let want = "url = \"http://a/b\"\nheader = \"authorization: Bearer k\\\"1\"\n\
            header = \"content-type: application/json\"\ndata = \"{\\\"a\\\":\\\"\\\\n\\\"}\"\n";
        assert_eq!(text, want);
    }
}
