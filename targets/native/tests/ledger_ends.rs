//! What the ledger keeps when its process ends, measured on a process of its own.
//!
//! The process is this test binary, started again with a folder to write to: it appends rows as
//! fast as a busy gateway and says after each how many the ledger has taken.

#![cfg(unix)]

use std::{
    env,
    io::{BufRead, BufReader, Write, stdout},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use rusqlite::Connection;
use tollbridge_core::ledger::UsageRow;
use tollbridge_native::ledger::SqliteLedger;

/// Names the folder to the process that is started for a test.
const FOLDER: &str = "TOLLBRIDGE_TEST_LEDGER";

/// Rows that are written together.
const BATCH: u64 = 500;

/// Rows after which a process is ended: in the middle of some batch.
const ENOUGH: u64 = 6_789;

#[test]
fn writing_process() {
    let Some(folder) = env::var_os(FOLDER) else { return };
    static ENDING: AtomicBool = AtomicBool::new(false);
    thread::spawn(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().expect("a runtime");
        runtime.block_on(async {
            let mut signal =
                tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()).expect("a signal");
            writeln!(stdout(), "ready").expect("a reader");
            signal.recv().await;
            ENDING.store(true, Ordering::Relaxed);
        });
    });
    let ledger = SqliteLedger::open(Path::new(&folder), |line| panic!("{line}")).expect("a ledger");
    let mut taken: u64 = 0;
    // Ends by itself should the test be gone.
    while !ENDING.load(Ordering::Relaxed) && taken < 20 * ENOUGH {
        let row =
            UsageRow { id: format!("req_{taken}"), at: 1_795_248_000_000_000 + taken, ..UsageRow::default() };
        ledger.push(row).expect("room");
        taken += 1;
        writeln!(stdout(), "taken {taken}").expect("a reader");
        if taken.is_multiple_of(20) {
            thread::sleep(Duration::from_millis(5));
        }
    }
    ledger.close();
}

struct Writing {
    folder: PathBuf,
    child: Child,
}

impl Writing {
    fn start(name: &str) -> Self {
        let folder = env::temp_dir().join(format!("tollbridge-{name}-{}", std::process::id()));
        let child = Command::new(env::current_exe().expect("this binary"))
            .args(["--exact", "writing_process", "--nocapture"])
            .env(FOLDER, &folder)
            .stdout(Stdio::piped())
            .spawn()
            .expect("a process");
        Self { folder, child }
    }

    /// Ends the process by `end` once it has written for a while, waits until it is gone, and
    /// says how many rows the ledger had taken and how many are in the store, after checking that
    /// their sums agree.
    fn end(mut self, end: impl FnOnce(&mut Child)) -> (u64, u64) {
        let mut lines = BufReader::new(self.child.stdout.take().expect("its output")).lines();
        let mut ready = false;
        let mut taken = 0;
        let mut end = Some(end);
        while let Some(Ok(line)) = lines.next() {
            ready |= line == "ready";
            taken = line.strip_prefix("taken ").and_then(|n| n.parse().ok()).unwrap_or(taken);
            if ready
                && taken >= ENOUGH
                && let Some(end) = end.take()
            {
                end(&mut self.child);
            }
        }
        assert!(end.is_none(), "it ended by itself after {taken}");
        self.child.wait().expect("its end");

        let store = Connection::open(self.folder.join("ledger.db")).expect("the store");
        let count = |sql| store.query_row(sql, (), |row| row.get::<_, i64>(0)).expect("a number") as u64;
        let stored = count("SELECT count(*) FROM usage");
        assert_eq!(stored, count("SELECT sum(requests) FROM usage_hour"), "rows and their sums");
        assert_eq!(stored, count("SELECT count(DISTINCT id) FROM usage"), "each once");
        (taken, stored)
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

#[test]
fn a_killed_process_loses_at_most_one_batch() {
    let (taken, stored) = Writing::start("killed").end(|child| child.kill().expect("a kill"));
    println!("killed after {taken} rows: {} lost", taken.saturating_sub(stored));
    assert!(stored > 0 && taken.saturating_sub(stored) <= BATCH, "{taken} taken, {stored} stored");
}

#[test]
fn a_terminated_process_loses_nothing() {
    let (taken, stored) = Writing::start("terminated").end(|child| {
        let status = Command::new("kill").args(["-TERM", &child.id().to_string()]).status();
        assert!(status.expect("kill").success());
    });
    println!("terminated after {taken} rows: {} lost", taken.abs_diff(stored));
    assert_eq!(taken, stored);
}
