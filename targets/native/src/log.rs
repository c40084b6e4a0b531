//! The operator's log, on standard output.
//!
//! A line costs a request one short lock and one copy: a thread writes what has gathered, at most
//! every 50 ms, so that no request pays for a system call or waits for a slow terminal. What
//! nobody reads is not kept for ever: past [`LIMIT`] lines are dropped, counted, and the count is
//! logged once there is room again.

use std::{
    io::Write,
    mem,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

/// Bytes that may wait to be written.
const LIMIT: usize = 4 << 20;

/// Bytes that a buffer keeps when it is empty again.
const KEPT: usize = 512 << 10;

/// How long lines gather.
const INTERVAL: Duration = Duration::from_millis(50);

/// How long the end waits for an output that takes nothing.
const PATIENCE: Duration = Duration::from_secs(2);

/// Takes lines on any thread.
#[derive(Clone)]
pub(crate) struct Log(Arc<Shared>);

struct Shared {
    waiting: Mutex<Waiting>,
    arrived: Condvar,
    /// Says how many lines were dropped, in the log's format.
    notice: fn(u64) -> String,
}

#[derive(Default)]
struct Waiting {
    lines: Vec<u8>,
    dropped: u64,
    closed: bool,
}

/// The thread that writes. Dropped, it writes what is left, and takes nothing more.
pub(crate) struct Writer {
    log: Log,
    thread: JoinHandle<()>,
}

impl Log {
    /// A log that `output` gets, and that tells of dropped lines by `notice`.
    pub(crate) fn start(
        output: impl Write + Send + 'static,
        notice: fn(u64) -> String,
    ) -> std::io::Result<(Self, Writer)> {
        let log = Self(Arc::new(Shared { waiting: Mutex::default(), arrived: Condvar::new(), notice }));
        let writing = log.clone();
        let thread =
            thread::Builder::new().name("log".to_owned()).spawn(move || writing.write_all(output))?;
        Ok((log.clone(), Writer { log, thread }))
    }

    /// Takes one line, without its newline.
    pub(crate) fn line(&self, line: &str) {
        let mut waiting = self.waiting();
        if waiting.closed || waiting.lines.len() + line.len() >= LIMIT {
            waiting.dropped += 1;
            return;
        }
        let is_first = waiting.lines.is_empty();
        waiting.lines.extend_from_slice(line.as_bytes());
        waiting.lines.push(b'\n');
        drop(waiting);
        if is_first {
            self.0.arrived.notify_one();
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_all(&self, mut output: impl Write) {
        let mut batch = Vec::new();
        while let Some(dropped) = self.next_batch(&mut batch) {
            if dropped > 0 {
                batch.extend_from_slice((self.0.notice)(dropped).as_bytes());
                batch.push(b'\n');
            }
            // A closed pipe is its reader's choice, and no reason to stop serving.
            let _ = output.write_all(&batch).and_then(|()| output.flush());
            batch.clear();
            batch.shrink_to(KEPT);
        }
    }

    /// Swaps the empty `batch` for the lines of one interval, and says how many were dropped.
    /// `None` at the end.
    fn next_batch(&self, batch: &mut Vec<u8>) -> Option<u64> {
        let mut waiting = self.waiting();
        while waiting.lines.is_empty() {
            if waiting.closed {
                return None;
            }
            waiting = self.0.arrived.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
        if !waiting.closed {
            drop(waiting);
            thread::park_timeout(INTERVAL);
            waiting = self.waiting();
        }
        mem::swap(&mut waiting.lines, batch);
        Some(mem::take(&mut waiting.dropped))
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.log.waiting().closed = true;
        self.log.0.arrived.notify_one();
        self.thread.thread().unpark();
        let asked = Instant::now();
        while !self.thread.is_finished() && asked.elapsed() < PATIENCE {
            thread::sleep(Duration::from_millis(1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    /// Passes each write on, and waits until it is told to go on.
    struct Slow(mpsc::Sender<Vec<u8>>, Option<mpsc::Receiver<()>>);

    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.send(bytes.to_vec()).unwrap();
            if let Some(go_on) = &self.1 {
                let _ = go_on.recv();
            }
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn notice(dropped: u64) -> String {
        format!("dropped {dropped}")
    }

    #[test]
    fn lines_of_one_interval_are_one_write() {
        let (output, written) = mpsc::channel();
        let (log, writer) = Log::start(Slow(output, None), notice).unwrap();
        log.line("one");
        log.line("two");
        assert_eq!(written.recv().unwrap(), b"one\ntwo\n");
        log.line("three");
        drop(writer);
        assert_eq!(written.recv().unwrap(), b"three\n", "what was left at the end");
        log.line("four");
        assert!(written.try_recv().is_err());
    }

    #[test]
    fn an_output_that_stands_still_loses_lines_and_is_told() {
        let (output, written) = mpsc::channel();
        let (go_on, held) = mpsc::channel();
        let (log, writer) = Log::start(Slow(output, Some(held)), notice).unwrap();
        log.line("first");
        assert_eq!(written.recv().unwrap(), b"first\n");
        let line = "x".repeat(1 << 20);
        (0..6).for_each(|_| log.line(&line));
        drop(go_on);
        let rest = String::from_utf8(written.recv().unwrap()).unwrap();
        assert_eq!(rest.lines().filter(|found| **found == line).count(), 3);
        assert_eq!(rest.lines().last(), Some("dropped 3"));
        drop(writer);
    }
}
