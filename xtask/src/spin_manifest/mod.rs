//! `cargo xtask spin-manifest`: a `spin.toml` for a configuration.
//!
//! Spin shows a component declared variables and lets it reach declared hosts, and no others. Both follow from the
//! configuration, and what follows is the gateway's to say (`tollbridge config needs`); the manifest is
//! [written](text) from that. `targets/spin/spin.toml` is the one for no configuration but three providers' keys.

mod text;

use crate::build::host;
use crate::process::{self, Failure, Outcome, context};
use crate::project::Project;
use std::fs;
use std::path::{Path, PathBuf};

pub(crate) use text::{Needs, Secret, Stores};

/// The manifest in the repository.
const DEFAULT: &str = "targets/spin/spin.toml";

/// What is built, as the checkout sees it.
const COMPONENT: &str = "target/wasm32-wasip2/edge/tollbridge_spin.wasm";
/// The same for hosts that have no SQLite.
const HOSTED: &str = "target/wasm32-wasip2/edge/tollbridge_spin_hosted.wasm";

/// The variables that the default manifest has beside the document.
const KEYS: [&str; 4] = ["ANTHROPIC_API_KEY", "GEMINI_API_KEY", "OPENAI_API_KEY", "TOLLBRIDGE_MASTER_KEY"];

/// What the command line says.
struct Wanted {
    /// The configuration, YAML or JSON; without it the default.
    config: Option<PathBuf>,
    name: String,
    out: PathBuf,
    stores: Stores,
    /// Compare with what is there, and write nothing.
    check: bool,
}

impl Wanted {
    /// The component that asks for these stores.
    fn component(&self) -> &'static str {
        if self.stores.sqlite { COMPONENT } else { HOSTED }
    }
}

/// `cargo xtask spin-manifest [--config FILE] [--name NAME] [--out FILE] [--without sqlite|key-value]… [--check]`
pub(crate) fn command(project: &Project, args: &[String]) -> Outcome {
    let wanted = parse(project, args)?;
    let manifest = needs(project, &wanted)?.manifest()?;
    let shown = wanted.out.display();
    if wanted.check {
        let there = fs::read_to_string(&wanted.out).map_err(|error| context(&shown, error))?;
        if there == manifest {
            return Ok(());
        }
        return Err(Failure::new(format!("{shown} is not what `cargo xtask spin-manifest` writes: run it")));
    }
    fs::write(&wanted.out, manifest).map_err(|error| context(&shown, error))?;
    println!("{shown}");
    Ok(())
}

fn parse(project: &Project, args: &[String]) -> Result<Wanted, Failure> {
    let mut wanted = Wanted {
        config: None,
        name: "tollbridge".to_owned(),
        out: project.root().join(DEFAULT),
        stores: Stores::ALL,
        check: false,
    };
    let mut args = args.iter();
    while let Some(option) = args.next() {
        if option == "--check" {
            wanted.check = true;
            continue;
        }
        let value = args.next().ok_or_else(|| Failure::new(format!("{option} needs a value")))?;
        match (option.as_str(), value.as_str()) {
            ("--config", file) => wanted.config = Some(PathBuf::from(file)),
            ("--name", name) => wanted.name = name.to_owned(),
            ("--out", file) => wanted.out = PathBuf::from(file),
            ("--without", "sqlite") => wanted.stores.sqlite = false,
            ("--without", "key-value") => wanted.stores.key_value = false,
            ("--without", _) => return Err(Failure::new("--without takes sqlite or key-value")),
            _ => {
                return Err(Failure::new(format!(
                    "{option} is not an option of `cargo xtask spin-manifest`"
                )));
            }
        }
    }
    Ok(wanted)
}

fn needs(project: &Project, wanted: &Wanted) -> Result<Needs, Failure> {
    let needs = of(project, wanted.config.as_deref())?;
    let source = source(project.root(), &wanted.out, wanted.component())?;
    Ok(Needs { name: wanted.name.clone(), source, stores: wanted.stores, ..needs })
}

/// What a configuration needs, of which the name, the component and the stores are still to be said.
pub(crate) fn of(project: &Project, config: Option<&Path>) -> Result<Needs, Failure> {
    let document = config.map(|file| ask(project, Some(file), "render")).transpose()?;
    let (secrets, hosts) = told(&ask(project, config, "needs")?);
    Ok(Needs { document, secrets, hosts, ..Needs::default() })
}

/// Asks the gateway itself about a configuration. Of this machine's environment it sees nothing, so that the answer
/// is the same everywhere.
fn ask(project: &Project, config: Option<&Path>, what: &str) -> Result<String, Failure> {
    let mut gateway = host::program(project, "tollbridge")?;
    gateway.args(["config", what]).env_clear();
    match config {
        Some(file) => {
            let file = file.canonicalize().map_err(|error| context(&file.display(), error))?;
            gateway.arg("--config").arg(file);
        }
        None => {
            gateway.envs(KEYS.map(|name| (name, "set-elsewhere"))).current_dir(project.logs()?);
        }
    }
    process::text(&mut gateway)
}

/// Secrets and hosts, of lines `secret NAME NAME_IN_SPIN` and `host ADDRESS`.
fn told(lines: &str) -> (Vec<Secret>, Vec<String>) {
    let of = |word: &'static str| lines.lines().filter_map(move |line| line.strip_prefix(word));
    let secret = |line: &str| {
        let (name, variable) = line.rsplit_once(' ')?;
        Some(Secret { name: name.to_owned(), variable: variable.to_owned() })
    };
    (of("secret ").filter_map(secret).collect(), of("host ").map(str::to_owned).collect())
}

/// Where the component is, seen from the manifest's folder.
fn source(root: &Path, out: &Path, component: &str) -> Result<String, Failure> {
    let folder = out.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let folder = folder.canonicalize().map_err(|error| context(&folder.display(), error))?;
    let root = root.canonicalize().map_err(|error| context(&root.display(), error))?;
    Ok(match folder.strip_prefix(&root) {
        Ok(inside) => format!("{}{component}", "../".repeat(inside.components().count())),
        Err(_) => root.join(component).display().to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_gateway_tells_is_sorted_out() {
        let (secrets, hosts) = told("secret A_2 a2\nhost https://a.example\nsecret B b\n");
        let names: Vec<_> = secrets.iter().map(|secret| (&*secret.name, &*secret.variable)).collect();
        assert_eq!((names, hosts), (vec![("A_2", "a2"), ("B", "b")], vec!["https://a.example".to_owned()]));
    }

    #[test]
    fn the_component_is_found_from_wherever_the_manifest_is() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        assert_eq!(source(root, &root.join(DEFAULT), COMPONENT).unwrap(), format!("../../{COMPONENT}"));
        assert_eq!(source(root, &root.join("spin.toml"), COMPONENT).unwrap(), COMPONENT);
        let outside = source(root, &std::env::temp_dir().join("spin.toml"), HOSTED).unwrap();
        assert!(Path::new(&outside).is_absolute(), "{outside}");
    }
}
