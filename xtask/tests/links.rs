//! Every link of the documents leads somewhere.

use std::{
    fs,
    path::{Path, PathBuf},
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a workspace").to_owned()
}

/// The guides and the pages beside the code, from the root.
fn pages() -> Vec<PathBuf> {
    let root = root();
    let mut pages = Vec::new();
    for folder in ["", "docs", "docs/deploy", "tests/sdk"] {
        let files = fs::read_dir(root.join(folder)).expect("a folder").map(|entry| entry.unwrap().path());
        pages.extend(files.filter(|path| path.extension().is_some_and(|extension| extension == "md")));
    }
    pages.sort();
    pages
}

/// Targets of a page's links, without those to other sites.
fn links(page: &str) -> impl Iterator<Item = &str> {
    let targets = page.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    targets.filter(|target| !target.contains("://") && !target.contains(' '))
}

/// A heading as the anchor that links name: lower case, hyphens for spaces, nothing else but letters and digits.
fn anchor(heading: &str) -> String {
    let kept = heading.trim_start_matches('#').trim().to_lowercase();
    kept.chars()
        .filter(|c| c.is_alphanumeric() || [' ', '-', '_'].contains(c))
        .map(|c| if c == ' ' { '-' } else { c })
        .collect()
}

#[test]
fn links_lead_somewhere() {
    let mut checked = 0;
    let mut broken = Vec::new();
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        for link in links(&text) {
            let (file, section) =
                link.split_once('#').map_or((link, None), |(file, section)| (file, Some(section)));
            let target = if file.is_empty() { page.clone() } else { page.parent().unwrap().join(file) };
            let there = match section {
                Some(section) if target.is_file() => {
                    let target = fs::read_to_string(&target).unwrap();
                    target.lines().filter(|line| line.starts_with('#')).any(|line| anchor(line) == section)
                }
                _ => target.exists(),
            };
            checked += 1;
            if !there {
                broken.push(format!("{}: {link}", page.display()));
            }
        }
    }
    assert!(checked > 20, "{checked} links were found");
    assert!(broken.is_empty(), "these lead nowhere: {broken:#?}");
}
