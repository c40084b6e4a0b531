//! Every direct dependency has its reason in ARCHITECTURE.md, and no other crate is listed there.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

#[test]
fn every_dependency_has_its_line_in_the_table() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a workspace");
    let used: BTreeSet<String> =
        manifests(root).iter().flat_map(|path| dependencies(&fs::read_to_string(path).unwrap())).collect();
    assert!(used.contains("serde_json") && used.contains("libfuzzer-sys"), "the manifests were read");
    let page = fs::read_to_string(root.join("ARCHITECTURE.md")).unwrap();
    let (_, section) = page.split_once("\n## Dependencies\n").expect("the section");
    let listed: BTreeSet<String> = section
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split(" | ").next())
        .flat_map(|cell| cell.split('`').skip(1).step_by(2).map(str::to_owned))
        .collect();
    let missing: Vec<_> = used.difference(&listed).collect();
    let gone: Vec<_> = listed.difference(&used).collect();
    assert!(missing.is_empty(), "say in ARCHITECTURE.md, \"Dependencies\", why these are here: {missing:?}");
    assert!(gone.is_empty(), "ARCHITECTURE.md, \"Dependencies\", lists what nobody depends on: {gone:?}");
}

/// The manifests of the workspace's crates, and of the fuzz targets.
fn manifests(root: &Path) -> Vec<PathBuf> {
    let workspace = fs::read_to_string(root.join("Cargo.toml")).unwrap();
    let members = workspace.split_once("members = [").expect("members").1;
    let members = members.split_once(']').expect("their end").0;
    let members = members.split('"').skip(1).step_by(2).chain(["fuzz"]);
    members.map(|member| root.join(member).join("Cargo.toml")).collect()
}

/// Names of the crates from elsewhere in a manifest's dependency sections.
fn dependencies(manifest: &str) -> Vec<String> {
    let mut inside = false;
    let mut names = Vec::new();
    for line in manifest.lines() {
        if let Some(section) = line.strip_prefix('[') {
            inside = section.trim_end_matches(']').ends_with("dependencies");
        } else if inside
            && let Some((name, value)) = line.split_once('=')
            && !name.starts_with("tollbridge-")
            && !value.contains("path = ")
        {
            names.push(name.trim().trim_end_matches(".workspace").to_owned());
        }
    }
    names
}
