//! Spin: the application and its scale-to-zero on Kubernetes (SpinKube), with names of the tenant's.

use super::{TenantName, manifest};
use crate::process::Failure;
use crate::project::Project;

/// What is applied for a tenant. The secrets are the operator's to make.
const MANIFESTS: [&str; 2] = ["infra/spin/spinapp.yaml", "infra/spin/scale-to-zero.yaml"];

pub(super) fn make(project: &Project, name: &TenantName) -> Result<String, Failure> {
    let mut out = format!(
        "# The tenant {name} on Kubernetes with SpinKube: docs/deploy/tenants.md.\n\
         # Made by `cargo xtask tenant {name} --target spin` from {}; edit those.\n",
        MANIFESTS.join(" and "),
        name = name.as_str()
    );
    for (i, path) in MANIFESTS.iter().enumerate() {
        if i > 0 {
            out.push_str("---\n");
        }
        rewrite(&manifest(project, path)?, name, &mut out);
    }
    Ok(out)
}

/// Writes a manifest with `tollbridge`, where a value is that or begins so, made the tenant's: names, secrets,
/// services and hosts, but not the image, which all share.
fn rewrite(manifest: &str, name: &TenantName, out: &mut String) {
    for line in manifest.lines() {
        let value = line.rfind(' ').map_or(0, |space| space + 1);
        let (before, word) = line.split_at(value);
        let own =
            word.strip_prefix("tollbridge").filter(|rest| rest.is_empty() || rest.starts_with(['-', '.']));
        out.push_str(before);
        match own {
            Some(rest) if !line.trim_start().starts_with('#') => {
                out.push_str(&format!("{}{rest}", name.deployment()))
            }
            _ => out.push_str(word),
        }
        out.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_tenants_and_the_image_is_everybodys() {
        let manifest = "# About tollbridge\nmetadata:\n  name: tollbridge\n  image: r/tollbridge:1\n  - name: tollbridge_config\n  \
            secret: tollbridge-runtime\n  - tollbridge.example.com\n";
        let want = "# About tollbridge\nmetadata:\n  name: tollbridge-acme\n  image: r/tollbridge:1\n  - name: tollbridge_config\n  \
            secret: tollbridge-acme-runtime\n  - tollbridge-acme.example.com\n";
        let mut made = String::new();
        rewrite(manifest, &"acme".parse().unwrap(), &mut made);
        assert_eq!(made, want);
    }
}
