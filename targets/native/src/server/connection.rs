//! One connection, from its first byte to its last.

use std::{convert::Infallible, error::Error, future::Future, pin::pin, rc::Rc, time::Duration};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use hyper::{
    body::Incoming,
    server::conn::{http1, http2},
    service::Service,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{net::TcpStream, sync::watch};

use super::phase::Phase;
use crate::local::Local;

/// From the opening of a connection, or the end of the request before, until a whole head must
/// be here. It ends idle connections too, so it is longer than clients keep theirs.
const HEAD_TIMEOUT: Duration = Duration::from_secs(90);

/// Bytes of a request's head; a longer one is answered 431.
const HEAD_LIMIT: usize = 64 << 10;

/// Bytes that HTTP/1 reads ahead of, or writes behind, the service on one connection.
const BUFFER_LIMIT: usize = 128 << 10;

/// Bytes that a caller may send on one HTTP/2 stream, and on all streams of its connection,
/// before they were read.
const STREAM_WINDOW: u32 = 256 << 10;
const CONNECTION_WINDOW: u32 = 1 << 20;

/// Requests at a time on one HTTP/2 connection.
const STREAMS: u32 = 256;

/// Bytes that wait to be written on one HTTP/2 stream.
const SEND_BUFFER: usize = 64 << 10;

/// An HTTP/2 caller that does not answer a ping for so long is gone.
const PING_EVERY: Duration = Duration::from_secs(30);

/// The two protocols' settings.
pub(super) struct Protocols {
    http1: http1::Builder,
    http2: http2::Builder<Local>,
}

impl Protocols {
    pub(super) fn new() -> Self {
        let mut http1 = http1::Builder::new();
        // No `pipeline_flush`: it holds a stream's events back for as long as the caller has sent
        // anything ahead, be it an empty line.
        http1
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIMEOUT)
            .max_header_size(HEAD_LIMIT)
            .max_buf_size(BUFFER_LIMIT);
        let mut http2 = http2::Builder::new(Local);
        http2
            .timer(TokioTimer::new())
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .max_concurrent_streams(STREAMS)
            .max_header_list_size(HEAD_LIMIT as u32)
            .max_send_buf_size(SEND_BUFFER)
            .keep_alive_interval(PING_EVERY)
            .keep_alive_timeout(PING_EVERY);
        Self { http1, http2 }
    }

    /// Serves until either side closes or the phase says so. What goes wrong on the way is the
    /// caller's leaving, and the service sees that as a body or a future that is dropped.
    pub(super) async fn serve<S, B>(&self, stream: TcpStream, service: Rc<S>, phase: watch::Receiver<Phase>)
    where
        S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible, Future: 'static> + 'static,
        B: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + 'static,
    {
        // A streamed event must not wait for the acknowledgement of the one before. A connection
        // that refuses the option is closed already.
        if stream.set_nodelay(true).is_err() {
            return;
        }
        match opening(&stream, phase.clone()).await {
            Some(Opening::Http1) => {
                drive(self.http1.serve_connection(TokioIo::new(stream), service), phase).await;
            }
            Some(Opening::Http2) => {
                drive(self.http2.serve_connection(TokioIo::new(stream), service), phase).await;
            }
            None => {}
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Opening {
    Http1,
    Http2,
}

/// Looks at the first bytes without taking them. `None` if none came in time.
async fn opening(stream: &TcpStream, mut phase: watch::Receiver<Phase>) -> Option<Opening> {
    let look = async {
        let mut first = [0; 4];
        loop {
            match stream.peek(&mut first).await {
                Ok(0) | Err(_) => return None,
                Ok(count) => match classify(&first[..count]) {
                    // The rest of the word is in a later packet, and a peek cannot wait for it.
                    None => tokio::time::sleep(Duration::from_millis(1)).await,
                    known => return known,
                },
            }
        }
    };
    tokio::select! {
        biased;
        opening = look => opening,
        _ = phase.changed() => None,
        () = tokio::time::sleep(HEAD_TIMEOUT) => None,
    }
}

/// HTTP/2 opens with `PRI * HTTP/2.0`, and `PRI` is no method of HTTP/1.
fn classify(first: &[u8]) -> Option<Opening> {
    const PREFACE: &[u8] = b"PRI ";
    match PREFACE.strip_prefix(first) {
        Some([]) => Some(Opening::Http2),
        Some(_) => None,
        None => Some(Opening::Http1),
    }
}

/// Polls a connection to its end, or to where the phase puts it.
async fn drive<C: Graceful>(connection: C, mut phase: watch::Receiver<Phase>) {
    let mut connection = pin!(connection);
    loop {
        tokio::select! {
            biased;
            _ = connection.as_mut() => return,
            changed = phase.changed() => match *phase.borrow_and_update() {
                Phase::Draining if changed.is_ok() => connection.as_mut().finish(),
                _ => return,
            },
        }
    }
}

/// A connection that can be asked to end after the requests that it is in.
trait Graceful: Future {
    fn finish(self: std::pin::Pin<&mut Self>);
}

impl<S, B> Graceful for http1::Connection<TokioIo<TcpStream>, S>
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible>,
    B: Body<Error: Into<Box<dyn Error + Send + Sync>>> + 'static,
{
    fn finish(self: std::pin::Pin<&mut Self>) {
        self.graceful_shutdown();
    }
}

impl<S, B> Graceful for http2::Connection<TokioIo<TcpStream>, S, Local>
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible, Future: 'static>,
    B: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + 'static,
{
    fn finish(self: std::pin::Pin<&mut Self>) {
        self.graceful_shutdown();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_bytes_tell_the_protocol() {
        for (first, expected) in [
            (&b"P"[..], None),
            (b"PRI", None),
            (b"PRI ", Some(Opening::Http2)),
            (b"PO", Some(Opening::Http1)),
            (b"PROP", Some(Opening::Http1)),
            (b"GET ", Some(Opening::Http1)),
            (b"\x16\x03\x01\x02", Some(Opening::Http1)),
        ] {
            assert_eq!(classify(first), expected, "{first:?}");
        }
    }
}
