//! The server's promises to connections, over real sockets.

use std::{
    future::Future,
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    thread,
    time::{Duration, Instant},
};

use http_body::Frame;
use http_body_util::BodyExt;
use hyper::service::service_fn;
use tokio::sync::mpsc;

use super::*;

/// What the tests watch.
#[derive(Default)]
struct Seen {
    dropped_bodies: AtomicUsize,
    dropped_requests: AtomicUsize,
    settled: AtomicUsize,
}

impl Seen {
    fn wait_for(&self, count: impl Fn(&Self) -> &AtomicUsize, expected: usize) {
        let asked = Instant::now();
        while count(self).load(Ordering::SeqCst) != expected {
            assert!(asked.elapsed() < Duration::from_secs(5), "it did not happen");
            thread::sleep(Duration::from_millis(1));
        }
    }
}

/// Counts when it is dropped.
struct Counts<F: Fn(&Seen) -> &AtomicUsize>(Arc<Seen>, F);

impl<F: Fn(&Seen) -> &AtomicUsize> Drop for Counts<F> {
    fn drop(&mut self) {
        self.1(&self.0).fetch_add(1, Ordering::SeqCst);
    }
}

/// Says `tick` every 10 ms, `left` times.
struct Ticking {
    left: usize,
    sleep: Pin<Box<tokio::time::Sleep>>,
    _counts: Counts<fn(&Seen) -> &AtomicUsize>,
}

impl Body for Ticking {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        std::task::ready!(self.sleep.as_mut().poll(context));
        if self.left == 0 {
            return Poll::Ready(None);
        }
        self.left -= 1;
        self.sleep = Box::pin(tokio::time::sleep(Duration::from_millis(10)));
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b"tick ")))))
    }
}

/// A server on a port of its own: `/N` ticks N times, `/hang` never answers, `/lane`
/// names its thread, any other a body's length. What follows each response takes 20 ms.
struct Running {
    address: SocketAddr,
    phase: watch::Sender<Phase>,
    seen: Arc<Seen>,
}

fn start(lanes: usize) -> Running {
    let seen = Arc::new(Seen::default());
    let listeners = listen("127.0.0.1:0".parse().unwrap(), lanes).unwrap();
    let address = listeners[0].local_addr().unwrap();
    let (phase, watching) = watch::channel(Phase::Serving);
    let (all, inboxes) = Lanes::new(lanes);
    for (index, (listener, inbox)) in listeners.into_iter().zip(inboxes).enumerate() {
        listener.set_nonblocking(true).unwrap();
        let (lane, seen) = (Lane::new(index, all.clone(), watching.clone()), seen.clone());
        thread::spawn(move || run_lane(lane, listener, inbox, &|following| ticking(following, seen.clone())));
    }
    Running { address, phase, seen }
}

fn ticking(
    following: Tasks,
    seen: Arc<Seen>,
) -> impl Service<
    Request<Incoming>,
    Response = Response<http_body_util::Either<Ticking, http_body_util::Full<Bytes>>>,
    Error = Infallible,
    Future: 'static,
> {
    service_fn(move |request: Request<Incoming>| {
        let (following, seen) = (following.clone(), seen.clone());
        async move {
            let path = request.uri().path().to_owned();
            let gone = Counts(seen.clone(), |seen: &Seen| &seen.dropped_requests);
            let length = request.into_body().collect().await.unwrap().to_bytes().len();
            if path == "/hang" {
                std::future::pending::<()>().await;
            }
            std::mem::forget(gone);
            let settled = Counts(seen.clone(), |seen: &Seen| &seen.settled);
            following.spawn(async move {
                tokio::time::sleep(Duration::from_millis(20)).await;
                drop(settled);
            });
            let body = match path[1..].parse() {
                Ok(left) => http_body_util::Either::Left(Ticking {
                    left,
                    sleep: Box::pin(tokio::time::sleep(Duration::ZERO)),
                    _counts: Counts(seen, |seen| &seen.dropped_bodies),
                }),
                Err(_) if path == "/lane" => {
                    http_body_util::Either::Right(format!("{:?}", thread::current().id()).into())
                }
                Err(_) => http_body_util::Either::Right(length.to_string().into()),
            };
            Ok(Response::new(body))
        }
    })
}

fn connect(running: &Running) -> TcpStream {
    let stream = TcpStream::connect(running.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    stream
}

fn ask(stream: &mut TcpStream, path: &str) {
    stream.write_all(format!("GET {path} HTTP/1.1\r\nhost: a\r\n\r\n").as_bytes()).unwrap();
}

fn read_until(stream: &mut TcpStream, end: &str) -> String {
    let mut seen = String::new();
    while !seen.ends_with(end) {
        let mut byte = [0];
        assert_eq!(stream.read(&mut byte).unwrap(), 1, "after {seen:?}");
        seen.push(char::from(byte[0]));
    }
    seen
}

fn rest(stream: &mut TcpStream) -> String {
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

#[test]
fn one_connection_answers_one_request_after_the_other_and_each_is_settled() {
    let running = start(1);
    let mut stream = connect(&running);
    for _ in 0..3 {
        ask(&mut stream, "/2");
        let answer = read_until(&mut stream, "0\r\n\r\n");
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        assert_eq!(answer.matches("tick ").count(), 2);
    }
    running.seen.wait_for(|seen| &seen.settled, 3);
}

#[test]
fn a_caller_that_leaves_drops_its_body_or_its_request() {
    let running = start(1);
    let mut streaming = connect(&running);
    ask(&mut streaming, "/10000");
    read_until(&mut streaming, "tick ");
    drop(streaming);
    running.seen.wait_for(|seen| &seen.dropped_bodies, 1);
    let mut waiting = connect(&running);
    ask(&mut waiting, "/hang");
    thread::sleep(Duration::from_millis(30));
    assert_eq!(running.seen.dropped_requests.load(Ordering::SeqCst), 0);
    drop(waiting);
    running.seen.wait_for(|seen| &seen.dropped_requests, 1);
}

#[test]
fn an_overlong_head_is_431_and_a_malformed_one_400() {
    let running = start(1);
    for (head, expected) in [
        (format!("GET / HTTP/1.1\r\nhost: a\r\nx: {}\r\n\r\n", "y".repeat(70 << 10)), "431"),
        ("GET / HTTP/1.1\r\nhost a\r\n\r\n".to_owned(), "400"),
    ] {
        let mut stream = connect(&running);
        // The server may close before it has taken it all.
        let _ = stream.write_all(head.as_bytes());
        let answer = read_until(&mut stream, "\r\n");
        assert_eq!(answer.split(' ').nth(1), Some(expected));
    }
}

#[test]
fn draining_ends_idle_connections_and_lets_running_requests_end() {
    let running = start(2);
    let mut idle = connect(&running);
    ask(&mut idle, "/0");
    read_until(&mut idle, "0\r\n\r\n");
    let mut unused = connect(&running);
    let mut streaming = connect(&running);
    ask(&mut streaming, "/20");
    read_until(&mut streaming, "tick ");
    running.phase.send_replace(Phase::Draining);
    assert_eq!((rest(&mut idle), rest(&mut unused)), (String::new(), String::new()));
    let answer = rest(&mut streaming);
    assert_eq!(answer.matches("tick ").count(), 19);
    assert!(answer.ends_with("0\r\n\r\n"), "whole: {answer}");
    wait_until_closed(&running);
    assert_eq!(running.seen.settled.load(Ordering::SeqCst), 2, "before it is all over");
    TcpStream::connect(running.address).unwrap_err();
}

#[test]
fn ending_drops_what_runs_and_settles_it() {
    let running = start(1);
    let mut streaming = connect(&running);
    ask(&mut streaming, "/100000");
    read_until(&mut streaming, "tick ");
    let mut waiting = connect(&running);
    ask(&mut waiting, "/hang");
    thread::sleep(Duration::from_millis(30));
    running.phase.send_replace(Phase::Draining);
    thread::sleep(Duration::from_millis(30));
    running.phase.send_replace(Phase::Ending);
    wait_until_closed(&running);
    assert!(!rest(&mut streaming).ends_with("0\r\n\r\n"), "a stream that was cut does not look whole");
    let seen = &running.seen;
    let counts = [&seen.dropped_bodies, &seen.dropped_requests, &seen.settled]
        .map(|count| count.load(Ordering::SeqCst));
    assert_eq!(counts, [1, 1, 1]);
}

fn wait_until_closed(running: &Running) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let closed = async { tokio::time::timeout(Duration::from_secs(5), running.phase.closed()).await };
    runtime.block_on(closed).expect("all lanes end");
}

#[test]
fn http2_is_spoken_to_those_who_open_with_it_even_slowly() {
    let running = start(1);
    let address = running.address;
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build_local(Default::default()).unwrap();
    runtime.block_on(async move {
        let (near, mut far) = tokio::io::duplex(1 << 16);
        tokio::task::spawn_local(async move {
            // The preface in two pieces, some time apart.
            use tokio::io::{AsyncReadExt, AsyncWriteExt};
            let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
            let mut first = [0; 2];
            far.read_exact(&mut first).await.unwrap();
            stream.write_all(&first).await.unwrap();
            tokio::time::sleep(Duration::from_millis(20)).await;
            let _ = tokio::io::copy_bidirectional(&mut far, &mut stream).await;
        });
        let (mut sender, connection) =
            hyper::client::conn::http2::handshake(crate::local::Local, hyper_util::rt::TokioIo::new(near))
                .await
                .unwrap();
        tokio::task::spawn_local(connection);
        let (done, mut finished) = mpsc::channel(3);
        for _ in 0..3 {
            let request = Request::post(format!("http://{address}/length"))
                .body(http_body_util::Full::<Bytes>::from("x".repeat(300_000)))
                .unwrap();
            let answer = sender.send_request(request);
            let done = done.clone();
            tokio::task::spawn_local(async move {
                let body = answer.await.unwrap().into_body().collect().await.unwrap().to_bytes();
                done.send(body).await.unwrap();
            });
        }
        for _ in 0..3 {
            assert_eq!(finished.recv().await.unwrap(), "300000");
        }
    });
}

#[test]
fn long_connections_are_shared_out() {
    let running = start(2);
    let mut streams = Vec::new();
    let mut lanes: Vec<String> = (0..8)
        .map(|_| {
            let mut stream = connect(&running);
            ask(&mut stream, "/lane");
            let answer = read_until(&mut stream, ")");
            streams.push(stream);
            answer.rsplit("\r\n").next().unwrap().to_owned()
        })
        .collect();
    lanes.sort();
    let first = lanes.iter().filter(|lane| **lane == lanes[0]).count();
    assert_eq!(first, 4, "{lanes:?}");
}

#[test]
fn an_address_in_use_is_told_and_its_port_named() {
    let taken = listen("127.0.0.1:0".parse().unwrap(), 2).unwrap();
    let address = taken[0].local_addr().unwrap();
    assert_eq!(taken[1].local_addr().unwrap(), address, "one port for all");
    let error = listen(address, 2).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("{address} is already in use: stop what listens there, or set PORT to another port")
    );
    drop(taken);
    listen(address, 2).unwrap();
}

#[test]
fn an_address_of_another_machine_is_told() {
    let error = listen("192.0.2.1:8080".parse().unwrap(), 1).unwrap_err();
    assert!(error.to_string().contains("HOST"), "{error}");
}
