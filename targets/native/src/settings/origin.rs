//! Where each value of the document comes from.

use std::collections::BTreeMap;

use tollbridge_core::config::Path;

/// Who said it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The environment variable of that name.
    Variable(String),
    /// That line of the configuration file.
    Line(usize),
}

/// The origins of all values, by their places.
#[derive(Debug, Clone, Default)]
pub(crate) struct Origins(BTreeMap<Path, Origin>);

impl Origins {
    /// Notes an origin. What was noted for the values inside is forgotten: they are replaced.
    pub(crate) fn put(&mut self, path: Path, origin: Origin) {
        self.0.retain(|other, _| !is_inside(other, &path));
        self.0.insert(path, origin);
    }

    /// The origin of the value at `path`, or of the nearest one around it.
    pub(crate) fn of(&self, path: &Path) -> Option<&Origin> {
        let around = self.0.iter().filter(|(other, _)| *other == path || is_inside(path, other));
        around.max_by_key(|(other, _)| other.as_str().len()).map(|(_, origin)| origin)
    }

    /// The origin of the value at `path` itself.
    pub(crate) fn of_exactly(&self, path: &Path) -> Option<&Origin> {
        self.0.get(path)
    }

    /// The origins of the values inside the one at `path`.
    pub(crate) fn inside<'a>(&'a self, path: &'a Path) -> impl Iterator<Item = &'a Origin> {
        self.0.iter().filter(|(other, _)| is_inside(other, path)).map(|(_, origin)| origin)
    }
}

fn is_inside(path: &Path, outer: &Path) -> bool {
    path.as_str().strip_prefix(outer.as_str()).is_some_and(|rest| rest.starts_with(['.', '[']))
}
