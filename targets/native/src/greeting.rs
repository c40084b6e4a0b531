//! What the operator reads at start-up.

use std::{fmt::Write, net::SocketAddr};

use crate::settings::{Found, Loaded};

/// Where the gateway listens, what it found, who may call, and a call to try.
pub(crate) fn greeting(address: SocketAddr, loaded: &Loaded) -> String {
    let mut text = format!("Tollbridge {} listens on http://{address}\n", env!("CARGO_PKG_VERSION"));
    for notice in &loaded.notices {
        let _ = writeln!(text, "  warning    {notice}");
    }
    if let Some(file) = &loaded.file {
        let _ = writeln!(text, "  settings   {file}, and the environment");
    }
    match loaded.sources.as_slice() {
        [] => {
            text.push_str("  providers  none: the built-in demo answers; set OPENAI_API_KEY or another's\n")
        }
        [first, rest @ ..] => {
            let _ = writeln!(text, "  providers  {}", found(first));
            for next in rest {
                let _ = writeln!(text, "             {}", found(next));
            }
        }
    }
    let _ = writeln!(text, "  keys       {}", keys(loaded));
    let _ = writeln!(text, "  ledger     {}", loaded.data_dir.join("ledger.db").display());
    let _ = write!(text, "\n{}\n", example(address, loaded));
    text
}

fn found(found: &Found) -> String {
    format!("{} ({})", found.provider, found.from.join(", "))
}

fn keys(loaded: &Loaded) -> String {
    let policy = &loaded.policy;
    match (&policy.master_key, policy.keys.len()) {
        (None, 0) => "none required: only this machine may call".to_owned(),
        (Some(_), 0) => "required: the master key".to_owned(),
        (None, count) => format!("required: one of {count} declared"),
        (Some(_), count) => format!("required: the master key or one of {count} declared"),
    }
}

/// A call that works as it is printed, but for the key and, where nothing tells it, the model.
fn example(address: SocketAddr, loaded: &Loaded) -> String {
    let policy = &loaded.policy;
    let model = match policy.providers.first() {
        None => "demo/echo".to_owned(),
        Some(provider) => {
            let model = provider.models.first().map_or("MODEL", String::as_str);
            format!("{}/{model}", provider.name)
        }
    };
    let key = if policy.requires_key() { " -H \"authorization: Bearer $TOLLBRIDGE_KEY\"" } else { "" };
    let body = format!(r#"{{"model":"{model}","messages":[{{"role":"user","content":"Hello"}}]}}"#);
    format!(
        "  curl http://{address}/v1/chat/completions{key} -H 'content-type: application/json' -d '{body}'"
    )
}
