//! What happened, by test: the requests that arrived, how far each answer got and how it ended.
//!
//! Tests run at once and each has a key of its own, so nothing here is reset between them.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use serde::Serialize;
use serde_json::Value;
use tokio::sync::Semaphore;

use crate::ask::Ask;

/// How an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// All of it was handed to the connection.
    Whole,
    /// The script cut it.
    Cut,
    /// The caller left first.
    Dropped,
}

/// One request and its answer, as the control API shows it.
#[derive(Clone, Debug, Serialize)]
pub struct Record {
    /// When it arrived, in milliseconds since the stand-in started.
    pub at_ms: u64,
    /// The method.
    pub method: String,
    /// The path without the query.
    pub path: String,
    /// The query.
    pub query: String,
    /// The headers, in order.
    pub headers: Vec<(String, String)>,
    /// The body as text.
    pub body: String,
    /// How many writes of the body were handed to the connection.
    pub sent: usize,
    /// How the answer ended, once it has.
    pub ended: Option<Ending>,
    /// When it ended, in milliseconds since the stand-in started.
    pub ended_at_ms: Option<u64>,
}

/// All that belongs to one test.
pub struct Session {
    started: Instant,
    gate: Semaphore,
    records: Mutex<Vec<Record>>,
    answers: Mutex<Vec<Value>>,
    turns: AtomicUsize,
}

impl Session {
    /// Writes a request down and returns the pen for what follows.
    pub fn open(self: &Arc<Session>, ask: &Ask) -> Pen {
        let headers = ask
            .headers
            .iter()
            .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
            .collect();
        let mut records = lock(&self.records);
        records.push(Record {
            at_ms: self.now(),
            method: ask.method.to_string(),
            path: ask.path.clone(),
            query: ask.query.clone(),
            headers,
            body: String::from_utf8_lossy(&ask.raw).into_owned(),
            sent: 0,
            ended: None,
            ended_at_ms: None,
        });
        Pen { session: self.clone(), index: records.len() - 1 }
    }

    /// All requests so far.
    pub fn records(&self) -> Vec<Record> {
        lock(&self.records).clone()
    }

    /// Lets `count` gated steps pass.
    pub fn release(&self, count: usize) {
        self.gate.add_permits(count);
    }

    /// Waits for a released step and uses it up.
    pub async fn pass_gate(&self) {
        if let Ok(permit) = self.gate.acquire().await {
            permit.forget();
        }
    }

    /// Lays down the answers that the scenario `answers` gives, one an attempt.
    pub fn lay_down(&self, answers: Vec<Value>) {
        *lock(&self.answers) = answers;
    }

    /// The next answer that was laid down; the last one repeats.
    pub fn next_laid_down(&self) -> Option<Value> {
        let answers = lock(&self.answers);
        let turn = self.turns.fetch_add(1, Ordering::Relaxed);
        answers.get(turn).or(answers.last()).cloned()
    }

    fn now(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// Writes the rest of one record. Dropped before the end, it records that the caller left.
pub struct Pen {
    session: Arc<Session>,
    index: usize,
}

impl Pen {
    /// Which request of its session this is, from 1.
    pub fn attempt(&self) -> usize {
        self.index + 1
    }

    /// The session that the record belongs to.
    pub fn session(&self) -> &Arc<Session> {
        &self.session
    }

    /// One more write was handed over.
    pub fn sent(&self) {
        self.write(|record, _| record.sent += 1);
    }

    /// The answer ended.
    pub fn end(&self, ending: Ending) {
        self.write(|record, now| {
            if record.ended.is_none() {
                record.ended = Some(ending);
                record.ended_at_ms = Some(now);
            }
        });
    }

    fn write(&self, change: impl FnOnce(&mut Record, u64)) {
        let now = self.session.now();
        if let Some(record) = lock(&self.session.records).get_mut(self.index) {
            change(record, now);
        }
    }
}

impl Drop for Pen {
    fn drop(&mut self) {
        self.end(Ending::Dropped);
    }
}

/// The sessions by key.
pub struct Sessions {
    started: Instant,
    by_key: Mutex<HashMap<String, Arc<Session>>>,
}

impl Sessions {
    pub(crate) fn new() -> Sessions {
        Sessions { started: Instant::now(), by_key: Mutex::default() }
    }

    /// The session of this key, made when first asked for.
    pub fn of(&self, key: &str) -> Arc<Session> {
        let fresh = || {
            Arc::new(Session {
                started: self.started,
                gate: Semaphore::new(0),
                records: Mutex::default(),
                answers: Mutex::default(),
                turns: AtomicUsize::new(0),
            })
        };
        lock(&self.by_key).entry(key.to_owned()).or_insert_with(fresh).clone()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
