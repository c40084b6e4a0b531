//! Rust's standard library for other platforms than this machine's.
//!
//! `rustup target add` where it can download. Elsewhere Debian's compiler packages, which carry the standard
//! library's source: it is built once for each target and put into that compiler's own library folder, after
//! which plain `cargo build --target …` works with `/usr/bin` first in the path.

use super::{debian, stamp};
use crate::process::{Failure, Outcome, context, run_quietly, succeeds_within, text};
use crate::project::Project;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use std::{env, fs};

const DEBIAN: [&str; 3] = ["rustc-web", "cargo-web", "rust-web-src"];

/// Installs the library for each of the targets; `packages` are what Debian has beside the compiler for them.
/// `built` puts in place what a library that was built here needs besides.
pub(crate) fn install(
    project: &Project,
    targets: &[&str],
    packages: &[&str],
    built: fn(&str, &Path) -> Outcome,
) -> Outcome {
    if targets.iter().all(|target| is_there("rustc", target)) {
        return Ok(());
    }
    let mut rustup = Command::new("rustup");
    rustup.args(["target", "add"]).args(targets);
    if succeeds_within(&mut rustup, Duration::from_secs(180)) {
        return Ok(());
    }
    debian::install(project, &[&DEBIAN, packages].concat())?;
    for target in targets.iter().filter(|target| !is_there("/usr/bin/rustc", target)) {
        let work = || built(target, &build(project, target)?);
        stamp::timed(&format!("the standard library for {target}"), work)?;
    }
    Ok(())
}

/// The search path with which cargo finds a compiler that knows the targets.
pub(crate) fn search_path(targets: &[&str], path: &OsStr) -> OsString {
    if targets.iter().all(|target| is_there("rustc", target)) {
        return path.to_owned();
    }
    let folders = [PathBuf::from("/usr/bin")].into_iter().chain(env::split_paths(path));
    env::join_paths(folders).unwrap_or_else(|_| path.to_owned())
}

fn is_there(rustc: &str, target: &str) -> bool {
    let Ok(folder) = library(rustc, target) else { return false };
    let Ok(files) = fs::read_dir(folder) else { return false };
    files.flatten().any(|file| file.file_name().to_string_lossy().starts_with("libstd-"))
}

fn library(rustc: &str, target: &str) -> Result<PathBuf, Failure> {
    text(Command::new(rustc).args(["--print", "target-libdir", "--target", target])).map(PathBuf::from)
}

/// Builds the library by building an empty crate with `-Zbuild-std`, and says where it is then.
fn build(project: &Project, target: &str) -> Result<PathBuf, Failure> {
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

    let library = library("/usr/bin/rustc", target)?;
    let built = empty.join("target").join(target).join("release/deps");
    copy_matching(&built, &library, |name| name.ends_with(".rlib") && !name.starts_with("libempty-"))?;
    Ok(library)
}

fn write(path: &Path, text: &str) -> Outcome {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(path, text))
        .map_err(|error| context(&path.display(), error))
}

/// Copies the files of a folder whose names are `wanted`.
pub(crate) fn copy_matching(from: &Path, to: &Path, wanted: impl Fn(&str) -> bool) -> Outcome {
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
