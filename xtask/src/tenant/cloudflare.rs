//! Cloudflare: a wrangler file beside the root's, with names of its own.
//!
//! Paths in it are counted from itself, but the build's command runs where wrangler does: at the project's root.
//! Bindings without ids are made by `wrangler deploy` under the worker's name, so that two workers share none.

use super::{TenantName, manifest};
use crate::process::Failure;
use crate::project::Project;

/// From the tenant's folder to the project's root.
const UP: &str = "../../../";

/// What becomes of the values of these keys; all others stay.
const CHANGES: [(&str, Change); 4] = [
    ("main", Change::Path),
    ("migrations_dir", Change::Path),
    ("watch_dir", Change::Path),
    ("database_name", Change::Name),
];

enum Change {
    /// Paths are counted from the file.
    Path,
    /// `tollbridge` is `tollbridge-TENANT`.
    Name,
}

pub(super) fn make(project: &Project, name: &TenantName) -> Result<String, Failure> {
    rewrite(&manifest(project, "wrangler.toml")?, name)
}

fn rewrite(root: &str, name: &TenantName) -> Result<String, Failure> {
    let mut out = format!(
        "# The tenant {name} on Cloudflare Workers: docs/deploy/tenants.md.\n\
         # Made by `cargo xtask tenant {name} --target cloudflare` from the root's wrangler.toml; edit that.\n",
        name = name.as_str()
    );
    let mut named = false;
    // The head of the root's file speaks of the root.
    for line in root.lines().skip_while(|line| line.starts_with('#')) {
        match line.split_once(" = ").filter(|_| !line.starts_with('#')) {
            // The first is the worker's, the others are bindings'.
            Some(("name", value)) if !named => {
                named = true;
                out.push_str(&format!("name = {}", renamed(value, name)));
            }
            Some((key, value)) => out.push_str(&changed(key, value, name)),
            None => out.push_str(line),
        }
        out.push('\n');
    }
    if named {
        Ok(out)
    } else {
        Err(Failure::new("wrangler.toml names no worker: it needs `name = \"…\"`"))
    }
}

fn changed(key: &str, value: &str, name: &TenantName) -> String {
    let change = CHANGES.iter().find(|(changed, _)| *changed == key).map(|(_, change)| change);
    match change {
        None => format!("{key} = {value}"),
        Some(Change::Path) => format!("{key} = {}", lower(value)),
        Some(Change::Name) => format!("{key} = {}", renamed(value, name)),
    }
}

fn renamed(value: &str, name: &TenantName) -> String {
    value.replacen("tollbridge", &name.deployment(), 1)
}

/// Each text of a value, or of a list of them, as a path from the tenant's folder.
fn lower(value: &str) -> String {
    let parts = value.split('"').enumerate();
    let lowered: Vec<_> =
        parts.map(|(i, part)| if i % 2 == 1 { format!("{UP}{part}") } else { part.to_owned() }).collect();
    lowered.join("\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_paths_are_the_tenants_and_the_rest_is_the_roots() {
        let root = "# Head.\n# More.\n\nname = \"tollbridge\"\nmain = \"a/b.js\"\nflags = [\"x\"]\n\n[build]\n\
            command = \"make\"\nwatch_dir = [\"a\", \"b/c\"]\n\n# The stores.\n[[d1_databases]]\nbinding = \"LEDGER\"\n\
            database_name = \"tollbridge-ledger\"\nmigrations_dir = \"m\"\n[[x.bindings]]\nname = \"COUNTERS\"\n";
        let want = "\nname = \"tollbridge-acme\"\nmain = \"../../../a/b.js\"\nflags = [\"x\"]\n\n[build]\n\
            command = \"make\"\nwatch_dir = [\"../../../a\", \"../../../b/c\"]\n\n# The stores.\n\
            [[d1_databases]]\nbinding = \"LEDGER\"\ndatabase_name = \"tollbridge-acme-ledger\"\n\
            migrations_dir = \"../../../m\"\n[[x.bindings]]\nname = \"COUNTERS\"\n";
        let made = rewrite(root, &"acme".parse().unwrap()).unwrap();
        assert!(made.ends_with(want), "{made}");
        assert!(made.starts_with("# The tenant acme ") && !made.contains("Head"), "{made}");
        assert!(rewrite("main = \"a\"", &"acme".parse().unwrap()).is_err());
    }
}
