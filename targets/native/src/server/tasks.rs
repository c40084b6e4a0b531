//! Tasks of one lane whose end can be waited for.

use std::{cell::Cell, future::Future, rc::Rc};

use tokio::sync::Notify;

/// Spawns on the lane that it belongs to, and knows when all of it is done.
#[derive(Clone, Default)]
pub(crate) struct Tasks(Rc<Running>);

#[derive(Default)]
struct Running {
    count: Cell<usize>,
    none_left: Notify,
}

impl Tasks {
    /// Starts `task` now, whatever becomes of the one that asks.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + 'static) {
        let running = Counted::new(self.0.clone());
        tokio::task::spawn_local(async move {
            task.await;
            drop(running);
        });
    }

    /// Resolves once no task is left.
    pub(crate) async fn idle(&self) {
        while self.0.count.get() > 0 {
            self.0.none_left.notified().await;
        }
    }
}

/// One task's part in the count, given back even when the task panics.
struct Counted(Rc<Running>);

impl Counted {
    fn new(running: Rc<Running>) -> Self {
        running.count.set(running.count.get() + 1);
        Self(running)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let left = self.0.count.get() - 1;
        self.0.count.set(left);
        if left == 0 {
            self.0.none_left.notify_one();
        }
    }
}
