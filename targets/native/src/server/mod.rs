//! The front door: sockets, connections, and how they end.
//!
//! One single-threaded runtime per processor, a *lane*, each with a listener of its own on the
//! same address (`SO_REUSEPORT`), so that a connection lives its whole life on one processor and
//! nothing on the way of a request takes a lock that another processor holds. The kernel spreads
//! connections by a hash, which is fair for many short ones and unfair for a few long HTTP/2
//! ones; so a lane that is busier than another hands a new connection over ([`lanes`]).
//!
//! A connection speaks HTTP/1.1, or HTTP/2 when it opens with the preface that says so
//! ([`connection`]). Nothing here reads a request: it goes to the service that the lane was made
//! with, and that answers with a response now and work that follows it ([`Tasks`]), because a
//! request is over when it is settled and not when its last byte is written.
//!
//! The end has three phases ([`Phase`]): serving; draining, in which nobody new is let in and who
//! is here may finish; ending, in which connections are dropped, so that the gateway sees its
//! callers leave and settles with what it has. What this module refuses: to wait without a limit.

mod connection;
mod lanes;
mod listen;
mod phase;
mod tasks;
#[cfg(test)]
mod tests;

pub(crate) use listen::{ListenError, listen};
pub(crate) use tasks::Tasks;

use std::{convert::Infallible, error::Error, io, net::TcpListener, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use hyper::{body::Incoming, service::Service};
use tokio::{runtime, sync::watch};

use self::{
    lanes::{Inbox, Lane, Lanes},
    phase::Phase,
};

/// How long running requests may go on after the first signal to stop.
const DRAIN: Duration = Duration::from_secs(30);

/// How long what follows a response may take once its connection was dropped.
const SETTLE: Duration = Duration::from_secs(3);

/// Serves on `listeners`, one lane each, until a signal to stop has been obeyed.
///
/// `make` is called once on each lane's own thread, with the place to spawn what follows a
/// response.
pub(crate) fn run<M, S, B>(listeners: Vec<TcpListener>, make: M) -> io::Result<()>
where
    M: Fn(Tasks) -> S + Send + Sync + 'static,
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible, Future: 'static> + 'static,
    B: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + 'static,
{
    let (phase, watching) = watch::channel(Phase::Serving);
    let (lanes, inboxes) = Lanes::new(listeners.len());
    let make = Arc::new(make);
    for (index, (listener, inbox)) in listeners.into_iter().zip(inboxes).enumerate() {
        let lane = Lane::new(index, lanes.clone(), watching.clone());
        let make = make.clone();
        listener.set_nonblocking(true)?;
        std::thread::Builder::new()
            .name(format!("lane-{index}"))
            .spawn(move || run_lane(lane, listener, inbox, &*make))?;
    }
    drop(watching);
    runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(phase::conduct(phase, DRAIN, SETTLE))
}

/// The life of one lane. It ends when its last connection and what followed its last response
/// have.
fn run_lane<S, B>(lane: Lane, listener: TcpListener, inbox: Inbox, make: &impl Fn(Tasks) -> S)
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible, Future: 'static> + 'static,
    B: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + 'static,
{
    let runtime = match runtime::Builder::new_current_thread().enable_all().build_local(Default::default()) {
        Ok(runtime) => runtime,
        Err(error) => return complain("a lane could not start", &error),
    };
    runtime.block_on(async {
        let following = Tasks::default();
        match tokio::net::TcpListener::from_std(listener) {
            Ok(listener) => lane.serve(listener, inbox, make(following.clone())).await,
            Err(error) => complain("a lane could not listen", &error),
        }
        following.idle().await;
    });
}

/// Tells the operator what no request can be told.
fn complain(what: &str, error: &io::Error) {
    // Nothing is left to do when standard error is closed.
    let _ = io::Write::write_fmt(&mut io::stderr(), format_args!("tollbridge: {what}: {error}\n"));
}
