//! Rust for WebAssembly.

use super::rust_std;
use crate::process::Outcome;
use crate::project::Project;
use std::env;
use std::ffi::OsString;
use std::path::Path;

/// Workers run the first, Spin the second.
const TARGETS: [&str; 2] = [UNKNOWN, WASIP2];
pub(crate) const UNKNOWN: &str = "wasm32-unknown-unknown";
pub(crate) const WASIP2: &str = "wasm32-wasip2";

const DEBIAN: [&str; 3] = ["rust-web-llvm", "lld-22", "wasi-libc"];

pub(crate) fn install(project: &Project) -> Outcome {
    rust_std::install(project, &TARGETS, &DEBIAN, |target, library| {
        if target != WASIP2 {
            return Ok(());
        }
        let wanted = |name: &str| name == "libc.a" || (name.starts_with("crt1") && name.ends_with(".o"));
        rust_std::copy_matching(Path::new("/usr/lib/wasm32-wasi"), &library.join("self-contained"), wanted)
    })
}

/// The search path with which cargo finds a compiler that knows the targets.
pub(crate) fn search_path() -> OsString {
    rust_std::search_path(&TARGETS, &env::var_os("PATH").unwrap_or_default())
}
