//! Several instances of the gateway in one world, many callers at once, time virtual.

use std::{
    cell::RefCell,
    future::Future,
    pin::Pin,
    rc::Rc,
    sync::Arc,
    task::{Context, Waker},
    time::Duration,
};

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use serde_json::Value;
use tollbridge_core::{gateway::Gateway, govern::limits::Window, ports::Micros};

use super::sim::{Got, Patience, Platform, Sim, World, read};

type Task = Pin<Box<dyn Future<Output = ()>>>;

/// What a caller has got so far.
pub type Answer = Rc<RefCell<Option<Got>>>;

pub struct Crowd {
    pub world: Rc<World>,
    pub start: Micros,
    instances: Vec<Arc<Gateway<Platform>>>,
    /// Each with the instance that it runs in.
    tasks: Vec<(usize, Task)>,
}

impl Crowd {
    /// So many instances under one document.
    pub fn new(document: &Value, instances: usize) -> Self {
        let sim = Sim::new(document.clone());
        let mut all = vec![sim.gateway.clone()];
        all.extend((1..instances).map(|_| sim.another(document.clone())));
        Self { start: sim.world.now(), world: sim.world, instances: all, tasks: Vec::new() }
    }

    /// A caller asks an instance, and reads for as long as its patience lasts.
    pub fn ask(&mut self, instance: usize, request: Request<Full<Bytes>>, patience: Patience) -> Answer {
        let (response, after) = self.instances[instance].handle(request);
        let answer = Answer::default();
        let heard = answer.clone();
        let leaves = match patience {
            Patience::For(limit) => {
                Some(tollbridge_core::ports::Timer::sleep(self.instances[instance].ports(), limit))
            }
            _ => None,
        };
        self.tasks.push((
            instance,
            Box::pin(async move {
                let reading = Box::pin(read(response, patience));
                let got = match leaves {
                    None => reading.await,
                    Some(leaves) => match futures::future::select(reading, leaves).await {
                        futures::future::Either::Left((got, _)) => got,
                        futures::future::Either::Right(_) => None,
                    },
                };
                *heard.borrow_mut() = got;
            }),
        ));
        self.tasks.push((instance, Box::pin(after)));
        answer
    }

    /// Lets time pass until so long after the start.
    pub fn run_to(&mut self, after: Duration) {
        let end = self.start + u64::try_from(after.as_micros()).unwrap();
        loop {
            self.poll();
            if self.world.now() >= end {
                return;
            }
            self.world.advance_to(end);
        }
    }

    /// Lets time pass until everything that was begun is over.
    pub fn run(&mut self) {
        self.poll();
        while !self.tasks.is_empty() {
            self.world.advance_to(Micros::MAX - 1);
            self.poll();
        }
    }

    /// An instance dies: nothing of what it was doing goes on, and nothing is told to anybody.
    pub fn kill(&mut self, instance: usize) {
        for (owner, task) in std::mem::take(&mut self.tasks) {
            // What it knows is forgotten with it, as when a process is killed.
            if owner == instance { std::mem::forget(task) } else { self.tasks.push((owner, task)) }
        }
    }

    /// What the shared store says of a key now.
    pub fn counted(&self, key: &str) -> Window {
        let books = self.world.shelf.books.borrow();
        books.get(&format!("key/{key}")).map(|book| book.window(self.world.now())).unwrap_or_default()
    }

    fn poll(&mut self) {
        let mut context = Context::from_waker(Waker::noop());
        // What one does can let another go on.
        for _ in 0..3 {
            self.tasks.retain_mut(|(_, task)| task.as_mut().poll(&mut context).is_pending());
        }
    }
}
