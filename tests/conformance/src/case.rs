//! A case, and the hands that it works with.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};

use crate::{
    ability::Ability,
    client::{self, Live, Origin, Sending, Whole},
    fixture,
    front::{Front, Setting},
    reading::Reading,
    sse::{Event, Reader},
    verdict::{Verdict, check, fail, skip},
    world::{self, Gateway, Seen, World},
};

type Running = Pin<Box<dyn Future<Output = Verdict> + Send>>;

/// A named behaviour that a gateway must show.
pub(crate) struct Case {
    /// The part of the product that it is about.
    pub(crate) group: &'static str,
    /// What is claimed.
    pub(crate) name: String,
    abilities: Vec<Ability>,
    run: Box<dyn Fn(Hands) -> Running + Send + Sync>,
}

impl Case {
    /// A case that `run` checks.
    pub(crate) fn new<F>(
        group: &'static str,
        name: impl Into<String>,
        run: impl Fn(Hands) -> F + Send + Sync + 'static,
    ) -> Case
    where
        F: Future<Output = Verdict> + Send + 'static,
    {
        Case {
            group,
            name: name.into(),
            abilities: Vec::new(),
            run: Box::new(move |hands| Box::pin(run(hands))),
        }
    }

    /// The same, where the platform has this ability.
    pub(crate) fn needs(mut self, ability: Ability) -> Case {
        self.abilities.push(ability);
        self
    }

    /// What the platform has to be able to do.
    pub(crate) fn abilities(&self) -> &[Ability] {
        &self.abilities
    }

    /// Runs the case with hands of its own.
    pub(crate) fn run(&self, hands: Hands) -> Running {
        (self.run)(hands)
    }
}

/// What a case works with. Every exchange is written into a transcript, which is shown when the
/// case fails.
#[derive(Clone)]
pub(crate) struct Hands {
    /// What all cases share.
    pub(crate) world: Arc<World>,
    /// The word that marks this case's requests at the stand-in.
    pub(crate) token: String,
    transcript: Arc<Mutex<Vec<String>>>,
}

impl Hands {
    /// Hands for the case of this number.
    pub(crate) fn new(world: Arc<World>, number: usize) -> Hands {
        let token = format!("tok-{}-{number}", world.run);
        Hands { world, token, transcript: Arc::default() }
    }

    /// What was sent and received so far.
    pub(crate) fn transcript(&self) -> String {
        self.transcript.lock().unwrap_or_else(PoisonError::into_inner).join("\n")
    }

    fn note(&self, text: String) {
        self.transcript.lock().unwrap_or_else(PoisonError::into_inner).push(text);
    }

    /// A script with this case's token, to be used as a model name.
    pub(crate) fn model(&self, script: &str) -> String {
        format!("{script}.id-{}", self.token)
    }

    /// A chat completion of a script under a provider (`openai/ok.n-3`), marked as this case's.
    pub(crate) fn chat(&self, model: &str) -> Ask {
        self.chat_as_named(&self.model(model))
    }

    /// A chat completion of a model named just so; the token goes into the message.
    pub(crate) fn chat_as_named(&self, model: &str) -> Ask {
        self.asks_as_named(Front::Chat, model)
    }

    /// A request in this protocol for a script under a provider, marked as this case's.
    pub(crate) fn asks(&self, front: Front, model: &str) -> Ask {
        self.asks_as_named(front, &self.model(model))
    }

    /// A request in this protocol for a model named just so; the token goes into the message.
    pub(crate) fn asks_as_named(&self, front: Front, model: &str) -> Ask {
        let content = format!("What does the river do when nobody is looking? ({})", self.token);
        self.post(front.path(), Bytes::new()).spoken(front).saying(front.body(model, &content))
    }

    /// A POST with this body and the plain key.
    pub(crate) fn post(&self, path: &str, body: impl Into<Bytes>) -> Ask {
        self.ask(Method::POST, path, body.into())
    }

    /// A GET with the plain key.
    pub(crate) fn get(&self, path: &str) -> Ask {
        self.ask(Method::GET, path, Bytes::new())
    }

    /// Any request with the plain key.
    pub(crate) fn ask(&self, method: Method, path: &str, body: Bytes) -> Ask {
        let sending = Sending { method, path: path.to_owned(), headers: vec![], body };
        Ask {
            hands: self.clone(),
            origin: self.world.main.origin.clone(),
            key: Some(format!("Bearer {}", fixture::APP_KEY)),
            sending,
            front: Front::Chat,
            shape: None,
        }
    }

    /// The gateway without keys, or the case is skipped.
    pub(crate) fn open_gateway(&self) -> Verdict<&Gateway> {
        match &self.world.open {
            Some(gateway) => Ok(gateway),
            None => skip("needs a second gateway, from the environment alone"),
        }
    }

    /// What arrived at the stand-in from this case.
    pub(crate) async fn seen(&self) -> Verdict<Vec<Seen>> {
        world::seen(&self.world, &self.token).await
    }

    /// The only request that arrived.
    pub(crate) async fn seen_once(&self) -> Verdict<Seen> {
        let mut seen = self.seen().await?;
        check(seen.len() == 1, || format!("expected one request upstream, found {}", seen.len()))?;
        Ok(seen.remove(0))
    }

    /// The last request that arrived, once its answer has ended.
    pub(crate) async fn ended(&self, within: Duration) -> Verdict<Seen> {
        let steps = within.as_millis() / 20 + 1;
        for _ in 0..steps {
            if let Some(seen) = self.seen().await?.pop().filter(|seen| !seen.ended.is_empty()) {
                return Ok(seen);
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        fail(format!("the upstream's answer had not ended after {within:?}"))
    }

    /// Lets `count` steps of gated answers pass.
    pub(crate) async fn release(&self, count: usize) -> Verdict {
        let call = format!("release?key={}&n={count}", self.token);
        world::control(&self.world, Method::POST, &call, String::new()).await.map(drop)
    }

    /// Lays down answers for the scenario `answers`.
    pub(crate) async fn lay_down(&self, answers: Value) -> Verdict {
        let call = format!("answers?key={}", self.token);
        world::control(&self.world, Method::POST, &call, answers.to_string()).await.map(drop)
    }

    /// The log line of a request, where the suite can see the log.
    pub(crate) async fn log_line(&self, id: &str) -> Verdict<Value> {
        let what = format!("of the request {id}");
        self.log_of(&self.world.main, &what, |line| line["event"] == "request" && line["id"] == id).await
    }

    /// The last line of a gateway's log that is `right`, once there is one.
    pub(crate) async fn log_of(
        &self,
        gateway: &Gateway,
        what: &str,
        right: impl Fn(&Value) -> bool,
    ) -> Verdict<Value> {
        if gateway.running.process.is_none() {
            return skip("needs the gateway's log, and this one was not started by the suite");
        }
        match gateway.running.lines.coming(right).await {
            Some(line) => {
                self.note(format!("log: {line}"));
                Ok(line)
            }
            None => fail(format!("no log line {what}")),
        }
    }
}

/// A request being written.
#[derive(Clone)]
pub(crate) struct Ask {
    hands: Hands,
    origin: Origin,
    key: Option<String>,
    sending: Sending,
    /// The protocol that it is in.
    pub(crate) front: Front,
    shape: Option<Value>,
}

impl Ask {
    /// In this protocol, with the headers that every request in it has.
    pub(crate) fn spoken(self, front: Front) -> Ask {
        let ask = Ask { front, ..self }.header("content-type", "application/json");
        match front {
            Front::Chat => ask,
            Front::Messages => ask.header("anthropic-version", "2023-06-01"),
        }
    }

    /// With this JSON body.
    pub(crate) fn saying(mut self, body: Value) -> Ask {
        self.sending.body = body.to_string().into();
        self.shape = Some(body);
        self
    }

    /// With a member of the JSON body set.
    pub(crate) fn with(mut self, name: &str, value: Value) -> Ask {
        let mut body = self.shape.take().unwrap_or_default();
        body[name] = value;
        self.saying(body)
    }

    /// With something set that the protocols spell differently.
    pub(crate) fn set(self, setting: Setting) -> Ask {
        let (name, value) = self.front.setting(&setting);
        self.with(name, value)
    }

    /// Streamed, usage asked for.
    pub(crate) fn stream(self) -> Ask {
        let streamed = self.with("stream", json!(true));
        match streamed.front {
            Front::Chat => streamed.with("stream_options", json!({"include_usage": true})),
            Front::Messages => streamed,
        }
    }

    /// Streamed, usage not asked for.
    pub(crate) fn stream_without_usage(self) -> Ask {
        self.with("stream", json!(true))
    }

    /// Streamed or not.
    pub(crate) fn streamed_if(self, stream: bool) -> Ask {
        if stream { self.stream() } else { self }
    }

    /// With one more header.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Ask {
        self.sending.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Without the header.
    pub(crate) fn without_header(mut self, name: &str) -> Ask {
        self.sending.headers.retain(|(key, _)| key != name);
        self
    }

    /// To another path.
    pub(crate) fn at(mut self, path: &str) -> Ask {
        self.sending.path = path.to_owned();
        self
    }

    /// With this key as a bearer token.
    pub(crate) fn key(mut self, key: &str) -> Ask {
        self.key = Some(format!("Bearer {key}"));
        self
    }

    /// Without any key.
    pub(crate) fn no_key(mut self) -> Ask {
        self.key = None;
        self
    }

    /// With this key in `x-api-key`.
    pub(crate) fn x_api_key(self, key: &str) -> Ask {
        self.no_key().header("x-api-key", key)
    }

    /// To another gateway.
    pub(crate) fn to(mut self, gateway: &Gateway) -> Ask {
        self.origin = gateway.origin.clone();
        self
    }

    /// Sends and waits for the head only.
    pub(crate) async fn open(self) -> Verdict<Opened> {
        let mut sending = self.sending;
        sending.headers.extend(self.key.map(|key| ("authorization".to_owned(), key)));
        let headers: Vec<String> =
            sending.headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        self.hands.note(format!(
            "→ {} {} [{}]\n  {}",
            sending.method,
            sending.path,
            headers.join("; "),
            shortened(&sending.body)
        ));
        let live = client::send(&self.origin, &sending).await?;
        self.hands.note(format!("← {} {:?}", live.status, live.headers));
        Ok(Opened {
            hands: self.hands,
            front: self.front,
            live,
            reader: Reader::default(),
            ready: Vec::new(),
            events: Vec::new(),
        })
    }

    /// Sends and reads the whole answer.
    pub(crate) async fn send(self) -> Verdict<Whole> {
        let opened = self.open().await?;
        let hands = opened.hands.clone();
        let whole = opened.live.whole().await;
        let broken = if whole.broken { " (broken off)" } else { "" };
        hands.note(format!("  {}{broken}", shortened(&whole.body)));
        Ok(whole)
    }
}

/// An answer that is being read.
pub(crate) struct Opened {
    hands: Hands,
    front: Front,
    /// The answer's head and body.
    pub(crate) live: Live,
    reader: Reader,
    ready: Vec<Event>,
    /// All events read so far.
    pub(crate) events: Vec<Event>,
}

impl Opened {
    /// A header, or nothing.
    pub(crate) fn header(&self, name: &str) -> &str {
        client::header(&self.live.headers, name)
    }

    /// The next event; `None` at the end of the body.
    pub(crate) async fn event(&mut self) -> Verdict<Option<Event>> {
        self.event_within(client::PATIENCE).await
    }

    /// The next event, if it comes in time.
    pub(crate) async fn event_within(&mut self, time: Duration) -> Verdict<Option<Event>> {
        loop {
            if !self.ready.is_empty() {
                let event = self.ready.remove(0);
                self.hands.note(format!("  {event:?}"));
                self.events.push(event.clone());
                return Ok(Some(event));
            }
            match self.live.frame_within(time).await {
                None => return Ok(None),
                Some(Err(error)) => return fail(format!("{error}, after {} events", self.events.len())),
                Some(Ok(bytes)) => self.ready = self.reader.push(&bytes),
            }
        }
    }

    /// Reads the rest of the events. `Err` when the transfer broke.
    pub(crate) async fn rest(&mut self) -> Verdict<Reading> {
        while self.event().await?.is_some() {}
        Ok(self.reading())
    }

    /// What the events say so far.
    pub(crate) fn reading(&self) -> Reading {
        self.front.events(&self.events)
    }

    /// Whether the events say that the answer is complete.
    pub(crate) fn is_done(&self) -> bool {
        self.front.is_done(&self.events)
    }
}

fn shortened(body: &Bytes) -> String {
    const MOST: usize = 3_000;
    let text = String::from_utf8_lossy(&body[..body.len().min(MOST)]).into_owned();
    if body.len() > MOST { format!("{text}… ({} bytes)", body.len()) } else { text }
}
