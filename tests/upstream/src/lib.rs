//! A stand-in for model providers, for black-box tests of the gateway on any runtime.
//!
//! A test cannot reach into a gateway that runs inside workerd or on another host, and tests
//! that run at once must not share a mutable script. So everything a request should meet is
//! said *in the request itself*: the model name is the script (`ok.n-20.gap-5`,
//! `error.status-429.retry-1`, `tool`, `cut-3.cutat-char`), and a word `tok-…` anywhere in the
//! body names the test that it belongs to. See [`script`] for the language and [`scenario`]
//! for the words.
//!
//! The path of a request: [`ask`] reads it, [`wire`] checks it as strictly as the provider
//! would (credentials that are not the stand-in's own are a 401, so that a gateway key that
//! leaks upstream fails the test), [`scenario`] turns the script into an [`answer::Answer`],
//! [`delivery`] cuts that into timed and gated writes, and [`play`] hands those to hyper while
//! [`session`] records what was sent and how it ended. [`control`] lets the test read that
//! record, release gated chunks, and lay down its own answers.
//!
//! It refuses to be a benchmark upstream: it records every request whole.

use std::{convert::Infallible, future::Future, sync::Arc};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::BodyExt;
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use tokio::net::TcpListener;

pub mod answer;
pub mod ask;
pub mod control;
pub mod delivery;
pub mod encoding;
pub mod fault;
pub mod passage;
pub mod play;
pub mod recordings;
pub mod reply;
pub mod scenario;
pub mod schema;
pub mod script;
pub mod session;
pub mod wire;

/// What every connection shares.
pub struct Standin {
    /// What was asked and how it ended, by test.
    pub sessions: session::Sessions,
    /// The real recordings, where the folder exists.
    pub recordings: recordings::Recordings,
}

impl Standin {
    /// A stand-in that plays recordings from `folder` when that exists.
    pub fn new(folder: Option<&std::path::Path>) -> Arc<Standin> {
        Arc::new(Standin {
            sessions: session::Sessions::new(),
            recordings: recordings::Recordings::new(folder),
        })
    }
}

/// Serves until the listener fails or the future is dropped.
pub async fn serve(listener: TcpListener, standin: Arc<Standin>) -> std::io::Result<()> {
    loop {
        let (socket, _) = listener.accept().await?;
        socket.set_nodelay(true)?;
        let standin = standin.clone();
        tokio::spawn(async move {
            let service = service_fn(move |request| respond(standin.clone(), request));
            // A connection that a script cuts, or that a client leaves, ends in an error here.
            let _ended = auto::Builder::new(TokioExecutor::new())
                .serve_connection(TokioIo::new(socket), service)
                .await;
        });
    }
}

async fn respond(
    standin: Arc<Standin>,
    request: Request<Incoming>,
) -> Result<Response<play::PlayedBody>, play::Cut> {
    let (parts, body) = request.into_parts();
    let body = match body.collect().await {
        Ok(body) => body.to_bytes(),
        Err(_) => return Err(play::Cut),
    };
    if parts.uri.path().starts_with("/control/") {
        return Ok(control::respond(&standin, &parts, &body).await);
    }
    answer_to(&standin, parts, body).await
}

async fn answer_to(
    standin: &Arc<Standin>,
    parts: http::request::Parts,
    body: Bytes,
) -> Result<Response<play::PlayedBody>, play::Cut> {
    let ask = ask::Ask::read(&parts, body);
    let session = standin.sessions.of(&ask.key());
    let record = session.open(&ask);
    let answer = scenario::answer(standin, &ask, &session, record.attempt());
    play::perform(answer, record).await
}

/// Runs `serve` on a fresh loopback port and returns its address.
pub async fn spawn(standin: Arc<Standin>) -> std::io::Result<std::net::SocketAddr> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    tokio::spawn(keep(serve(listener, standin)));
    Ok(address)
}

async fn keep(serving: impl Future<Output = std::io::Result<()>>) -> Result<(), Infallible> {
    if let Err(error) = serving.await {
        eprintln!("the stand-in stopped: {error}");
    }
    Ok(())
}
