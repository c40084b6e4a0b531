//! Where things are.

use crate::process::{Failure, context};
use std::path::{Path, PathBuf};
use std::{env, fs};

/// The checkout that the commands work on.
#[derive(Clone, Debug)]
pub(crate) struct Project {
    root: PathBuf,
    target: PathBuf,
}

impl Project {
    /// The workspace that this xtask was built in.
    pub(crate) fn find() -> Result<Self, Failure> {
        let own = Path::new(env!("CARGO_MANIFEST_DIR"));
        let root = own.parent().ok_or_else(|| Failure::new("xtask is not inside a workspace"))?.to_owned();
        let target =
            env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |path| root.join(path));
        Ok(Self { root, target })
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Where cargo builds.
    pub(crate) fn target(&self) -> &Path {
        &self.target
    }

    /// Installed tools, kept apart from `target()` so that builds into another folder share them.
    pub(crate) fn tools(&self) -> PathBuf {
        self.root.join("target/tools")
    }

    /// What programs printed; made if need be.
    pub(crate) fn logs(&self) -> Result<PathBuf, Failure> {
        let logs = self.target.join("xtask-logs");
        fs::create_dir_all(&logs).map_err(|error| context(&logs.display(), error))?;
        Ok(logs)
    }

    /// The version that the lock file fixes for a crate.
    pub(crate) fn locked_version(&self, name: &str) -> Result<String, Failure> {
        let path = self.root.join("Cargo.lock");
        let lock = fs::read_to_string(&path).map_err(|error| context(&path.display(), error))?;
        version_in_lock(&lock, name)
            .map(str::to_owned)
            .ok_or_else(|| Failure::new(format!("Cargo.lock names no crate {name}")))
    }
}

fn version_in_lock<'a>(lock: &'a str, name: &str) -> Option<&'a str> {
    let (_, entry) = lock.split_once(&format!("\nname = \"{name}\"\nversion = \""))?;
    entry.split_once('"').map(|(version, _)| version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_file_names_versions() {
        let lock = "[[package]]\nname = \"a-b\"\nversion = \"2.0.0\"\n\n[[package]]\nname = \"a\"\nversion = \"1.2.3\"\n";
        assert_eq!(version_in_lock(lock, "a"), Some("1.2.3"));
        assert_eq!(version_in_lock(lock, "b"), None);
    }
}
