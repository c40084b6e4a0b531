//! The command line.

use anyhow::{Context as _, Result, bail};
use std::net::SocketAddr;
use std::path::PathBuf;

const USAGE: &str = "usage: spin-host --from SPIN.TOML [--wasm FILE] [--listen ADDR] [--state-dir FOLDER] \
                     [--variable NAME=VALUE]… [--concurrent N]";

/// What the caller asked for.
#[derive(Debug)]
pub(crate) struct Options {
    /// The application manifest.
    pub(crate) manifest: PathBuf,
    /// A component to run instead of the manifest's `source`.
    pub(crate) wasm: Option<PathBuf>,
    pub(crate) listen: SocketAddr,
    /// Values for the manifest's variables, as `SPIN_VARIABLE_NAME` gives them to Spin.
    pub(crate) variables: Vec<(String, String)>,
    /// Where stores are kept. Two hosts may share one.
    pub(crate) state: PathBuf,
    /// Requests that one instance serves at once: with 1, each that is there at the same time has its own.
    pub(crate) concurrent: usize,
}

impl Options {
    pub(crate) fn parse(mut args: impl Iterator<Item = String>) -> Result<Self> {
        let mut manifest = None;
        let mut options = Self {
            manifest: PathBuf::new(),
            wasm: None,
            listen: SocketAddr::from(([127, 0, 0, 1], 3000)),
            variables: Vec::new(),
            state: PathBuf::from(".spin"),
            concurrent: 16,
        };
        while let Some(name) = args.next() {
            let mut value = || args.next().with_context(|| format!("{name} needs a value; {USAGE}"));
            match name.as_str() {
                "--from" => manifest = Some(PathBuf::from(value()?)),
                "--wasm" => options.wasm = Some(PathBuf::from(value()?)),
                "--listen" => options.listen = value()?.parse().context("--listen needs ADDRESS:PORT")?,
                "--variable" => {
                    let pair = value()?;
                    let (name, value) = pair.split_once('=').context("--variable needs NAME=VALUE")?;
                    options.variables.push((name.to_owned(), value.to_owned()));
                }
                "--state-dir" => options.state = PathBuf::from(value()?),
                "--concurrent" => {
                    options.concurrent = value()?.parse().context("--concurrent needs a number")?
                }
                _ => bail!("{name} is not an option; {USAGE}"),
            }
        }
        options.manifest = manifest.with_context(|| format!("no manifest; {USAGE}"))?;
        Ok(options)
    }
}
