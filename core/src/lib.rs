//! The gateway itself, without I/O.

#![forbid(unsafe_code)]
// Bytes from outside must not be able to stop the process for everybody.
#![cfg_attr(
    not(any(test, feature = "fuzz")),
    warn(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::unreachable
    )
)]

pub mod cache;
pub mod config;
pub mod conversation;
pub mod error;
pub mod faults;
pub mod frame;
#[cfg(any(test, feature = "fuzz"))]
pub mod fuzz;
pub mod gateway;
pub mod govern;
pub mod hex;
pub mod ledger;
pub mod media;
pub mod model;
pub mod nearest;
pub mod payload;
pub mod ports;
pub mod protocol;
pub mod provider;
pub mod recall;
pub mod route;
pub mod sketch;
pub mod sql;
