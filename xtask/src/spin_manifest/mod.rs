//! `cargo xtask spin-manifest`: a `spin.toml` for a configuration document.
//!
//! Spin shows a component declared variables and lets it reach declared hosts, and no others. Both follow from the
//! document, so the manifest is [written](text) from it.

mod text;

pub(crate) use text::{Needs, Stores};
