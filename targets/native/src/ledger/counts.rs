//! The counts of keys' limits: in memory, over the ledger's file.
//!
//! One process is one instance, and its lanes share these books behind a lock that is held for a few
//! comparisons. Nothing waits for the disk: a book that changed is noted, and the ledger's writer
//! writes those that have, with the batch that comes next. So a process that is started anew within
//! the minute goes on where the last one was; one that was killed has forgotten what it counted in
//! its last tenth of a second.

use std::{
    collections::HashMap,
    future::{Future, ready},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tollbridge_core::{
    govern::limits::{Ask, Book, Grant, Settlement, Window},
    ports::{Counters, CountersError, Micros},
};

use super::queue::Queue;

/// The books of one process.
pub struct Counts {
    books: Mutex<Books>,
    queue: Arc<Queue>,
}

#[derive(Default)]
struct Books {
    all: HashMap<String, Entry>,
    /// Whether any has changed.
    changed: bool,
}

#[derive(Default)]
struct Entry {
    book: Book,
    /// Whether the file does not have it so yet.
    changed: bool,
}

impl Entry {
    fn change<T>(&mut self, by: impl FnOnce(&mut Book) -> T) -> T {
        self.changed = true;
        by(&mut self.book)
    }

    /// The book, to be written.
    fn take(&mut self) -> Book {
        self.changed = false;
        self.book.clone()
    }
}

impl Counts {
    /// Begins with what the file has.
    pub(super) fn new(books: Vec<(String, Book)>, queue: Arc<Queue>) -> Self {
        let all = books.into_iter().map(|(scope, book)| (scope, Entry { book, changed: false }));
        Self { books: Mutex::new(Books { all: all.collect(), changed: false }), queue }
    }

    /// The books that are to be written.
    pub(super) fn take_changed(&self) -> Vec<(String, Book)> {
        let mut books = self.lock();
        if !std::mem::take(&mut books.changed) {
            return Vec::new();
        }
        let changed = books.all.iter_mut().filter(|(_, entry)| entry.changed);
        changed.map(|(scope, entry)| (scope.clone(), entry.take())).collect()
    }

    /// These could not be written: to be taken again, as they are then.
    pub(super) fn put_back(&self, unwritten: &[(String, Book)]) {
        let mut books = self.lock();
        books.changed |= !unwritten.is_empty();
        for (scope, _) in unwritten {
            if let Some(entry) = books.all.get_mut(scope) {
                entry.changed = true;
            }
        }
    }

    fn change<T>(&self, scope: &str, by: impl FnOnce(&mut Book) -> T) -> T {
        let mut books = self.lock();
        let outcome = match books.all.get_mut(scope) {
            Some(entry) => entry.change(by),
            None => books.all.entry(scope.to_owned()).or_default().change(by),
        };
        let first = !std::mem::replace(&mut books.changed, true);
        drop(books);
        if first {
            self.queue.nudge();
        }
        outcome
    }

    fn lock(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counters for Counts {
    fn lease(&self, scope: &str, ask: Ask) -> impl Future<Output = Result<Grant, CountersError>> {
        ready(Ok(self.change(scope, |book| book.lease(&ask))))
    }

    fn settle(&self, scope: &str, back: Settlement) -> impl Future<Output = Result<(), CountersError>> {
        self.change(scope, |book| book.settle(&back));
        ready(Ok(()))
    }

    fn window(&self, scope: &str, at: Micros) -> impl Future<Output = Result<Window, CountersError>> {
        ready(Ok(self.lock().all.get(scope).map(|entry| entry.book.window(at)).unwrap_or_default()))
    }
}
