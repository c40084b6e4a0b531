//! A platform in virtual time: scripted upstreams, a clock that jumps to the next event, a ledger
//! and a log in memory. Nothing here is `Send`, which proves that the gateway does not ask for it.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, VecDeque},
    future::Future,
    pin::{Pin, pin},
    rc::Rc,
    sync::Arc,
    task::{Context, Poll, Waker},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body::{Body as _, Frame};
use http_body_util::{BodyExt, Full};
use tollbridge_core::{
    config::{Document, Policy},
    gateway::{Body, Gateway, State},
    govern::limits::{Ask, Book, Grant, Settlement, Window},
    ledger::{Summary, SummaryQuery, UsageRow},
    payload::Payload,
    ports::{
        Cache, CacheError, Clock, Counters, CountersError, Http, HttpError, Ledger, LedgerError, Log, Micros,
        Random, Timer, Unwritten,
    },
};

/// How a scripted answer ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum End {
    /// By itself.
    Clean,
    /// By a broken connection.
    Reset,
    /// Never.
    Hang,
}

/// A status and headers.
pub type Head = (u16, Vec<(&'static str, String)>);

/// One scripted answer of an upstream.
#[derive(Debug, Clone)]
pub struct Script {
    pub head: Result<Head, HttpError>,
    pub head_after: Duration,
    pub chunks: Vec<(Duration, Bytes)>,
    pub end: End,
}

impl Script {
    pub fn new(status: u16, content_type: &str, body: impl Into<Bytes>) -> Self {
        Self {
            head: Ok((status, vec![("content-type", content_type.to_owned())])),
            head_after: Duration::from_millis(10),
            chunks: vec![(Duration::ZERO, body.into())],
            end: End::Clean,
        }
    }

    pub fn json(body: impl Into<Bytes>) -> Self {
        Self::new(200, "application/json", body)
    }

    /// Each chunk comes 10 ms after the one before it.
    pub fn stream(chunks: &[&str]) -> Self {
        let mut script = Self::new(200, "text/event-stream", "");
        script.chunks = chunks
            .iter()
            .map(|chunk| (Duration::from_millis(10), Bytes::copy_from_slice(chunk.as_bytes())))
            .collect();
        script
    }

    pub fn fails(error: HttpError) -> Self {
        Self { head: Err(error), head_after: Duration::ZERO, chunks: Vec::new(), end: End::Clean }
    }

    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        if let Ok((_, headers)) = &mut self.head {
            headers.push((name, value.to_owned()));
        }
        self
    }

    pub fn end(mut self, end: End) -> Self {
        self.end = end;
        self
    }

    pub fn head_after(mut self, wait: Duration) -> Self {
        self.head_after = wait;
        self
    }
}

/// What an upstream was sent.
#[derive(Debug, Clone)]
pub struct Seen {
    pub uri: String,
    pub headers: http::HeaderMap,
    pub body: Bytes,
}

impl Seen {
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

#[derive(Default)]
pub struct World {
    now: Cell<Micros>,
    next_timer: Cell<Micros>,
    /// Whom to wake when time goes on: where many futures are polled as one, only those that were
    /// woken are looked at.
    sleepers: RefCell<Vec<Waker>>,
    seed: Cell<u64>,
    pub scripts: RefCell<VecDeque<Script>>,
    pub seen: RefCell<Vec<Seen>>,
    pub rows: RefCell<Vec<UsageRow>>,
    pub lines: RefCell<Vec<String>>,
    answered: Cell<Micros>,
    pub cache: RefCell<BTreeMap<String, Bytes>>,
    pub store: Cell<Store>,
    /// How often a key was looked up.
    pub looked_up: Cell<u32>,
    /// How many look-ups in the cache come before its values do.
    pub late: Cell<u32>,
    /// What the cache says of that.
    pub settles_within: Cell<Duration>,
    /// How often the ledger refuses.
    pub refusals: Cell<u32>,
    /// Whether the ledger never answers.
    pub ledger_hangs: Cell<bool>,
    /// How often a row was offered that had come back.
    pub offered_again: Cell<u32>,
    /// The limits' counts, of all instances.
    pub shelf: Shelf,
    /// Upstream bodies that were dropped before their end.
    pub cancelled: Cell<u32>,
}

impl World {
    /// Now.
    pub fn now(&self) -> Micros {
        self.now.get()
    }

    /// Jumps to the next moment at which anything happens, or to `at` where that is earlier.
    pub fn advance_to(&self, at: Micros) {
        self.next_timer.set(self.next_timer.get().min(at));
        self.advance();
    }

    fn advance(&self) {
        let next = self.next_timer.replace(Micros::MAX);
        assert_ne!(next, Micros::MAX, "everything waits and nothing will wake it");
        self.now.set(next.max(self.now.get()));
        self.sleepers.take().into_iter().for_each(Waker::wake);
    }
}

/// A store of counts.
#[derive(Default)]
pub struct Shelf {
    pub books: RefCell<BTreeMap<String, Book>>,
    pub manners: Cell<Manners>,
    /// How long each call takes.
    pub lag: Cell<Duration>,
    pub hold: Cell<Duration>,
    /// How often it was called.
    pub calls: Cell<u32>,
}

/// How a store of counts behaves.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub enum Manners {
    #[default]
    Works,
    Fails,
    Hangs,
    /// The platform has none.
    Absent,
}

#[derive(Clone, Default)]
pub struct Platform(pub Rc<World>);

impl Platform {
    async fn store(&self) -> Result<(), CacheError> {
        match self.0.store.get() {
            Store::Works => {
                self.wait(Duration::from_millis(5)).await;
                Ok(())
            }
            Store::Fails => Err(CacheError::Store("no such table".into())),
            Store::Hangs => std::future::pending().await,
        }
    }

    fn wait(&self, duration: Duration) -> Sleep {
        Sleep { world: self.0.clone(), at: self.0.now.get() + duration.as_micros() as u64 }
    }
}

pub struct Sleep {
    world: Rc<World>,
    at: Micros,
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.at <= self.world.now.get() {
            return Poll::Ready(());
        }
        self.world.sleepers.borrow_mut().push(cx.waker().clone());
        self.world.next_timer.set(self.world.next_timer.get().min(self.at));
        Poll::Pending
    }
}

impl Clock for Platform {
    fn now(&self) -> Micros {
        self.0.now.get()
    }
}

impl Timer for Platform {
    type Sleep = Sleep;

    fn sleep(&self, duration: Duration) -> Sleep {
        self.wait(duration)
    }
}

impl Random for Platform {
    fn random(&self) -> u64 {
        self.0.seed.set(self.0.seed.get().wrapping_add(0x9E37_79B9_7F4A_7C15));
        self.0.seed.get()
    }
}

impl Log for Platform {
    fn line(&self, line: &str) {
        self.0.lines.borrow_mut().push(line.to_owned());
    }
}

/// How the cache's store fares.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub enum Store {
    /// Well, and takes 5 ms.
    #[default]
    Works,
    /// Every call fails.
    Fails,
    /// No call returns.
    Hangs,
}

impl Cache for Platform {
    async fn get(&self, key: &str) -> Result<Option<Bytes>, CacheError> {
        self.0.looked_up.set(self.0.looked_up.get() + 1);
        self.store().await?;
        if let Some(fewer) = self.0.late.get().checked_sub(1) {
            self.0.late.set(fewer);
            return Ok(None);
        }
        Ok(self.0.cache.borrow().get(key).cloned())
    }

    fn settles_within(&self) -> Duration {
        self.0.settles_within.get()
    }

    async fn put(&self, key: &str, value: Bytes, ttl: Duration) -> Result<(), CacheError> {
        assert!(tollbridge_core::cache::admit(key, &value, ttl).is_ok());
        self.store().await?;
        self.0.cache.borrow_mut().insert(key.to_owned(), value);
        Ok(())
    }
}

impl Ledger for Platform {
    async fn append(&self, row: UsageRow) -> Result<(), Box<Unwritten>> {
        if self.0.ledger_hangs.get() {
            return std::future::pending().await;
        }
        if self.0.refusals.get() > 0 {
            self.0.refusals.set(self.0.refusals.get() - 1);
            return Err(Box::new(Unwritten { row, error: LedgerError::Full }));
        }
        self.0.rows.borrow_mut().push(row);
        Ok(())
    }

    /// Refuses as often as `append`, and remembers that it was asked.
    async fn append_again(&self, row: UsageRow) -> Result<(), Box<Unwritten>> {
        self.0.offered_again.set(self.0.offered_again.get() + 1);
        self.append(row).await
    }

    async fn import(&self, rows: Vec<UsageRow>) -> Result<usize, LedgerError> {
        Ledger::ready(self).await?;
        let mut there = self.0.rows.borrow_mut();
        let before = there.len();
        for row in rows {
            if !there.contains(&row) {
                there.push(row);
            }
        }
        Ok(there.len() - before)
    }

    async fn summary(&self, _: SummaryQuery) -> Result<Summary, LedgerError> {
        Ok(Summary::default())
    }

    async fn ready(&self) -> Result<(), LedgerError> {
        if self.0.refusals.get() > 0 { Err(LedgerError::Store("secret path".into())) } else { Ok(()) }
    }
}

impl Platform {
    async fn reach_shelf(&self) -> Result<(), CountersError> {
        let shelf = &self.0.shelf;
        shelf.calls.set(shelf.calls.get() + 1);
        if !shelf.lag.get().is_zero() {
            self.wait(shelf.lag.get()).await;
        }
        match shelf.manners.get() {
            Manners::Works => Ok(()),
            Manners::Fails => Err(CountersError::Store("out of order".into())),
            Manners::Hangs => std::future::pending().await,
            Manners::Absent => Err(CountersError::NotKept),
        }
    }

    fn on_shelf<T>(&self, scope: &str, change: impl FnOnce(&mut Book) -> T) -> T {
        change(self.0.shelf.books.borrow_mut().entry(scope.to_owned()).or_default())
    }
}

impl Counters for Platform {
    fn hold(&self) -> Duration {
        self.0.shelf.hold.get()
    }

    async fn lease(&self, scope: &str, ask: Ask) -> Result<Grant, CountersError> {
        match self.reach_shelf().await {
            Ok(()) => Ok(self.on_shelf(scope, |book| book.lease(&ask))),
            Err(CountersError::NotKept) => Ok(Grant::alone(&ask)),
            Err(error) => Err(error),
        }
    }

    async fn settle(&self, scope: &str, back: Settlement) -> Result<(), CountersError> {
        match self.reach_shelf().await {
            Ok(()) => {
                self.on_shelf(scope, |book| book.settle(&back));
                Ok(())
            }
            Err(CountersError::NotKept) => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn window(&self, scope: &str, at: Micros) -> Result<Window, CountersError> {
        self.reach_shelf().await?;
        Ok(self.on_shelf(scope, |book| book.window(at)))
    }
}

pub struct ScriptedBody {
    platform: Platform,
    chunks: VecDeque<(Duration, Bytes)>,
    end: End,
    waiting: Option<Sleep>,
    ended: bool,
}

impl http_body::Body for ScriptedBody {
    type Data = Bytes;
    type Error = HttpError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, HttpError>>> {
        if let Some((wait, _)) = self.chunks.front().cloned() {
            let platform = self.platform.clone();
            let waiting = self.waiting.get_or_insert_with(|| platform.wait(wait));
            std::task::ready!(Pin::new(waiting).poll(cx));
            self.waiting = None;
            let (_, chunk) = self.chunks.pop_front().unwrap();
            return Poll::Ready(Some(Ok(Frame::data(chunk))));
        }
        match self.end {
            End::Hang => Poll::Pending,
            End::Clean => {
                self.ended = true;
                Poll::Ready(None)
            }
            End::Reset if self.ended => Poll::Ready(None),
            End::Reset => {
                self.ended = true;
                Poll::Ready(Some(Err(HttpError::ResetAfterHead)))
            }
        }
    }
}

impl Drop for ScriptedBody {
    fn drop(&mut self) {
        if !self.ended {
            self.platform.0.cancelled.set(self.platform.0.cancelled.get() + 1);
        }
    }
}

impl Http for Platform {
    type Body = ScriptedBody;

    async fn send(&self, request: Request<Payload>) -> Result<Response<ScriptedBody>, HttpError> {
        let (parts, body) = request.into_parts();
        self.0.seen.borrow_mut().push(Seen {
            uri: parts.uri.to_string(),
            headers: parts.headers,
            body: body.into_bytes(),
        });
        let script = self.0.scripts.borrow_mut().pop_front().expect("no script is left for this request");
        self.wait(script.head_after).await;
        let (status, headers) = script.head?;
        let mut response = Response::builder().status(status);
        for (name, value) in headers {
            response = response.header(name, value);
        }
        Ok(response
            .body(ScriptedBody {
                platform: self.clone(),
                chunks: script.chunks.into(),
                end: script.end,
                waiting: None,
                ended: false,
            })
            .unwrap())
    }
}

/// What the caller got.
#[derive(Debug)]
pub struct Got {
    pub status: StatusCode,
    pub headers: http::HeaderMap,
    pub body: String,
}

impl Got {
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("not JSON: {}", self.body))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// When the caller leaves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Patience {
    /// Never.
    Endless,
    /// At this moment after the start, wherever the answer is.
    For(Duration),
    /// After this many frames of the body.
    Frames(usize),
}

pub struct Sim {
    pub world: Rc<World>,
    pub gateway: Arc<Gateway<Platform>>,
}

impl Sim {
    /// A gateway under the document, in which every secret `NAME` has the value `value-of-NAME`.
    pub fn new(document: serde_json::Value) -> Self {
        let document = Document::from_value(document).unwrap_or_else(|e| panic!("{e:?}"));
        let policy =
            document.resolve(|name| Some(format!("value-of-{name}"))).unwrap_or_else(|e| panic!("{e:?}"));
        Self::with_policy(policy)
    }

    pub fn with_policy(policy: Policy) -> Self {
        let platform = Platform::default();
        platform.0.now.set(1_700_000_000_000_000);
        let state = Arc::new(State::new(&policy));
        Self { world: platform.0.clone(), gateway: Arc::new(Gateway::new(platform, Arc::new(policy), state)) }
    }

    /// Another instance of the gateway, with a state of its own, in the same world.
    pub fn another(&self, document: serde_json::Value) -> Arc<Gateway<Platform>> {
        let policy = Document::from_value(document).unwrap().resolve(|name| Some(format!("value-of-{name}")));
        let policy = policy.unwrap();
        let state = Arc::new(State::new(&policy));
        Arc::new(Gateway::new(Platform(self.world.clone()), Arc::new(policy), state))
    }

    pub fn script(&self, scripts: impl IntoIterator<Item = Script>) -> &Self {
        self.world.scripts.borrow_mut().extend(scripts);
        self
    }

    pub fn chat(&self, body: serde_json::Value) -> Got {
        self.send(chat_request(&body.to_string()))
    }

    pub fn send(&self, request: Request<Full<Bytes>>) -> Got {
        self.send_until(request, Patience::Endless).expect("the caller never left")
    }

    /// Runs a request to the end of all that it sets off. `None` where the caller left.
    pub fn send_until(&self, request: Request<Full<Bytes>>, patience: Patience) -> Option<Got> {
        let start = self.world.now.get();
        let (answer, after) = self.gateway.handle(request);
        let mut after = pin!(after);
        let mut settled = false;
        let got = {
            let reading = read(answer, patience);
            let mut reading = pin!(reading);
            loop {
                if !settled {
                    settled = self.poll(after.as_mut()).is_ready();
                }
                if let Poll::Ready(got) = self.poll(reading.as_mut()) {
                    self.world.answered.set(self.world.now.get());
                    break got;
                }
                if let Patience::For(limit) = patience {
                    let leaves = start + limit.as_micros() as u64;
                    if self.world.now.get() >= leaves {
                        break None;
                    }
                    self.world.next_timer.set(self.world.next_timer.get().min(leaves));
                }
                self.world.advance();
            }
        };
        while !settled {
            settled = self.poll(after.as_mut()).is_ready();
            if !settled {
                self.world.advance();
            }
        }
        got
    }

    /// Runs a request until its answer was read to the end, and gives what is to be done after it.
    pub fn send_without_after(
        &self,
        request: Request<Full<Bytes>>,
    ) -> (Got, impl Future<Output = ()> + use<>) {
        let (answer, after) = self.gateway.handle(request);
        (self.run(read(answer, Patience::Endless)).expect("the caller never left"), after)
    }

    /// Runs what needs nothing beside it.
    pub fn run<T>(&self, future: impl Future<Output = T>) -> T {
        let mut future = pin!(future);
        loop {
            if let Poll::Ready(done) = self.poll(future.as_mut()) {
                return done;
            }
            self.world.advance();
        }
    }

    pub fn row(&self) -> UsageRow {
        let rows = self.world.rows.borrow();
        assert_eq!(rows.len(), 1, "one row a request");
        rows[0].clone()
    }

    /// When the last answer had been read.
    pub fn answered(&self) -> Duration {
        Duration::from_micros(self.world.answered.get() - 1_700_000_000_000_000)
    }

    pub fn elapsed(&self) -> Duration {
        Duration::from_micros(self.world.now.get() - 1_700_000_000_000_000)
    }

    fn poll<F: Future>(&self, future: Pin<&mut F>) -> Poll<F::Output> {
        future.poll(&mut Context::from_waker(Waker::noop()))
    }
}

pub async fn read(answer: impl Future<Output = Response<Body<Platform>>>, patience: Patience) -> Option<Got> {
    let (parts, mut body) = answer.await.into_parts();
    let mut text = Vec::new();
    let mut frames = 0;
    loop {
        if matches!(patience, Patience::Frames(most) if frames >= most) {
            return None;
        }
        if body.is_end_stream() {
            break;
        }
        let Some(frame) = body.frame().await else { break };
        let Ok(frame) = frame;
        text.extend_from_slice(frame.data_ref().unwrap());
        frames += 1;
    }
    let body = String::from_utf8(text).unwrap();
    Some(Got { status: parts.status, headers: parts.headers, body })
}

pub fn chat_request(body: &str) -> Request<Full<Bytes>> {
    Request::post("/v1/chat/completions")
        .header("content-type", "application/json")
        .body(Full::from(body.to_owned()))
        .unwrap()
}

pub fn get(path: &str) -> Request<Full<Bytes>> {
    Request::get(path).body(Full::default()).unwrap()
}
