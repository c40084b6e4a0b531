//! What the image is built from is sent to the builder.

use std::{fs, path::Path};

/// A member of the workspace that Docker does not send would end the image's build.
#[test]
fn the_image_is_built_from_every_member() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a workspace");
    let ignored = fs::read_to_string(root.join(".dockerignore")).unwrap();
    let sent: Vec<_> = ignored.lines().filter_map(|line| line.strip_prefix('!')).collect();
    let manifest = fs::read_to_string(root.join("Cargo.toml")).unwrap();
    let members = manifest.split_once("members = [").unwrap().1.split_once(']').unwrap().0;
    let members: Vec<_> = members.split('"').skip(1).step_by(2).collect();
    assert!(members.contains(&"core") && ignored.lines().any(|line| line == "*"));
    for member in members.into_iter().chain(["Cargo.toml", "Cargo.lock"]) {
        let top = member.split('/').next().unwrap();
        assert!(sent.contains(&top), "{member} is not sent: add `!{top}` to .dockerignore");
    }
}
