//! Putting the gateway together, and taking it apart in the right order.

use std::{
    convert::Infallible,
    io::{self, Write},
    net::SocketAddr,
    num::NonZero,
    path::Path,
    process::ExitCode,
    sync::Arc,
    thread,
};

use hyper::service::service_fn;
use tollbridge_core::{
    config::{LogFormat, Policy, env::Variables},
    faults,
    gateway::{Gateway, State},
    ledger::Notice,
};

use crate::{
    cache::{self, SqliteCache},
    client::{self, Client, Proxies, ProxyError, Tls},
    clock,
    greeting::greeting,
    ledger::{OpenError, SqliteLedger},
    log::Log,
    platform::Platform,
    server::{self, ListenError},
    settings::{self, Loaded, Secrets},
};

/// Why the gateway does not serve.
#[derive(Debug, thiserror::Error)]
enum ServeError {
    #[error(transparent)]
    Proxy(#[from] ProxyError),
    #[error(transparent)]
    Listen(#[from] ListenError),
    #[error(transparent)]
    Ledger(#[from] OpenError),
    #[error(transparent)]
    Cache(#[from] cache::OpenError),
    #[error("the system gives no thread or signal to serve with: {0}")]
    System(#[from] io::Error),
}

/// Serves until it is told to stop. One line for each thing that prevents it.
pub(crate) fn serve(file: Option<&Path>, variables: &Variables) -> ExitCode {
    let errors = match settings::load(file, variables, Secrets::Needed) {
        Ok(loaded) => match serve_under(loaded) {
            Ok(()) => return ExitCode::SUCCESS,
            Err(error) => vec![error.to_string()],
        },
        Err(errors) => errors.iter().map(ToString::to_string).collect(),
    };
    errors.iter().for_each(|error| eprintln!("error: {error}"));
    ExitCode::FAILURE
}

fn serve_under(loaded: Loaded) -> Result<(), ServeError> {
    let lanes = thread::available_parallelism().map_or(1, NonZero::get);
    let proxies = Proxies::from_env()?;
    let listeners = server::listen(SocketAddr::new(loaded.host, loaded.port), lanes)?;
    let address = listeners[0].local_addr()?;
    // Dropped last: what the ledger cannot write at the end is in the log.
    let (log, _writer) = Log::start(io::stdout(), dropped_lines(loaded.policy.log))?;
    let ledger_log = log.clone();
    let ledger = Arc::new(SqliteLedger::open(&loaded.data_dir, move |line| ledger_log.line(line))?);
    let cache_log = log.clone();
    let format = loaded.policy.log;
    let told = move |notice: &Notice| cache_log.line(&notice.line(clock::now(), format));
    let cache = Arc::new(SqliteCache::open(&loaded.data_dir, told)?);

    // Not `eprint!`, which panics where standard error is closed.
    let _ = io::stderr().write_all(greeting(address, &loaded).as_bytes());

    let policy = Arc::new(loaded.policy);
    let client = client::Settings {
        connect_timeout: policy.timeouts.connect,
        proxies,
        tls: Tls::default(),
        public: tollbridge_core::media::is_public,
    };
    if policy.providers.iter().any(|provider| provider.base_url.starts_with("https:")) {
        client.tls.warm_up();
    }
    let served = run(listeners, &policy, client, &ledger, &cache, log);
    ledger.close();
    cache.close();
    Ok(served?)
}

fn run(
    listeners: Vec<std::net::TcpListener>,
    policy: &Arc<Policy>,
    client: client::Settings,
    ledger: &Arc<SqliteLedger>,
    cache: &Arc<SqliteCache>,
    log: Log,
) -> io::Result<()> {
    let (policy, ledger, cache) = (policy.clone(), ledger.clone(), cache.clone());
    let state = Arc::new(State::new(&policy));
    let plan = std::env::var(faults::SETTING).ok();
    server::run(listeners, move |following| {
        let platform = Platform {
            client: Client::new(client.clone()),
            ledger: ledger.clone(),
            cache: cache.clone(),
            counts: ledger.counts(),
            log: log.clone(),
        };
        let platform = faults::over(platform, plan.as_deref());
        #[expect(clippy::arc_with_non_send_sync, reason = "other targets' gateways cross threads")]
        let gateway = Arc::new(Gateway::new(platform, policy.clone(), state.clone()));
        service_fn(move |request| {
            let (response, after) = gateway.handle(request);
            following.spawn(after);
            async move { Ok::<_, Infallible>(response.await) }
        })
    })
}

/// The line that tells of lines that nobody took off the output in time.
fn dropped_lines(format: LogFormat) -> fn(u64) -> String {
    fn line(count: u64, format: LogFormat) -> String {
        Notice::warning("log_lines_dropped").number("lines", count).line(clock::now(), format)
    }
    match format {
        LogFormat::Json => |count| line(count, LogFormat::Json),
        LogFormat::Text => |count| line(count, LogFormat::Text),
    }
}
