//! Where this target's settings come from: the environment, and a file beside it.
//!
//! Three layers make the one document that the core reads, the later ones over the earlier:
//! nothing (every setting has a default), the configuration file, and the environment. Each value
//! remembers where it came from, so that an error names the variable, or the file's line, and not
//! a place in a document that nobody wrote.
//!
//! Reading is a function of the file's text and of the variables: [`read`] takes both as values, and
//! a way to the one other file that settings may name; only [`load`] touches the disk. Secrets stay where they are, in the environment, and are
//! looked up by name when the policy is made; those that a file spells out are taken out of the
//! document and kept beside it.

mod error;
mod expand;
mod fields;
mod origin;
mod reference;
#[cfg(test)]
mod tests;
mod yaml;

use std::{
    collections::BTreeMap,
    net::IpAddr,
    path::{Path as FilePath, PathBuf},
};

use serde_json::{Map, Value};
use tollbridge_core::config::{
    ConfigError, Document, Path, Policy, Problem, Secret, Shape, check,
    env::{self, Declared, Notice, Setting, Variables},
    fields::ROOT,
};

pub(crate) use self::{error::SettingError, reference::reference};
use self::{
    expand::Expander,
    fields::{Listening, NATIVE},
    origin::{Origin, Origins},
};

/// The file that is read where no other is named, if it is there.
pub(crate) const DEFAULT_FILE: &str = "config.yaml";

/// The variable that names another.
pub(crate) const FILE_VARIABLE: &str = "TOLLBRIDGE_CONFIG";

/// Everything that the operator decided.
#[derive(Debug)]
pub(crate) struct Loaded {
    /// The document that any target's core would read.
    pub(crate) document: Document,
    /// What it resolves to here.
    pub(crate) policy: Policy,
    /// The providers and where each was found.
    pub(crate) sources: Vec<Found>,
    /// What the operator should be told.
    pub(crate) notices: Vec<Notice>,
    /// The secrets that the file spells out.
    pub(crate) written: Vec<Written>,
    /// The configuration file that was read.
    pub(crate) file: Option<String>,
    /// The address to listen on.
    pub(crate) host: IpAddr,
    /// The port to listen on; 0 for any that is free.
    pub(crate) port: u16,
    /// The folder of this target's files.
    pub(crate) data_dir: PathBuf,
}

/// A provider and the settings that make it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    /// The instance's name.
    pub(crate) provider: String,
    /// The variables, or the file and line.
    pub(crate) from: Vec<String>,
}

/// A secret that the file spells out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Written {
    /// The name under which the document has it.
    pub(crate) name: String,
    /// Where it stands.
    pub(crate) place: String,
}

/// Whether a secret must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Secrets {
    /// To serve.
    Needed,
    /// To print a document for another machine, which has them.
    Elsewhere,
}

/// A configuration file's name and text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct File<'a> {
    /// As messages call it.
    pub(crate) name: &'a str,
    /// What stands in it.
    pub(crate) text: &'a str,
}

/// The process's variables. What is no UTF-8 is kept as far as it can be, to be refused where it is
/// read.
pub(crate) fn environment() -> Variables {
    let text = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
    std::env::vars_os().map(|(name, value)| (text(name), text(value))).collect()
}

/// Reads the settings. `file` is the one that the command line names.
pub(crate) fn load(
    file: Option<&FilePath>,
    variables: &Variables,
    secrets: Secrets,
) -> Result<Loaded, Vec<SettingError>> {
    let named = file
        .map(FilePath::to_owned)
        .or_else(|| variables.get(FILE_VARIABLE).filter(|name| !name.trim().is_empty()).map(PathBuf::from));
    let path = named.clone().unwrap_or_else(|| PathBuf::from(DEFAULT_FILE));
    let name = path.display().to_string();
    let folder = path.parent().unwrap_or(FilePath::new(""));
    let beside = |name: &str| std::fs::read_to_string(folder.join(name));
    match std::fs::read_to_string(&path) {
        Ok(text) => read(Some(File { name: &name, text: &text }), variables, secrets, &beside),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && named.is_none() => {
            read(None, variables, secrets, &beside)
        }
        Err(error) => Err(vec![SettingError::Unreadable { file: name, reason: error.to_string() }]),
    }
}

/// The same from values. `beside` gives the text of a file in the configuration's folder.
pub(crate) fn read(
    file: Option<File<'_>>,
    variables: &Variables,
    secrets: Secrets,
    beside: &dyn Fn(&str) -> std::io::Result<String>,
) -> Result<Loaded, Vec<SettingError>> {
    let mut errors = unknown_variables(variables);
    let mut layers = Layers { file: file.map(|file| file.name.to_owned()), ..Layers::default() };
    let mut declared = Declared::default();
    if let Some(file) = file {
        match layers.put_file(file, variables) {
            Ok(used) => declared.used = used.into_iter().collect(),
            Err(mut wrong) => {
                errors.append(&mut wrong);
                return Err(errors);
            }
        }
    }
    if let Some(Value::Object(providers)) = layers.value.get("providers") {
        declared.providers = providers.keys().cloned().collect();
    }
    let (settings, notices) = env::read(variables, &declared);
    for setting in settings.into_iter().chain(env::table(variables, NATIVE)) {
        layers.put(setting);
    }
    errors.extend(layers.put_catalogue(beside).err());
    let fields: Vec<_> = ROOT.iter().chain(NATIVE).copied().collect();
    let wrong = check(&Value::Object(layers.value.clone()), &fields);
    errors.extend(wrong.into_iter().map(|error| layers.locate(error)));
    if !errors.is_empty() {
        return Err(errors);
    }
    layers.finish(notices, variables, secrets)
}

fn unknown_variables(variables: &Variables) -> Vec<SettingError> {
    let own = NATIVE.iter().filter_map(|field| field.env);
    let faults = cfg!(feature = "faults").then_some(tollbridge_core::faults::SETTING);
    let others: Vec<_> = own.chain([FILE_VARIABLE]).chain(faults).collect();
    env::unknown_own(variables, &others)
        .into_iter()
        .map(|(variable, nearest)| SettingError::UnknownVariable { variable, nearest })
        .collect()
}

/// The document as it grows.
#[derive(Default)]
struct Layers {
    file: Option<String>,
    value: Map<String, Value>,
    origins: Origins,
    written: BTreeMap<String, (Path, Secret)>,
}

impl Layers {
    /// Puts the file's settings, and gives the variables that it refers to.
    fn put_file(&mut self, file: File<'_>, variables: &Variables) -> Result<Vec<String>, Vec<SettingError>> {
        let node = yaml::parse(file.text).map_err(|error| {
            vec![SettingError::Yaml { file: file.name.to_owned(), line: error.line, problem: error.problem }]
        })?;
        let mut expander = Expander {
            variables,
            origins: Origins::default(),
            used: Vec::new(),
            written: BTreeMap::new(),
            errors: Vec::new(),
        };
        let shape = Shape::Object(ROOT);
        let (line, value) = (node.line, expander.value(node, Some(&shape), &Path::root(), ""));
        self.origins = expander.origins;
        self.written = expander.written;
        let mut errors: Vec<SettingError> = expander
            .errors
            .into_iter()
            .map(|error| SettingError::Reference {
                place: error::place(file.name, error.line, &error.path),
                problem: error.problem,
            })
            .collect();
        match value {
            Value::Object(members) => self.value = members,
            Value::Null => {}
            _ => errors.push(SettingError::NoSettings { file: file.name.to_owned(), line }),
        }
        if errors.is_empty() { Ok(expander.used) } else { Err(errors) }
    }

    /// Puts the catalogue in place of the name of its file.
    fn put_catalogue(
        &mut self,
        beside: &dyn Fn(&str) -> std::io::Result<String>,
    ) -> Result<(), SettingError> {
        let Some(Value::String(file)) = self.value.get("catalogue") else { return Ok(()) };
        let read = beside(file).map_err(|error| error.to_string());
        match read.and_then(|text| serde_json::from_str(&text).map_err(|error| error.to_string())) {
            Ok(value) => drop(self.value.insert("catalogue".to_owned(), value)),
            Err(reason) => {
                let (place, file) = (self.place(&Path::root().member("catalogue")), file.clone());
                self.value.remove("catalogue");
                return Err(SettingError::Catalogue { place, file, reason });
            }
        }
        Ok(())
    }

    /// Puts one setting of the environment over what is there.
    fn put(&mut self, setting: Setting) {
        let mut path = Path::root();
        let mut members = &mut self.value;
        let Some((last, outer)) = setting.path.split_last() else { return };
        for key in outer {
            path = path.member(key);
            let inner = members.entry(key.as_str()).or_insert(Value::Null);
            if inner.is_null() {
                *inner = Value::Object(Map::new());
            }
            // What is no map here is wrong, and is said to be so by the check.
            let Value::Object(inner) = inner else { return };
            members = inner;
        }
        members.insert(last.clone(), setting.value);
        self.origins.put(path.member(last), Origin::Variable(setting.variable));
    }

    fn finish(
        mut self,
        notices: Vec<Notice>,
        variables: &Variables,
        secrets: Secrets,
    ) -> Result<Loaded, Vec<SettingError>> {
        let Listening { host, port, data_dir } = Listening::take(&mut self.value);
        let located = |errors: Vec<_>| errors.into_iter().map(|error| self.locate(error)).collect::<Vec<_>>();
        let document = Document::from_value(Value::Object(self.value.clone())).map_err(located)?;
        let lookup = |name: &str| self.secret(name, variables, secrets);
        let policy = document.clone().resolve(lookup).map_err(located)?;
        if secrets == Secrets::Needed {
            let place = self.place(&Path::root().member("host"));
            policy.may_listen_on(host).map_err(|problem| vec![SettingError::TooOpen { place, problem }])?;
        }
        let sources = document.providers.keys().map(|name| self.found(name)).collect();
        let written = self.written_secrets(&document);
        Ok(Loaded { document, policy, sources, notices, written, file: self.file, host, port, data_dir })
    }

    /// A secret's value: the environment's, or the file's.
    fn secret(&self, name: &str, variables: &Variables, secrets: Secrets) -> Option<String> {
        let of_environment = variables.get(name).filter(|value| !value.trim().is_empty()).cloned();
        let found =
            of_environment.or_else(|| self.written.get(name).map(|(_, secret)| secret.expose().to_owned()));
        match secrets {
            Secrets::Needed => found,
            Secrets::Elsewhere => found.or_else(|| Some("elsewhere".to_owned())),
        }
    }

    /// What a provider was found through, each once.
    fn found(&self, name: &str) -> Found {
        let path = Path::root().member("providers").member(name);
        let mut from: Vec<String> = Vec::new();
        for origin in self.origins.of_exactly(&path).into_iter().chain(self.origins.inside(&path)) {
            let text = match origin {
                Origin::Variable(name) => name.clone(),
                Origin::Line(_) => self.file.clone().unwrap_or_default(),
            };
            if !from.contains(&text) {
                from.push(text);
            }
        }
        Found { provider: name.to_owned(), from }
    }

    /// The secrets that stand in the file and are used, with their places.
    fn written_secrets(&self, document: &Document) -> Vec<Written> {
        let used = document.secret_names();
        let written = self.written.iter().filter(|(name, _)| used.contains(&name.as_str()));
        let written = written.filter(|(_, (path, _))| matches!(self.origins.of(path), Some(Origin::Line(_))));
        written.map(|(name, (path, _))| Written { name: name.clone(), place: self.place(path) }).collect()
    }

    /// An error of the document, with the place that the operator knows.
    fn locate(&self, error: ConfigError) -> SettingError {
        let path = match &error.problem {
            Problem::Unknown { name, .. } => error.path.member(name),
            _ => error.path.clone(),
        };
        let place = match (self.origins.of(&path), &self.file) {
            (Some(Origin::Line(line)), Some(file)) => error::place(file, *line, &error.path),
            _ => self.place(&path),
        };
        SettingError::Wrong { place, problem: error.problem }
    }

    /// Where the value at `path` was set, as messages say it.
    fn place(&self, path: &Path) -> String {
        match (self.origins.of(path), &self.file) {
            (Some(Origin::Variable(name)), _) => name.clone(),
            (Some(Origin::Line(line)), Some(file)) => error::place(file, *line, path),
            _ => path.to_string(),
        }
    }
}
