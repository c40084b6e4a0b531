//! What the core asks of a platform.
//!
//! A target implements each of these small traits for one type of its own and hands that to the
//! [`Gateway`](crate::gateway::Gateway). Nothing here names `Send`: the futures and bodies of the
//! gateway are `Send` exactly when the port's are, because every trait returns a plain
//! `impl Future` whose auto traits are seen through at the target. Lambda demands `Send`, Workers
//! cannot have it, and both compile.
//!
//! No implementation may share anything that waits between two requests: Workers cancels a
//! request that awaits another's future.

use std::{
    future::{Future, ready},
    time::Duration,
};

use bytes::Bytes;
use futures::future::try_join_all;

use crate::{
    govern::limits::{Ask, Grant, Settlement, Window},
    ledger::{Summary, SummaryQuery, UsageRow},
    payload::Payload,
};

/// Microseconds since the Unix epoch.
pub type Micros = u64;

/// Sends a request to a provider and streams its answer.
///
/// The contract, tested per target: the body arrives identity-decoded, with `content-encoding`
/// and `content-length` removed where they were decoded away; dropping the body, or the future of
/// [`send`](Http::send), cancels the upstream; redirects are not followed; the time limits on the
/// head, on silence and on the whole are raced by the core, the one on connecting is applied by
/// the platform where it can.
pub trait Http {
    /// The answer's body.
    type Body: http_body::Body<Data = Bytes, Error = HttpError> + Unpin;

    /// Resolves when the answer's head is here.
    fn send(
        &self,
        request: http::Request<Payload>,
    ) -> impl Future<Output = Result<http::Response<Self::Body>, HttpError>>;
}

/// An extension of a request whose address a caller named: the connection must lead to a
/// [public](crate::media::is_public) address, checked on the very address that it is made to, so that
/// a name which leads elsewhere the second time is no way in. What cannot be checked (a proxy that
/// looks the name up itself) is [`HttpError::Refused`]. A platform that cannot reach private
/// addresses at all has nothing to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicOnly;

/// Why an upstream gave no answer, or stopped giving one. No variant carries a URL or a
/// library's message: these end in errors that callers read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HttpError {
    /// The host has no address.
    #[error("the provider's host name could not be resolved")]
    Dns,
    /// Nobody accepted the connection.
    #[error("the provider could not be reached")]
    Connect,
    /// The connection was not accepted in time.
    #[error("the connection to the provider took too long")]
    ConnectTimeout,
    /// No trust between the two.
    #[error("the TLS handshake with the provider failed")]
    Tls,
    /// The connection ended before the head: the provider may or may not have seen the request.
    #[error("the provider closed the connection before it answered")]
    ResetBeforeHead,
    /// The connection ended inside the body.
    #[error("the provider closed the connection in the middle of its answer")]
    ResetAfterHead,
    /// The body claims an encoding that it does not keep to.
    #[error("the provider's answer could not be decompressed")]
    Encoding,
    /// The platform does not allow this host.
    #[error("the platform refused to connect to the provider")]
    Refused,
}

impl HttpError {
    /// Whether the provider cannot have acted on the request.
    pub fn before_request(self) -> bool {
        matches!(self, Self::Dns | Self::Connect | Self::ConnectTimeout | Self::Tls | Self::Refused)
    }
}

/// Keeps usage rows and answers questions about them.
///
/// The provided methods are those of a target whose log is its ledger: the line that is logged of
/// a request has all that its row has, and nothing can be asked.
pub trait Ledger {
    /// Takes one row to keep. Returns when it is safe to forget it here: on native, when the
    /// writer's queue has it.
    ///
    /// # Errors
    /// The row comes back with the reason, to be offered again.
    fn append(&self, row: UsageRow) -> impl Future<Output = Result<(), Box<Unwritten>>> {
        drop(row);
        ready(Ok(()))
    }

    /// How long it may take until a row is kept, all tries together, before it is logged in its stead, in
    /// case; `None` where nothing here ever waits. Where the platform cuts short what is done after a
    /// response, this must be less.
    fn patience(&self) -> Option<Duration> {
        Some(Duration::from_secs(5))
    }

    /// Takes a row that came back when it was offered before. A store whose error does not tell that
    /// nothing was written (the answer was lost on its way) looks whether the row is there already, so that
    /// no request is counted twice; for others this is [`append`](Ledger::append).
    ///
    /// # Errors
    /// As [`append`](Ledger::append).
    fn append_again(&self, row: UsageRow) -> impl Future<Output = Result<(), Box<Unwritten>>> {
        self.append(row)
    }

    /// Writes rows of an earlier time, of which some may be there already, and says how many were not.
    /// Returns when they are written. Called with at most [`MOST_IMPORTED`] rows.
    ///
    /// # Errors
    /// Those that were not there may be written in part: calling it again with the same rows does the rest.
    fn import(&self, rows: Vec<UsageRow>) -> impl Future<Output = Result<usize, LedgerError>> {
        drop(rows);
        ready(Err(LedgerError::NotKept))
    }

    /// Sums over the roll-ups.
    fn summary(&self, query: SummaryQuery) -> impl Future<Output = Result<Summary, LedgerError>> {
        drop(query);
        ready(Err(LedgerError::NotKept))
    }

    /// Whether the store can be reached now.
    fn ready(&self) -> impl Future<Output = Result<(), LedgerError>> {
        ready(Err(LedgerError::NotKept))
    }
}

/// Most rows that are given to [`Ledger::import`] at once.
pub const MOST_IMPORTED: usize = 200;

/// A row that the ledger did not take.
#[derive(Debug)]
pub struct Unwritten {
    /// The row.
    pub row: UsageRow,
    /// Why not.
    pub error: LedgerError,
}

/// Why the ledger did not do what it was asked to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// The store refused or cannot be reached; the text is for the operator's log.
    #[error("the usage ledger's store failed: {0}")]
    Store(String),
    /// The queue before the store is full.
    #[error("the usage ledger's queue is full")]
    Full,
    /// This target keeps rows in its log only.
    #[error("this target keeps no queryable ledger; its usage rows are in its log")]
    NotKept,
}

/// Keeps bytes for a while, by key.
///
/// The contract, tested per target. A key is printable ASCII of at most [`MAX_KEY`] bytes, a value
/// has at most [`MAX_VALUE`] bytes; what is larger is refused and never cut. A value is gone once its
/// time is up, and may be gone earlier: a cache forgets. A later `put` of a key replaces the value and
/// its time. A `get` by whoever awaited the `put` finds the value; how soon others do is the
/// store's own matter (at once where it is the same process or a table that is read consistently;
/// up to a minute elsewhere with Workers KV). Keys cannot be listed, because stores at the edge
/// cannot do it cheaply. Times are whole seconds, at least [`LEAST_TTL`].
///
/// The provided methods are those of a target without such a store.
pub trait Cache {
    /// The value of a key, where it is still there.
    fn get(&self, key: &str) -> impl Future<Output = Result<Option<Bytes>, CacheError>> {
        let _ = key;
        ready(Ok(None))
    }

    /// The values of several keys, in their order: in one go, where the store can.
    fn get_all(&self, keys: &[String]) -> impl Future<Output = Result<Vec<Option<Bytes>>, CacheError>> {
        try_join_all(keys.iter().map(|key| self.get(key)))
    }

    /// Keeps a value for `ttl`, in place of what the key had.
    fn put(&self, key: &str, value: Bytes, ttl: Duration) -> impl Future<Output = Result<(), CacheError>> {
        let _ = (key, value, ttl);
        ready(Err(CacheError::NotKept))
    }

    /// Forgets a key. One that is not there is no error.
    fn delete(&self, key: &str) -> impl Future<Output = Result<(), CacheError>> {
        let _ = key;
        ready(Ok(()))
    }

    /// How long it is worth to wait for a value that another instance may be putting right now: nought
    /// where all share one memory, and where such a wait is in vain (Workers KV remembers for a minute that
    /// a key had none).
    fn settles_within(&self) -> Duration {
        Duration::ZERO
    }

    /// Whether the store can be reached now.
    fn ready(&self) -> impl Future<Output = Result<(), CacheError>> {
        ready(Err(CacheError::NotKept))
    }
}

/// The longest key of a [`Cache`], in bytes (Workers KV: 512).
pub const MAX_KEY: usize = 512;

/// The largest value of a [`Cache`], in bytes (Workers KV: 25 MiB).
pub const MAX_VALUE: usize = 25 << 20;

/// The shortest time for which a [`Cache`] keeps a value (Workers KV: a minute).
pub const LEAST_TTL: Duration = Duration::from_secs(60);

/// Why a cache did not do what it was asked to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CacheError {
    /// The store refused or cannot be reached; the text is for the operator's log.
    #[error("the cache's store failed: {0}")]
    Store(String),
    /// The key or the value is larger than the port allows.
    #[error("the key or the value is too large for the cache")]
    TooLarge,
    /// The queue before the store is full.
    #[error("the cache's queue is full")]
    Full,
    /// This target has no such store.
    #[error("this target has no store for its cache")]
    NotKept,
}

/// Counts what all instances of the gateway do together.
///
/// One [`Book`](crate::govern::limits::Book) is kept for each scope (`key/NAME`), and each method is one of the book's, done
/// atomically: two that change a book at once do so one after the other. What a store may not do is
/// to repeat a [`settle`](Counters::settle) of which it does not know whether it was done: units that
/// are lost so are there again in the next minute, and units given back twice would be spent twice.
/// A book that has not been used for two minutes may be forgotten.
/// [`conformance`](crate::govern::limits::conformance) tests all of it.
///
/// The provided methods are those of a target without such a store: each instance is granted what it
/// asks for, and holds its own callers to their limits by what it has seen itself. An adapter whose
/// store is optional answers the same ([`Grant::alone`]) without it.
pub trait Counters {
    /// How long an instance keeps what it has of a scope beyond the last request that needed it, at
    /// most ten seconds. Zero where the store is near: then nothing is taken ahead, and every
    /// request asks. Where it is far, `after` must be able to go on for as long.
    fn hold(&self) -> Duration {
        Duration::ZERO
    }

    /// Asks for a part of what a scope has left.
    fn lease(&self, scope: &str, ask: Ask) -> impl Future<Output = Result<Grant, CountersError>> {
        let _ = scope;
        ready(Ok(Grant::alone(&ask)))
    }

    /// Gives back what was not needed.
    fn settle(&self, scope: &str, back: Settlement) -> impl Future<Output = Result<(), CountersError>> {
        let _ = (scope, back);
        ready(Ok(()))
    }

    /// What is granted of a scope at a moment.
    fn window(&self, scope: &str, at: Micros) -> impl Future<Output = Result<Window, CountersError>> {
        let _ = (scope, at);
        ready(Err(CountersError::NotKept))
    }
}

/// Why counts could not be read or changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CountersError {
    /// The store refused or cannot be reached; the text is for the operator's log.
    #[error("the store of the limits' counts failed: {0}")]
    Store(String),
    /// The store did not answer in time.
    #[error("the store of the limits' counts took too long")]
    Late,
    /// This target has no such store: each instance counts for itself.
    #[error("this target has no store for the limits' counts: each instance counts for itself")]
    NotKept,
}

/// The time of day.
pub trait Clock {
    /// Now. May stand still between two I/O operations (as on Workers).
    fn now(&self) -> Micros;
}

/// Waits.
pub trait Timer {
    /// Resolves after the duration. Nothing is scheduled before it is first polled.
    type Sleep: Future<Output = ()> + Unpin;

    /// A wait of `duration` from now.
    fn sleep(&self, duration: Duration) -> Self::Sleep;
}

/// Entropy: request ids and the jitter of retries.
pub trait Random {
    /// 64 bits that nobody can guess from earlier ones.
    fn random(&self) -> u64;
}

/// The operator's log.
pub trait Log {
    /// Writes one line (without its newline), in the configured format already.
    fn line(&self, line: &str);
}

/// All of the ports: what a [`Gateway`](crate::gateway::Gateway) runs on.
pub trait Ports: Http + Ledger + Cache + Counters + Clock + Timer + Random + Log + 'static {}

impl<T: Http + Ledger + Cache + Counters + Clock + Timer + Random + Log + 'static> Ports for T {}
