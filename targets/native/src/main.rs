//! The gateway as one binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    tollbridge_native::main()
}
