//! The gateway itself, without I/O.
