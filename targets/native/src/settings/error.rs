//! What can be wrong with the settings: each is one line that says where, what, and what to do.

use tollbridge_core::config::{Path, Problem, TooOpen};

use super::{DEFAULT_FILE, FILE_VARIABLE, expand::ReferenceProblem, yaml::YamlProblem};

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SettingError {
    /// A file that is named and cannot be read.
    #[error(
        "{file}: {reason} (named by --config or {FILE_VARIABLE}; without either, {DEFAULT_FILE} is read if it is there)"
    )]
    Unreadable {
        /// The file.
        file: String,
        /// The system's words.
        reason: String,
    },
    /// A catalogue that is named and cannot be read.
    #[error("{place}: the catalogue {file}: {reason}")]
    Catalogue {
        /// Where it is named.
        place: String,
        /// The file.
        file: String,
        /// The system's or the parser's words.
        reason: String,
    },
    /// A file that is no YAML.
    #[error("{file}:{line}: {problem}")]
    Yaml {
        /// The file.
        file: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong there.
        problem: YamlProblem,
    },
    /// A file that holds a list or a text.
    #[error("{file}:{line}: a configuration is names with values, such as `port: 8080`")]
    NoSettings {
        /// The file.
        file: String,
        /// The line, from 1.
        line: usize,
    },
    /// A reference to a variable.
    #[error("{place}: {problem}")]
    Reference {
        /// The file, line and setting.
        place: String,
        /// What is wrong there.
        problem: ReferenceProblem,
    },
    /// A setting with the wrong value, or none.
    #[error("{place}: {problem}")]
    Wrong {
        /// The variable, or the file, line and setting.
        place: String,
        /// What is wrong there.
        problem: Problem,
    },
    /// A variable with the gateway's prefix that means nothing.
    #[error("{variable}: no such setting{}", nearest.map(|name| format!("; did you mean {name}?")).unwrap_or_default())]
    UnknownVariable {
        /// The variable.
        variable: String,
        /// The one that was probably meant.
        nearest: Option<&'static str>,
    },
    /// An address that is open to others, and no key.
    #[error("{place}: {problem}")]
    TooOpen {
        /// Where the address was set.
        place: String,
        /// What is wrong with it.
        problem: TooOpen,
    },
}

/// A place in a file: `config.yaml:12: timeouts.idle`.
pub(crate) fn place(file: &str, line: usize, path: &Path) -> String {
    match path.as_str() {
        "" => format!("{file}:{line}"),
        path => format!("{file}:{line}: {path}"),
    }
}
