//! Makes the WIT world that the host implements.
//!
//! The interfaces are read from the source of the spin-sdk crate that the workspace's lock file names, so the
//! host and the guest can never disagree about them and nothing is copied into this repository.
//! `bindgen!` wants a literal path, hence the generated call.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// The interfaces that the host supplies itself; WASI comes from the wasmtime crates.
const INTERFACES: [&str; 3] = ["spin-key-value@3.0.0", "spin-sqlite@3.1.0", "spin-variables@3.0.0"];

const WORLD: &str = "package tollbridge:spin-host;
world host {
  import spin:key-value/key-value@3.0.0;
  import spin:sqlite/sqlite@3.1.0;
  import spin:variables/variables@3.0.0;
}
";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=../../Cargo.lock");
    let sdk = spin_sdk_source();
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let wit = out.join("wit");
    for interface in INTERFACES {
        copy_files(&sdk.join("wit/deps").join(interface), &wit.join("deps").join(interface));
    }
    fs::write(wit.join("world.wit"), WORLD).expect("OUT_DIR is writable");
    let call = format!(
        "wasmtime::component::bindgen!({{
            path: {wit:?},
            world: \"host\",
            imports: {{ default: trappable }},
            with: {{
                \"spin:key-value/key-value.store\": crate::key_value::Store,
                \"spin:sqlite/sqlite.connection\": crate::sqlite::Connection,
            }},
        }});"
    );
    fs::write(out.join("bindings.rs"), call).expect("OUT_DIR is writable");
}

/// The folder of the spin-sdk that `targets/spin` is built with.
fn spin_sdk_source() -> PathBuf {
    let output = Command::new(env::var_os("CARGO").expect("cargo sets CARGO"))
        .args(["metadata", "--format-version=1", "--locked"])
        .output()
        .expect("cargo metadata runs");
    assert!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).expect("cargo metadata is JSON");
    let packages = metadata["packages"].as_array().expect("cargo metadata lists packages");
    let sdk =
        packages.iter().find(|package| package["name"] == "spin-sdk").expect("the lock file has spin-sdk");
    let manifest = sdk["manifest_path"].as_str().expect("a package has a manifest");
    Path::new(manifest).parent().expect("a manifest is in a folder").to_owned()
}

fn copy_files(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("OUT_DIR is writable");
    let entries = fs::read_dir(from).unwrap_or_else(|error| panic!("{}: {error}", from.display()));
    for entry in entries {
        let entry = entry.expect("a readable folder");
        fs::copy(entry.path(), to.join(entry.file_name())).expect("OUT_DIR is writable");
    }
}
