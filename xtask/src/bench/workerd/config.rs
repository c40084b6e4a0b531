//! workerd's configuration, in its own language.

use super::super::{
    contender::{KEY, UPSTREAM},
    scenario::Manner,
};
use crate::process::{Failure, context};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// The Workers of a few lines.
const SCRIPTS: [(&str, &str); 2] =
    [("relay.js", include_str!("relay.js")), ("reading.js", include_str!("reading.js"))];

/// One of them, before one of the provider's paths.
pub(super) fn script(name: &str, manner: Manner) -> String {
    service(
        &format!("(name = \"{name}\", esModule = embed \"{name}\")"),
        &format!("(name = \"UPSTREAM\", text = \"http://127.0.0.1:{UPSTREAM}/{}\")", manner.name()),
    )
}

/// The gateway, without stores.
pub(super) fn worker() -> String {
    service(
        "(name = \"index.js\", esModule = embed \"index.js\"), (name = \"index_bg.wasm\", wasm = embed \
         \"index_bg.wasm\")",
        &format!(
            "(name = \"TOLLBRIDGE_CONFIG\", text = embed \"worker.json\"), (name = \"KEY\", text = \"{KEY}\"), \
             (name = \"PROVIDER_KEY\", text = \"sk-123\")"
        ),
    )
}

fn service(modules: &str, bindings: &str) -> String {
    format!(
        "using Workerd = import \"/workerd/workerd.capnp\";\nconst config :Workerd.Config = (\n  services = [\n\
         (name = \"main\", worker = (modules = [{modules}], bindings = [{bindings}], compatibilityDate = \
         \"2026-04-01\", compatibilityFlags = [\"enable_request_signal\"], globalOutbound = \"internet\")),\n\
         (name = \"internet\", network = (allow = [\"public\", \"private\"]))],\n\
         sockets = [(name = \"http\", address = \"127.0.0.1:0\", http = (), service = \"main\")]);\n"
    )
}

/// The gateway's document: each wire of the provider's, in each manner.
fn document() -> String {
    let mut providers = String::new();
    for manner in Manner::ALL {
        for kind in ["openai", "anthropic", "gemini"] {
            let (name, base) = (manner.name(), format!("http://127.0.0.1:{UPSTREAM}/{}/v1", manner.name()));
            let comma = if providers.is_empty() { "" } else { "," };
            providers.push_str(&format!(
                "{comma}\"{kind}-{name}\":{{\"type\":\"{kind}\",\"base_url\":\"{base}\",\"api_key\":{{\"secret\":\
                 \"PROVIDER_KEY\"}}}}"
            ));
        }
    }
    format!("{{\"master_key\":{{\"secret\":\"KEY\"}},\"providers\":{{{providers}}}}}")
}

/// Writes a configuration and what it embeds; says where it is.
pub(super) fn write(folder: &Path, name: &str, config: &str) -> Result<PathBuf, Failure> {
    let bundle = Path::new("targets/cloudflare/build");
    let file = folder.join(format!("{name}.capnp"));
    let write = || {
        for module in ["index.js", "index_bg.wasm"] {
            fs::copy(bundle.join(module), folder.join(module))?;
        }
        for (name, text) in SCRIPTS {
            fs::write(folder.join(name), text)?;
        }
        fs::write(folder.join("worker.json"), document())?;
        fs::write(&file, config)
    };
    write().map_err(|error| context(&file.display(), error))?;
    Ok(file)
}
