//! Rust for WebAssembly.
//!
//! `rustup target add` where it can download. Elsewhere Debian's compiler packages, which carry the standard
//! library's source: it is built once for each target and put into that compiler's own library folder, after
//! which plain `cargo build --target …` works with `/usr/bin` first in the path.

use super::{debian, stamp};
use crate::process::{Outcome, context, run_quietly, succeeds_within, text};
use crate::project::Project;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use std::{env, fs};

/// Workers run the first, Spin the second.
const TARGETS: [&str; 2] = [UNKNOWN, WASIP2];
pub(crate) const UNKNOWN: &str = "wasm32-unknown-unknown";
pub(crate) const WASIP2: &str = "wasm32-wasip2";

const DEBIAN: [&str; 6] = ["rustc-web", "cargo-web", "rust-web-src", "rust-web-llvm", "lld-22", "wasi-libc"];

pub(crate) fn install(project: &Project) -> Outcome {
    if TARGETS.iter().all(|target| has_std(Command::new("rustc"), target)) {
        return Ok(());
    }
    let mut rustup = Command::new("rustup");
    rustup.args(["target", "add"]).args(TARGETS);
    if succeeds_within(&mut rustup, Duration::from_secs(180)) { Ok(()) } else { install_debian(project) }
}

/// The search path with which cargo finds a compiler that knows the targets.
pub(crate) fn search_path() -> OsString {
    let path = env::var_os("PATH").unwrap_or_default();
    if TARGETS.iter().all(|target| has_std(Command::new("rustc"), target)) {
        return path;
    }
    let folders = [PathBuf::from("/usr/bin")].into_iter().chain(env::split_paths(&path));
    env::join_paths(folders).unwrap_or(path)
}

fn has_std(mut rustc: Command, target: &str) -> bool {
    let Ok(folder) = text(rustc.args(["--print", "target-libdir", "--target", target])) else { return false };
    let Ok(files) = fs::read_dir(folder) else { return false };
    files.flatten().any(|file| file.file_name().to_string_lossy().starts_with("libstd-"))
}

fn install_debian(project: &Project) -> Outcome {
    debian::install(project, &DEBIAN)?;
    for target in TARGETS {
        if has_std(Command::new("/usr/bin/rustc"), target) {
            continue;
        }
        stamp::timed(&format!("the standard library for {target}"), || build_std(project, target))?;
    }
    Ok(())
}

/// Builds the standard library by building an empty crate with `-Zbuild-std`.
fn build_std(project: &Project, target: &str) -> Outcome {
    let empty = project.tools().join("empty");
    write(&empty.join("Cargo.toml"), "[package]\nname = \"empty\"\nedition = \"2024\"\n[workspace]\n")?;
    write(&empty.join("src/lib.rs"), "#![no_std]\n")?;
    let mut cargo = Command::new("/usr/bin/cargo");
    cargo
        .args([
            "build",
            "--release",
            "-Zbuild-std=std,panic_abort,panic_unwind,proc_macro,test",
            "--target",
            target,
        ])
        .current_dir(&empty)
        .env("PATH", format!("/usr/bin:{}", env::var("PATH").unwrap_or_default()))
        .env("CARGO_TARGET_DIR", empty.join("target"))
        .env("RUSTC_BOOTSTRAP", "1")
        // Without it, link-time optimisation finds no bitcode in the library.
        .env("RUSTFLAGS", "-Cembed-bitcode=yes");
    run_quietly(project, &format!("std-{target}"), &mut cargo)?;

    let library = PathBuf::from(text(Command::new("/usr/bin/rustc").args([
        "--print",
        "target-libdir",
        "--target",
        target,
    ]))?);
    let built = empty.join("target").join(target).join("release/deps");
    copy_matching(&built, &library, |name| name.ends_with(".rlib") && !name.starts_with("libempty-"))?;
    if target == WASIP2 {
        let runtime = library.join("self-contained");
        let wanted = |name: &str| name == "libc.a" || (name.starts_with("crt1") && name.ends_with(".o"));
        copy_matching(Path::new("/usr/lib/wasm32-wasi"), &runtime, wanted)?;
    }
    Ok(())
}

fn write(path: &Path, text: &str) -> Outcome {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(path, text))
        .map_err(|error| context(&path.display(), error))
}

fn copy_matching(from: &Path, to: &Path, wanted: impl Fn(&str) -> bool) -> Outcome {
    let copy = || {
        fs::create_dir_all(to)?;
        for entry in fs::read_dir(from)? {
            let entry = entry?;
            if wanted(&entry.file_name().to_string_lossy()) {
                fs::copy(entry.path(), to.join(entry.file_name()))?;
            }
        }
        Ok::<_, std::io::Error>(())
    };
    copy().map_err(|error| context(&format!("copying from {} to {}", from.display(), to.display()), error))
}
