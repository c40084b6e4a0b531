//! The command line.
//!
//! Without a command the gateway serves, which is `main`'s business; the others print something and
//! end, and are carried out here. What goes to standard output can be piped on; everything said to
//! the person goes to standard error. Exit codes: 0 done, 1 what was asked for is wrong, 2 the
//! command line is.

mod health;
mod key;
mod ledger;
#[cfg(test)]
mod tests;

use std::{
    ffi::OsString,
    fmt::Write,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::ExitCode,
};

use lexopt::{Arg, Parser};
use tollbridge_core::{
    config::{
        env::{Variables, spin_name},
        json_schema,
    },
    nearest::nearest,
};

use crate::settings::{self, Loaded, Secrets, SettingError};

/// The commands and options. (The first lines say what most people need.)
const HELP: &str = "\
Tollbridge: every chat model behind one API.

Usage: tollbridge [COMMAND] [--config FILE]

Commands:
  (none)              serve
  check [FILE]        say whether the settings are valid, without serving
  config render       print the one JSON document that every target reads (secrets by name)
  config needs        print what its platform must be told: secrets to set, hosts to allow
  config schema       print its JSON Schema
  config reference    print the settings reference (Markdown)
  key new             print a fresh gateway key, and what to put into the configuration
  ledger import FILE  write usage rows that a log holds as usage_unwritten lines (-: standard input)
  health              say whether the gateway of these settings is ready to serve

Options:
      --config FILE   the configuration file (default: ./config.yaml if it is there)
      --name NAME     the name of the new key
  -h, --help          print this
  -V, --version       print the version

Settings come from the environment (OPENAI_API_KEY, TOLLBRIDGE_MASTER_KEY, PORT, …) and from the
file; docs/configuration.md lists them all.
";

/// What was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Command {
    /// Serve, with this configuration file.
    Serve(Option<PathBuf>),
    /// Say whether the settings are valid.
    Check(Option<PathBuf>),
    /// Print the document.
    Render(Option<PathBuf>),
    /// Print the secrets and the hosts.
    Needs(Option<PathBuf>),
    /// Print the schema.
    Schema,
    /// Print the settings reference.
    Reference,
    /// Print a fresh key, under this name.
    NewKey(Option<String>),
    /// Write the rows of this log into the ledger of this configuration file.
    Import(PathBuf, Option<PathBuf>),
    /// Ask whether the gateway of this configuration file is ready.
    Health(Option<PathBuf>),
    /// Print the help.
    Help,
    /// Print the version.
    Version,
}

/// Why a command line says nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum UsageError {
    /// A command or option that does not exist.
    #[error("unknown {what} `{name}`{}; see `tollbridge --help`", nearest.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default())]
    Unknown {
        /// `command` or `option`.
        what: &'static str,
        /// What was written.
        name: String,
        /// What was probably meant.
        nearest: Option<&'static str>,
    },
    /// A group of commands without one.
    #[error("`{0}` needs one of {1}; see `tollbridge --help`")]
    Incomplete(&'static str, &'static str),
    /// An option without its value, or the like.
    #[error("{0}; see `tollbridge --help`")]
    Malformed(String),
    /// An option of another command.
    #[error("`{0}` does nothing here; see `tollbridge --help`")]
    OutOfPlace(&'static str),
}

const COMMANDS: [&str; 6] = ["check", "config", "health", "key", "ledger", "serve"];
const OPTIONS: [&str; 4] = ["--config", "--name", "--help", "--version"];

/// Reads the arguments behind the program's name.
pub(crate) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Command, UsageError> {
    let mut parser = Parser::from_args(arguments);
    let mut words: Vec<String> = Vec::new();
    let (mut file, mut name) = (None, None);
    while let Some(argument) = parser.next().map_err(malformed)? {
        match argument {
            Arg::Short('h') | Arg::Long("help") => return Ok(Command::Help),
            Arg::Short('V') | Arg::Long("version") => return Ok(Command::Version),
            Arg::Long("config") => file = Some(PathBuf::from(parser.value().map_err(malformed)?)),
            Arg::Long("name") => {
                let text = parser.value().map_err(malformed)?.into_string();
                name = Some(text.map_err(|_| UsageError::Malformed("--name is no text".to_owned()))?);
            }
            Arg::Short(letter) => return Err(unknown("option", format!("-{letter}"), &OPTIONS)),
            Arg::Long(long) => return Err(unknown("option", format!("--{long}"), &OPTIONS)),
            Arg::Value(value) if words.first().is_some_and(|word| word == "check") && file.is_none() => {
                file = Some(PathBuf::from(value));
            }
            Arg::Value(value) => words.push(value.to_string_lossy().into_owned()),
        }
    }
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let command = match words.as_slice() {
        [] | ["serve"] => Command::Serve(file),
        ["check"] => Command::Check(file),
        ["config", "render"] => Command::Render(file),
        ["config", "needs"] => Command::Needs(file),
        ["key", "new"] if file.is_some() => return Err(UsageError::OutOfPlace("--config")),
        ["key", "new"] => return Ok(Command::NewKey(name)),
        ["ledger", "import", log] => Command::Import(PathBuf::from(*log), file),
        ["ledger", "import"] => return Err(UsageError::Incomplete("ledger import", "FILE, -")),
        ["ledger"] => return Err(UsageError::Incomplete("ledger", "import")),
        ["ledger", word, ..] => return Err(unknown("command", format!("ledger {word}"), &["ledger import"])),
        ["health"] => Command::Health(file),
        ["config", "schema"] => Command::Schema,
        ["config", "reference"] => Command::Reference,
        ["config"] => return Err(UsageError::Incomplete("config", "render, needs, schema, reference")),
        ["key"] => return Err(UsageError::Incomplete("key", "new")),
        ["config", word, ..] => {
            return Err(unknown(
                "command",
                format!("config {word}"),
                &["config render", "config needs", "config schema", "config reference"],
            ));
        }
        ["key", word, ..] => return Err(unknown("command", format!("key {word}"), &["key new"])),
        ["serve" | "check" | "health", word, ..] | [word, ..] => {
            return Err(unknown("command", (*word).to_owned(), &COMMANDS));
        }
    };
    if name.is_some() {
        return Err(UsageError::OutOfPlace("--name"));
    }
    Ok(command)
}

fn malformed(error: lexopt::Error) -> UsageError {
    UsageError::Malformed(error.to_string())
}

fn unknown(what: &'static str, name: String, known: &[&'static str]) -> UsageError {
    let nearest = nearest(&name, known.iter().copied());
    UsageError::Unknown { what, name, nearest }
}

/// What a command has to say.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Said {
    /// For standard output.
    pub(crate) out: String,
    /// For standard error.
    pub(crate) err: String,
    /// Whether it failed.
    pub(crate) failed: bool,
}

impl Said {
    fn out(out: impl Into<String>) -> Self {
        Self { out: out.into(), ..Self::default() }
    }

    fn errors(errors: &[SettingError]) -> Self {
        let err = errors.iter().fold(String::new(), |mut err, error| {
            let _ = writeln!(err, "error: {error}");
            err
        });
        Self { err, failed: true, ..Self::default() }
    }

    /// Prints it.
    pub(crate) fn print(&self) -> ExitCode {
        use std::io::Write;
        eprint!("{}", self.err);
        // Whoever reads may have gone (`| head`): that is no failure worth a word.
        let written = std::io::stdout().write_all(self.out.as_bytes());
        if self.failed || written.is_err() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
    }
}

/// Carries out any command but [`Command::Serve`], for which there is nothing to say.
pub(crate) fn run(command: &Command, variables: &Variables) -> Said {
    match command {
        Command::Serve(_) => Said::default(),
        Command::Check(file) => check(file.as_deref(), variables),
        Command::Render(file) => render(file.as_deref(), variables),
        Command::Needs(file) => needs(file.as_deref(), variables),
        Command::Schema => Said::out(schema()),
        Command::Reference => Said::out(settings::reference()),
        Command::NewKey(name) => key::new(name.as_deref()),
        Command::Import(log, file) => ledger::import(log, file.as_deref(), variables),
        Command::Health(file) => health::health(file.as_deref(), variables),
        Command::Help => Said::out(HELP),
        Command::Version => Said::out(format!("tollbridge {}\n", env!("CARGO_PKG_VERSION"))),
    }
}

/// The published schema's text.
fn schema() -> String {
    format!("{:#}\n", json_schema())
}

fn check(file: Option<&Path>, variables: &Variables) -> Said {
    let loaded = match settings::load(file, variables, Secrets::Needed) {
        Ok(loaded) => loaded,
        Err(errors) => return Said::errors(&errors),
    };
    let mut said = Said { err: notices(&loaded), ..Said::default() };
    let read = loaded.file.as_deref().unwrap_or("the environment");
    let _ = writeln!(said.out, "{read}: the settings are valid");
    let address = SocketAddr::new(loaded.host, loaded.port);
    let _ = writeln!(said.out, "  listens on {address}, keeps its files in {}", loaded.data_dir.display());
    for found in &loaded.sources {
        let _ = writeln!(said.out, "  provider {}: {}", found.provider, found.from.join(", "));
    }
    let _ = match (loaded.policy.master_key.is_some(), loaded.policy.keys.len()) {
        (false, 0) => writeln!(said.out, "  no key is required: only this machine may call"),
        (true, 0) => writeln!(said.out, "  the master key is required"),
        (false, keys) => writeln!(said.out, "  a key is required: {keys} declared, and no master key"),
        (true, keys) => writeln!(said.out, "  a key is required: the master key, or one of {keys} declared"),
    };
    said
}

fn render(file: Option<&Path>, variables: &Variables) -> Said {
    let loaded = match settings::load(file, variables, Secrets::Elsewhere) {
        Ok(loaded) => loaded,
        Err(errors) => return Said::errors(&errors),
    };
    let mut said = Said { out: loaded.document.to_json(), err: notices(&loaded), failed: false };
    for written in &loaded.written {
        let _ = writeln!(
            said.err,
            "note: {}: a secret is written in the file; the document has it as {}",
            written.place, written.name
        );
    }
    let names = loaded.document.secret_names();
    if !names.is_empty() {
        let _ = writeln!(said.err, "note: set these secrets where the document goes: {}", names.join(", "));
    }
    said
}

/// One a line, so that other programs can read it: `secret NAME NAME_IN_SPIN`, `host https://api.example.com`.
fn needs(file: Option<&Path>, variables: &Variables) -> Said {
    let loaded = match settings::load(file, variables, Secrets::Elsewhere) {
        Ok(loaded) => loaded,
        Err(errors) => return Said::errors(&errors),
    };
    let mut said = Said { err: notices(&loaded), ..Said::default() };
    for name in loaded.document.secret_names() {
        let _ = writeln!(said.out, "secret {name} {}", spin_name(name));
    }
    for origin in loaded.policy.origins() {
        let _ = writeln!(said.out, "host {origin}");
    }
    said
}

fn notices(loaded: &Loaded) -> String {
    loaded.notices.iter().fold(String::new(), |mut text, notice| {
        let _ = writeln!(text, "warning: {notice}");
        text
    })
}
