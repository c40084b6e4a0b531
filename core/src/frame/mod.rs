//! Framers: where one message ends and the next begins in a stream of bytes.
//!
//! A framer is a push machine. Chunks go in as they arrive, cut anywhere; messages come out, the same ones
//! for every way of cutting. It knows bytes only: what a message means is for the protocols. Messages that
//! lie whole in a chunk are slices of it; only those that straddle chunks are copied. What it holds back
//! is bounded, and what was cut off at the end is handed out as cut off.

pub mod sse;
