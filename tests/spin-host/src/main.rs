//! A stand-in for `spin up`, for tests.
//!
//! The Spin command line is in no package registry, so CI runs the component on this host: stock wasmtime with
//! the WASI 0.3 HTTP handler, plus Spin's own interfaces. It keeps Spin 4.1's rules where a component can see
//! them: declared variables only, declared stores only, allowed outbound hosts, instances shared by up to 16
//! requests at once and retired after 128 or a second of idleness. Stores are files in `--state-dir`, which outlive
//! the host and may be shared by several.
//!
//! Data flows: [`options`] and the `spin.toml` that [`manifest`] reads become one [`App`](app::App); a request
//! enters in [`server`], which hands it to an instance from [`instances`]; what the component asks of its host
//! lands in [`key_value`], [`sqlite`], [`variables`] and [`outbound`].
//!
//! It refuses what it does not know: another trigger than HTTP, more than one component, other interfaces.

mod app;
mod instances;
mod key_value;
mod manifest;
mod options;
mod outbound;
mod server;
mod sqlite;
mod variables;

/// What `bindgen!` makes of the WIT that the build script found.
#[allow(missing_docs, unreachable_pub, clippy::all)]
mod bindings {
    include!(concat!(env!("OUT_DIR"), "/bindings.rs"));
}

#[tokio::main]
async fn main() {
    if let Err(error) = run().await {
        eprintln!("spin-host: {error:#}");
        std::process::exit(1);
    }
}

async fn run() -> anyhow::Result<()> {
    let options = options::Options::parse(std::env::args().skip(1))?;
    let listen = options.listen;
    let (app, wasm) = app::App::assemble(options)?;
    let handler = instances::handler(&wasm, app)?;
    server::serve(listen, handler).await
}
