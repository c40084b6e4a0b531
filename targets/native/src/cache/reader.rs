//! Reads that only the disk can answer.
//!
//! One blocking thread at a time answers whatever is asked until there is nothing more: readers of one
//! connection would only wait for each other, and a thread for each question costs many times the read.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures::channel::oneshot;
use tollbridge_core::{
    cache::sql::{self, Entry},
    sql::SqlError,
};

use super::now;
use crate::database::{Database, done};

/// The entries of those keys that have one.
type Answer = Result<HashMap<String, Entry>, SqlError>;

/// A connection to read by, and who waits for it.
pub(super) struct Reader(Arc<Shared>);

struct Shared {
    database: Mutex<Database>,
    asked: Mutex<Asked>,
}

#[derive(Default)]
struct Asked {
    questions: VecDeque<(Vec<String>, oneshot::Sender<Answer>)>,
    /// Whether a thread is there that will look once more.
    is_read: bool,
}

impl Reader {
    pub(super) fn new(database: Database) -> Self {
        Self(Arc::new(Shared { database: Mutex::new(database), asked: Mutex::default() }))
    }

    pub(super) async fn get(&self, keys: Vec<String>) -> Answer {
        let (sender, answer) = oneshot::channel();
        let must_be_read = {
            let mut asked = lock(&self.0.asked);
            asked.questions.push_back((keys, sender));
            !std::mem::replace(&mut asked.is_read, true)
        };
        if must_be_read {
            let shared = self.0.clone();
            tokio::task::spawn_blocking(move || shared.answer_all());
        }
        answer.await.unwrap_or_else(|_| Err(SqlError("the reading thread stopped".into())))
    }
}

impl Shared {
    fn answer_all(&self) {
        let database = lock(&self.database);
        while let Some((keys, answer)) = self.next() {
            let found = done(sql::get(&*database, &keys, now())).map(HashMap::from_iter);
            // Who left has no more use for it.
            let _ = answer.send(found);
        }
    }

    /// What was asked first; where nothing was, the next question needs a thread again.
    fn next(&self) -> Option<(Vec<String>, oneshot::Sender<Answer>)> {
        let mut asked = lock(&self.asked);
        let question = asked.questions.pop_front();
        asked.is_read = question.is_some();
        question
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
