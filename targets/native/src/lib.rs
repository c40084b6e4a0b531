//! The gateway's ports on one machine.

pub mod ledger;
