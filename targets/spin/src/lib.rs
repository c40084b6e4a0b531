//! The gateway as a Spin component.
