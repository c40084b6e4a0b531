//! The gateway itself, without I/O.

pub mod config;
pub mod conversation;
pub mod error;
pub mod frame;
#[cfg(any(test, feature = "fuzz"))]
pub mod fuzz;
pub mod gateway;
pub mod govern;
pub mod ledger;
pub mod model;
pub mod nearest;
pub mod payload;
pub mod ports;
pub mod protocol;
pub mod provider;
pub mod route;
pub mod sketch;
