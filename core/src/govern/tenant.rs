//! Tenant paths: `/team/app/user`.
//!
//! A path says on whose account a request runs. Keys carry one; a caller may add segments below
//! its key's own path to tell its end users apart, and nothing else: there is no `..`, no empty
//! segment and no way up.

use std::{fmt, sync::Arc};

/// Longest path, in bytes.
const LONGEST: usize = 256;

/// Most segments in a path.
const DEEPEST: usize = 16;

/// A validated path. `/` is the root, which every other path lies below.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TenantPath(Arc<str>);

/// Why a text is no tenant path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TenantPathError {
    /// It does not begin with a slash.
    #[error("a tenant path begins with `/`, as in `/team/app/user`")]
    Relative,
    /// A segment is empty, `.` or `..`.
    #[error("a tenant path has no empty, `.` or `..` segments")]
    Segment,
    /// A segment has a character outside letters, digits and `-_.@:+=`.
    #[error("a tenant path's segments are made of letters, digits and any of `-_.@:+=`")]
    Character,
    /// Too many bytes or segments.
    #[error("a tenant path has at most {LONGEST} bytes and {DEEPEST} segments")]
    TooLong,
}

impl TenantPath {
    /// The path of whoever has no other.
    pub fn root() -> Self {
        Self(Arc::from("/"))
    }

    /// Reads a path. One trailing slash is ignored.
    pub fn parse(text: &str) -> Result<Self, TenantPathError> {
        if text == "/" {
            return Ok(Self::root());
        }
        let inner = text.strip_prefix('/').ok_or(TenantPathError::Relative)?;
        let inner = inner.strip_suffix('/').unwrap_or(inner);
        check(inner)?;
        let path = format!("/{inner}");
        if path.len() > LONGEST || inner.split('/').count() > DEEPEST {
            return Err(TenantPathError::TooLong);
        }
        Ok(Self(Arc::from(path)))
    }

    /// The path that lies at `below` under this one. A leading slash in `below` changes nothing.
    pub fn join(&self, below: &str) -> Result<Self, TenantPathError> {
        let below = below.strip_prefix('/').unwrap_or(below);
        if below.is_empty() {
            return Ok(self.clone());
        }
        let own = self.0.strip_suffix('/').unwrap_or(&self.0);
        Self::parse(&format!("{own}/{below}"))
    }

    /// The text, beginning with `/`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text, shared.
    pub fn shared(&self) -> Arc<str> {
        self.0.clone()
    }
}

fn check(inner: &str) -> Result<(), TenantPathError> {
    for segment in inner.split('/') {
        if matches!(segment, "" | "." | "..") {
            return Err(TenantPathError::Segment);
        }
        if !segment.chars().all(|c| c.is_alphanumeric() || "-_.@:+=".contains(c)) {
            return Err(TenantPathError::Character);
        }
    }
    Ok(())
}

impl fmt::Display for TenantPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Default for TenantPath {
    fn default() -> Self {
        Self::root()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read_or_refused() {
        for (text, want) in [
            ("/", Ok("/")),
            ("/team", Ok("/team")),
            ("/team/app/user@example.com/", Ok("/team/app/user@example.com")),
            ("team", Err(TenantPathError::Relative)),
            ("", Err(TenantPathError::Relative)),
            ("//", Err(TenantPathError::Segment)),
            ("/a//b", Err(TenantPathError::Segment)),
            ("/a/../b", Err(TenantPathError::Segment)),
            ("/a b", Err(TenantPathError::Character)),
            ("/a\n", Err(TenantPathError::Character)),
        ] {
            assert_eq!(
                TenantPath::parse(text).as_ref().map(TenantPath::as_str),
                want.as_ref().copied(),
                "{text:?}"
            );
        }
        assert_eq!(TenantPath::parse(&format!("/{}", "a".repeat(256))), Err(TenantPathError::TooLong));
        assert_eq!(TenantPath::parse(&"/a".repeat(17)), Err(TenantPathError::TooLong));
    }

    #[test]
    fn a_path_is_only_ever_narrowed() {
        let own = TenantPath::parse("/team/app").unwrap();
        assert_eq!(own.join("/alice").unwrap().as_str(), "/team/app/alice");
        assert_eq!(own.join("alice/1").unwrap().as_str(), "/team/app/alice/1");
        assert_eq!(own.join("/").unwrap(), own);
        assert_eq!(own.join("../bob"), Err(TenantPathError::Segment));
        assert_eq!(TenantPath::root().join("bob").unwrap().as_str(), "/bob");
    }
}
