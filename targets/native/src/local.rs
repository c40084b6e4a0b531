//! Spawning on the lane that one is on.

use std::future::Future;

/// Hands hyper's own tasks to the runtime of this thread.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Local;

impl<F: Future<Output: 'static> + 'static> hyper::rt::Executor<F> for Local {
    fn execute(&self, task: F) {
        tokio::task::spawn_local(task);
    }
}
