//! Doing a piece of set-up once, and saying how long it took.

use crate::process::{Outcome, context};
use crate::project::Project;
use std::fs;
use std::time::Instant;

/// Runs `work` unless it was done before from the same `source`.
pub(crate) fn once(project: &Project, name: &str, source: &str, work: impl FnOnce() -> Outcome) -> Outcome {
    let stamps = project.tools().join("stamps");
    let stamp = stamps.join(name);
    if fs::read_to_string(&stamp).is_ok_and(|done| done == source) {
        return Ok(());
    }
    timed(name, work)?;
    fs::create_dir_all(&stamps)
        .and_then(|()| fs::write(&stamp, source))
        .map_err(|error| context(&stamp.display(), error))
}

/// Runs `work` and reports it.
pub(crate) fn timed(name: &str, work: impl FnOnce() -> Outcome) -> Outcome {
    eprintln!("set-up: {name} …");
    let start = Instant::now();
    work().map_err(|failure| context(&format!("set-up of {name}"), failure))?;
    eprintln!("set-up: {name} took {} s", start.elapsed().as_secs());
    Ok(())
}
