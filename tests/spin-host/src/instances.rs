//! The component's instances: how one is made, how many requests share it and when it is retired.
//!
//! The numbers are those of Spin 4.1 for WASI 0.3 components. It sets no end to a request unless told to
//! (`--request-timeout`), and so does this.

use crate::app::App;
use crate::bindings::Host_;
use crate::outbound::Gate;
use std::future::pending;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::time::{Sleep, sleep};
use wasmtime::component::{Component, GuestTaskId, HasSelf, Linker, ResourceTable};
use wasmtime::{Config, Engine, Store, StoreContextMut};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::handler::{
    HandlerState, Instance, Proxy, ProxyHandler, ShouldAccept, WorkerExpiration, WorkerState, WorkerStatus,
};
use wasmtime_wasi_http::p3::bindings::ServicePre;
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

/// Requests that one instance serves in its life.
const TOTAL: usize = 128;
const IDLE: Duration = Duration::from_secs(1);

/// Accepts requests and gives them to instances.
pub(crate) type Handler = ProxyHandler<Instances>;

/// Compiles the component. A core module is refused: wasm32-wasip2 builds yield components.
pub(crate) fn handler(wasm: &[u8], app: Arc<App>) -> wasmtime::Result<Handler> {
    let mut config = Config::new();
    config.wasm_component_model_async(true);
    let engine = Engine::new(&config)?;
    let component = Component::from_binary(&engine, wasm)?;
    let mut linker = Linker::<State>::new(&engine);
    // Rust's standard library for wasm32-wasip2 imports WASI 0.2.
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    wasmtime_wasi::p3::add_to_linker(&mut linker)?;
    wasmtime_wasi_http::p3::add_to_linker(&mut linker)?;
    Host_::add_to_linker::<_, HasSelf<State>>(&mut linker, |state| state)?;
    let service = ServicePre::new(linker.instantiate_pre(&component)?)?;
    Ok(ProxyHandler::new(Instances { service, engine, app }))
}

/// What one instance can reach.
pub(crate) struct State {
    pub(crate) app: Arc<App>,
    pub(crate) table: ResourceTable,
    wasi: WasiCtx,
    http: WasiHttpCtx,
    gate: Gate,
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl WasiHttpView for State {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { ctx: &mut self.http, table: &mut self.table, hooks: &mut self.gate }
    }
}

/// Makes instances.
pub(crate) struct Instances {
    service: ServicePre<State>,
    engine: Engine,
    app: Arc<App>,
}

impl HandlerState for Instances {
    type StoreData = State;
    type WorkerExpiration = Expiration;
    type WorkerState = Limits;

    async fn instantiate(&self) -> wasmtime::Result<Instance<State, Expiration, Limits>> {
        let state = State {
            app: Arc::clone(&self.app),
            table: ResourceTable::new(),
            wasi: WasiCtx::builder().inherit_stdout().inherit_stderr().build(),
            http: WasiHttpCtx::new(),
            gate: Gate(Arc::clone(&self.app)),
        };
        let mut store = Store::new(&self.engine, state);
        let proxy = Proxy::P3(self.service.instantiate_async(&mut store).await?);
        let expiration = Expiration(Box::pin(sleep(Duration::MAX)));
        Ok(Instance {
            store,
            proxy,
            view: WasiHttpView::http,
            expiration,
            state: Limits { concurrent: self.app.concurrent },
        })
    }
}

/// Retires an idle instance.
pub(crate) struct Expiration(Pin<Box<Sleep>>);

impl WorkerExpiration for Expiration {
    fn poll(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        status: WorkerStatus,
        since: Instant,
    ) -> Poll<()> {
        let WorkerStatus::Idle = status else { return Poll::Pending };
        self.0.as_mut().reset((since + IDLE).into());
        self.0.as_mut().poll(cx)
    }
}

/// Says how many requests an instance takes.
pub(crate) struct Limits {
    concurrent: usize,
}

impl WorkerState for Limits {
    type StoreData = State;
    type RequestData = ();

    fn should_accept_request(&self, concurrent: usize, total: usize) -> ShouldAccept {
        match () {
            () if total >= TOTAL => ShouldAccept::Never,
            () if concurrent >= self.concurrent => ShouldAccept::No,
            () => ShouldAccept::Yes,
        }
    }

    fn on_request_start(
        &self,
        _: StoreContextMut<'_, State>,
        _: (),
        _: GuestTaskId,
    ) -> Pin<Box<dyn Future<Output = ()> + 'static + Send + Sync>> {
        Box::pin(pending())
    }

    fn drop(&self, _: Store<State>, result: Result<(), wasmtime::Error>) {
        if let Err(error) = result {
            eprintln!("spin-host: an instance failed: {error:?}");
        }
    }
}
