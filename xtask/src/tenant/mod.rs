//! `cargo xtask tenant`: what a platform needs for a tenant of its own.
//!
//! A tenant is a deployment beside the others: its own name, its own stores, its own secrets and address. On
//! platforms that scale to zero that costs nothing while nobody calls. What is written is made from the
//! project's own manifests (`wrangler.toml`, `template.yaml`, `infra/spin`) and the name, and from nothing else:
//! the same every time, so that it can be committed, and a change of a manifest shows as a diff of each tenant. A
//! test makes every tenant under `infra/tenants` anew and compares. No file holds a secret.

mod cloudflare;
mod lambda;
mod name;
mod spin;

use crate::process::{Failure, Outcome, context};
use crate::project::Project;
use crate::target::Target;
use name::TenantName;
use std::fs;
use std::path::{Path, PathBuf};

/// Where tenants are, from the project's root.
const FOLDER: &str = "infra/tenants";

/// How a target's file is made.
struct Recipe {
    target: Target,
    file: &'static str,
    make: fn(&Project, &TenantName) -> Result<String, Failure>,
    /// What deploys it, less the tenant's folder and file.
    deploy: &'static str,
}

const RECIPES: [Recipe; 3] = [
    Recipe {
        target: Target::Cloudflare,
        file: "wrangler.toml",
        make: cloudflare::make,
        deploy: "wrangler deploy --config",
    },
    Recipe {
        target: Target::Lambda,
        file: "samconfig.toml",
        make: lambda::make,
        deploy: "sam build && sam deploy --config-file",
    },
    Recipe { target: Target::Spin, file: "spinapp.yaml", make: spin::make, deploy: "kubectl apply -f" },
];

/// `cargo xtask tenant NAME --target cloudflare|lambda|spin`
pub(crate) fn command(project: &Project, args: &[String]) -> Outcome {
    let (name, target) = parse(args)?;
    let recipe = RECIPES.iter().find(|recipe| recipe.target == target).ok_or_else(|| {
        Failure::new(
            "native has no tenants of its own: give keys a tenant (docs/configuration.md), or run another process",
        )
    })?;
    let text = (recipe.make)(project, &name)?;
    let file = Path::new(FOLDER).join(name.as_str()).join(recipe.file);
    let path = project.root().join(&file);
    let changed = write(&path, &text).map_err(|error| context(&path.display(), error))?;
    println!("{} {}", if changed { "written:" } else { "unchanged:" }, file.display());
    println!("deploy: {} {}   (docs/deploy/tenants.md)", recipe.deploy, file.display());
    Ok(())
}

fn parse(args: &[String]) -> Result<(TenantName, Target), Failure> {
    let usage = || Failure::new("`cargo xtask tenant NAME --target cloudflare|lambda|spin` is what it needs");
    match args {
        [name, flag, target] | [flag, target, name] if flag == "--target" => {
            Ok((name.parse()?, target.parse()?))
        }
        _ => Err(usage()),
    }
}

/// Writes a file unless it says that already. Returns whether it did.
fn write(path: &PathBuf, text: &str) -> std::io::Result<bool> {
    if fs::read_to_string(path).is_ok_and(|old| old == text) {
        return Ok(false);
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, text)?;
    Ok(true)
}

/// Reads a manifest of the project's.
fn manifest(project: &Project, path: &str) -> Result<String, Failure> {
    fs::read_to_string(project.root().join(path)).map_err(|error| context(&path, error))
}

/// Every tenant's file for a target, from the project's root.
pub(crate) fn files(project: &Project, target: Target) -> Vec<PathBuf> {
    let recipe = RECIPES.iter().find(|recipe| recipe.target == target);
    let of = |tenant: String| recipe.map(|recipe| Path::new(FOLDER).join(tenant).join(recipe.file));
    let mut files: Vec<_> = tenants(project).into_iter().filter_map(of).collect();
    files.retain(|file| project.root().join(file).is_file());
    files
}

fn tenants(project: &Project) -> Vec<String> {
    let folder = fs::read_dir(project.root().join(FOLDER)).into_iter().flatten().flatten();
    let mut names: Vec<_> = folder.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is committed is what the command writes today.
    #[test]
    fn committed_tenants_are_current() {
        let project = Project::find().unwrap();
        let tenants = tenants(&project);
        assert!(tenants.iter().any(|name| name == "acme"), "the example: {tenants:?}");
        for tenant in tenants {
            let name: TenantName = tenant.parse().unwrap();
            for recipe in &RECIPES {
                let file = project.root().join(FOLDER).join(&tenant).join(recipe.file);
                let Ok(committed) = fs::read_to_string(&file) else { continue };
                let target = recipe.target.name();
                assert!(
                    committed == (recipe.make)(&project, &name).unwrap(),
                    "{} is out of date: cargo xtask tenant {tenant} --target {target}",
                    file.display()
                );
            }
        }
        for recipe in &RECIPES {
            assert!(!files(&project, recipe.target).is_empty(), "{} has an example", recipe.target.name());
        }
    }

    #[test]
    fn tenants_share_no_name() {
        let project = Project::find().unwrap();
        let [one, other]: [TenantName; 2] = ["acme", "acme-2"].map(|name| name.parse().unwrap());
        for recipe in &RECIPES {
            let [one, other] = [&one, &other].map(|name| (recipe.make)(&project, name).unwrap());
            assert_ne!(one, other);
            let anew = one.replace("acme", "acme-2");
            assert_eq!(anew, other, "nothing but the name differs");
        }
    }

    #[test]
    fn arguments_come_in_any_order() {
        let words = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
        for line in ["acme --target spin", "--target spin acme"] {
            let (name, target) = parse(&words(line)).unwrap();
            assert_eq!((name.as_str(), target), ("acme", Target::Spin));
        }
        for line in ["acme", "acme --target", "acme --target moon", "Acme --target spin", "--target spin"] {
            assert!(parse(&words(line)).is_err(), "{line}");
        }
    }
}
