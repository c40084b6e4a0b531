//! The `Counters` port over Durable Objects: one object for each scope.
//!
//! An object lives in one place and does one thing after the other, which is all the atomicity that a
//! [`Book`] needs. It is asked by a request of its own kind, a [`Call`], and answers with what the book's
//! method returns. The book stands in the object's SQL storage, so that it outlives the object's memory; the
//! platform holds an answer back until what was written before it is durable.

use crate::platform::Platform;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tollbridge_core::govern::limits::{Ask, Book, FRESH, Grant, Settlement, Window};
use tollbridge_core::ports::{Counters, CountersError, Micros};
use worker::wasm_bindgen::{self, JsValue};
use worker::{
    DurableObject, Env, Method, ObjectNamespace, Request, RequestInit, Response, SqlStorage, SqlStorageValue,
    State, durable_object,
};

/// A method of the book's, with what it is given.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Call {
    Lease(Ask),
    Settle(Settlement),
    Window(Micros),
}

impl Counters for Platform {
    /// An object may be an ocean away.
    fn hold(&self) -> Duration {
        if self.counters.is_some() { FRESH } else { Duration::ZERO }
    }

    async fn lease(&self, scope: &str, ask: Ask) -> Result<Grant, CountersError> {
        match &self.counters {
            Some(objects) => call(objects, scope, Call::Lease(ask)).await,
            None => Ok(Grant::alone(&ask)),
        }
    }

    async fn settle(&self, scope: &str, back: Settlement) -> Result<(), CountersError> {
        match &self.counters {
            Some(objects) => call(objects, scope, Call::Settle(back)).await,
            None => Ok(()),
        }
    }

    async fn window(&self, scope: &str, at: Micros) -> Result<Window, CountersError> {
        match &self.counters {
            Some(objects) => call(objects, scope, Call::Window(at)).await,
            None => Err(CountersError::NotKept),
        }
    }
}

/// Asks the object of a scope, once: a settlement whose answer was lost may have been done.
async fn call<T: DeserializeOwned>(
    objects: &ObjectNamespace,
    scope: &str,
    call: Call,
) -> Result<T, CountersError> {
    let failed = |error: worker::Error| CountersError::Store(error.to_string());
    let unreadable = |error: serde_json::Error| CountersError::Store(error.to_string());
    let body = serde_json::to_string(&call).map_err(unreadable)?;
    let mut init = RequestInit::new();
    init.with_method(Method::Post).with_body(Some(JsValue::from_str(&body)));
    // The platform wants an address; the object reads the body alone.
    let request = Request::new_with_init("https://counters/", &init).map_err(failed)?;
    let stub = objects.get_by_name(scope).map_err(failed)?;
    let mut response = stub.fetch_with_request(request).await.map_err(failed)?;
    let answer = response.bytes().await.map_err(failed)?;
    serde_json::from_slice(&answer).map_err(unreadable)
}

const SCHEMA: &str = "CREATE TABLE IF NOT EXISTS book (id INTEGER PRIMARY KEY, text TEXT NOT NULL)";
const READ: &str = "SELECT text FROM book WHERE id = 0";
const WRITE: &str =
    "INSERT INTO book (id, text) VALUES (0, ?) ON CONFLICT DO UPDATE SET text = excluded.text";

/// The object of one scope.
#[durable_object]
pub struct CounterBook {
    sql: SqlStorage,
}

impl DurableObject for CounterBook {
    fn new(state: State, _: Env) -> Self {
        Self { sql: state.storage().sql() }
    }

    /// Does what a [`Call`] says. Once it is read nothing is waited for, so that no other comes between.
    async fn fetch(&self, mut request: Request) -> worker::Result<Response> {
        let call = serde_json::from_slice(&request.bytes().await?)?;
        let mut book = self.read()?;
        let answer = match call {
            Call::Lease(ask) => {
                let grant = book.lease(&ask);
                self.write(&book)?;
                serde_json::to_string(&grant)
            }
            Call::Settle(back) => {
                book.settle(&back);
                self.write(&book)?;
                serde_json::to_string(&())
            }
            Call::Window(at) => serde_json::to_string(&book.window(at)),
        };
        Response::ok(answer?)
    }
}

impl CounterBook {
    /// What another release wrote in another format is worth a minute's counts.
    fn read(&self) -> worker::Result<Book> {
        self.sql.exec(SCHEMA, None)?;
        let row = self.sql.exec(READ, None)?.raw().next().transpose()?;
        let text = row.and_then(|row| row.into_iter().next());
        Ok(match text {
            Some(SqlStorageValue::String(text)) => Book::read(&text).unwrap_or_default(),
            _ => Book::default(),
        })
    }

    fn write(&self, book: &Book) -> worker::Result<()> {
        self.sql.exec(WRITE, vec![book.to_string().into()]).map(drop)
    }
}
