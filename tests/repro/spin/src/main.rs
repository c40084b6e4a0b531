//! What a component of Spin's is told of a caller who leaves, on plain wasmtime.
//!
//! usage: tollbridge-repro-spin COMPONENT
//!
//! Spin 4's HTTP trigger gives each request that hyper has read to wasmtime's `ProxyHandler`, whose future hyper
//! drops with the connection; so does this. The handler goes on for nobody: what it ought to do is written in its
//! source as something to be done, and wants an interface that wasmtime has not yet (wasmtime issue 11833). The
//! conformance suite does not ask of Spin what depends on that, and this fails once it is there. That one who
//! leaves inside a body is told of shows that the component can be told at all.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::process::ExitCode;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use http_body_util::BodyExt as _;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Sleep, sleep};
use wasmtime::component::{Component, GuestTaskId, Linker, ResourceTable};
use wasmtime::{Config, Engine, Result, Store, StoreContextMut, error::Context as _};
use wasmtime_wasi::p2::pipe::MemoryOutputPipe;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::handler::{
    HandlerState, Instance, Proxy, ProxyHandler, ShouldAccept, WorkerExpiration, WorkerState, WorkerStatus,
};
use wasmtime_wasi_http::p3::bindings::ServicePre;
use wasmtime_wasi_http::{Error, WasiHttpCtx, WasiHttpCtxView, WasiHttpView, default_hooks};

/// Longer than the component works.
const PATIENCE: Duration = Duration::from_secs(10);

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(failed) => {
            println!("{} passed, {failed} failed, 0 skipped", 2 - failed);
            if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            println!("{error:?}\n0 passed, 1 failed, 0 skipped");
            ExitCode::FAILURE
        }
    }
}

/// How many of the two are no longer so.
async fn run() -> Result<usize> {
    let file = std::env::args().nth(1).context("usage: tollbridge-repro-spin COMPONENT")?;
    let printed = MemoryOutputPipe::new(1 << 16);
    let address = serve(&std::fs::read(&file)?, printed.clone()).await?;
    let before = after_leaving(address, "/before", &printed).await?;
    let after = after_leaving(address, "/after", &printed).await?;
    let shown = [
        ("one whose caller left before the head is not told, and works to the end", before, "done"),
        ("one whose caller left inside the body is told", after, "told"),
    ];
    for (text, word, expected) in &shown {
        println!(
            "{} {text} (it printed `{word}`)",
            if word == expected { "still so:" } else { "NO LONGER SO:" }
        );
    }
    Ok(shown.iter().filter(|(_, word, expected)| word != expected).count())
}

/// Leaves once the component has begun (and, where it does, has given a head), and returns what it printed then.
async fn after_leaving(address: SocketAddr, path: &str, printed: &MemoryOutputPipe) -> Result<String> {
    let old = printed.contents().len();
    let mut caller = TcpStream::connect(address).await?;
    caller.write_all(format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n").as_bytes()).await?;
    word(printed, old, 0).await?;
    if path == "/after" {
        caller.read_exact(&mut [0; 12]).await?;
    }
    drop(caller);
    word(printed, old, 1).await
}

/// The word of this number behind the first `old` bytes, once it is there.
async fn word(printed: &MemoryOutputPipe, old: usize, number: usize) -> Result<String> {
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        let text = String::from_utf8_lossy(&printed.contents()[old..]).into_owned();
        if let Some(word) = text.lines().nth(number) {
            return Ok(word.to_owned());
        }
        sleep(Duration::from_millis(20)).await;
    }
    Ok("nothing".to_owned())
}

async fn serve(component: &[u8], printed: MemoryOutputPipe) -> Result<SocketAddr> {
    let mut config = Config::new();
    config.wasm_component_model_async(true);
    let engine = Engine::new(&config)?;
    let mut linker = Linker::<State>::new(&engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    wasmtime_wasi::p3::add_to_linker(&mut linker)?;
    wasmtime_wasi_http::p3::add_to_linker(&mut linker)?;
    let component = Component::from_binary(&engine, component)?;
    let service = ServicePre::new(linker.instantiate_pre(&component)?)?;
    let handler = ProxyHandler::new(Instances { service, engine, printed });

    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let handler = handler.clone();
            let service = service_fn(move |request: http::Request<Incoming>| {
                let handler = handler.clone();
                let request = request.map(|body| body.map_err(Error::from).boxed_unsync());
                async move { handler.handle((), request).await }
            });
            // That it breaks is what this is about.
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(socket), service));
        }
        Ok::<_, Infallible>(())
    });
    Ok(address)
}

struct State {
    table: ResourceTable,
    wasi: WasiCtx,
    http: WasiHttpCtx,
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl WasiHttpView for State {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { ctx: &mut self.http, table: &mut self.table, hooks: default_hooks() }
    }
}

struct Instances {
    service: ServicePre<State>,
    engine: Engine,
    printed: MemoryOutputPipe,
}

impl HandlerState for Instances {
    type StoreData = State;
    type WorkerExpiration = Expiration;
    type WorkerState = Unlimited;

    async fn instantiate(&self) -> Result<Instance<State, Expiration, Unlimited>> {
        let wasi = WasiCtx::builder().stdout(self.printed.clone()).inherit_stderr().build();
        let state = State { table: ResourceTable::new(), wasi, http: WasiHttpCtx::new() };
        let mut store = Store::new(&self.engine, state);
        let proxy = Proxy::P3(self.service.instantiate_async(&mut store).await?);
        let expiration = Expiration(Box::pin(sleep(PATIENCE)));
        Ok(Instance { store, proxy, view: WasiHttpView::http, expiration, state: Unlimited })
    }
}

/// No instance is retired while this runs.
struct Expiration(Pin<Box<Sleep>>);

impl WorkerExpiration for Expiration {
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>, _: WorkerStatus, since: Instant) -> Poll<()> {
        self.0.as_mut().reset((since + 2 * PATIENCE).into());
        self.0.as_mut().poll(cx)
    }
}

struct Unlimited;

impl WorkerState for Unlimited {
    type StoreData = State;
    type RequestData = ();

    fn should_accept_request(&self, _: usize, _: usize) -> ShouldAccept {
        ShouldAccept::Yes
    }

    fn on_request_start(
        &self,
        _: StoreContextMut<'_, State>,
        (): (),
        _: GuestTaskId,
    ) -> Pin<Box<dyn Future<Output = ()> + 'static + Send + Sync>> {
        Box::pin(sleep(2 * PATIENCE))
    }

    fn drop(&self, _: Store<State>, _: Result<()>) {}
}
