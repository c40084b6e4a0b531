//! HTTP/1.1 towards providers.
//!
//! Why not a library's client: those give each connection a task of its own, and every request,
//! every piece of an answer, and every end of one crosses between two tasks. Here the connection
//! belongs to the request that is on it. Whoever waits for the answer reads the socket, so that
//! back-pressure, cancellation and the return to the pool are what a value's owner does with it,
//! and events that arrive together are passed on together.
//!
//! Two parts know no I/O: [`head`] turns requests into bytes and bytes into heads, [`framing`]
//! finds the end of a body. What a provider says is held to the grammar (RFC 9112): a length
//! that is said twice, an encoding that is unknown, or bytes after the end are a broken
//! connection, never a guess.

mod connection;
mod framing;
mod head;
#[cfg(test)]
mod tests;

pub(super) use connection::{Answer, Connection, Outgoing, Unanswered};
pub(super) use framing::Framing;
