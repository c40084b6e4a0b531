//! The application: what the manifest and the command line grant to the component.

use crate::manifest::Manifest;
use crate::options::Options;
use crate::outbound::AllowedHosts;
use crate::{key_value, sqlite};
use anyhow::{Context as _, Result};
use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;

/// Shared by all instances, for the life of the process.
pub(crate) struct App {
    pub(crate) variables: BTreeMap<String, String>,
    pub(crate) key_value: key_value::Stores,
    pub(crate) databases: sqlite::Databases,
    pub(crate) allowed: AllowedHosts,
    /// Requests that one instance serves at once.
    pub(crate) concurrent: usize,
}

impl App {
    /// The application and the bytes of its component.
    pub(crate) fn assemble(options: Options) -> Result<(Arc<Self>, Vec<u8>)> {
        let path = &options.manifest;
        let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let component = Manifest::parse(&text).and_then(|manifest| manifest.resolve(&options.variables));
        let component = component.with_context(|| path.display().to_string())?;

        let folder = path.parent().unwrap_or(path);
        let wasm = options.wasm.unwrap_or_else(|| folder.join(&component.source));
        let wasm = fs::read(&wasm).with_context(|| format!("cannot read {}", wasm.display()))?;

        let folder = options.state;
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let app = Self {
            variables: component.variables,
            key_value: key_value::Stores::open(&folder, component.key_value_stores)?,
            databases: sqlite::Databases { folder, names: component.sqlite_databases },
            concurrent: options.concurrent,
            allowed: AllowedHosts::parse(component.allowed_outbound_hosts.iter())?,
        };
        Ok((Arc::new(app), wasm))
    }
}
