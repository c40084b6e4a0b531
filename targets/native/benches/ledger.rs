//! What a usage row costs: `cargo bench -p tollbridge --bench ledger`.
//!
//! Prints the processor time a row of the thread that appends and of the writer, and then the
//! time of a log line.

use std::{
    fs,
    hint::black_box,
    sync::Arc,
    time::{Duration, Instant},
};

use tollbridge_core::{
    config::LogFormat,
    conversation::Usage,
    ledger::{UsageRow, log_line},
};
use tollbridge_native::ledger::SqliteLedger;

const ROWS: u32 = 400_000;

/// Rows between two pauses, and the pause: about 20,000 rows a second.
const BURST: u32 = 100;
const PAUSE: Duration = Duration::from_millis(5);

fn main() {
    let folder = std::env::temp_dir().join(format!("tollbridge-bench-{}", std::process::id()));
    let ledger = SqliteLedger::open(&folder, |line| panic!("{line}")).expect("a ledger");
    let tenant: Arc<str> = "/team/app".into();
    let key: Arc<str> = "ci".into();
    let provider: Arc<str> = "openai".into();
    let row = |n: u32| UsageRow {
        id: format!("req_{n:016x}{n:08x}"),
        at: 1_795_248_308_848_750 + u64::from(n) * 50,
        tenant: tenant.clone(),
        key: key.clone(),
        provider: Some(provider.clone()),
        model_asked: "openai/gpt-5-mini".into(),
        model_answered: Some("gpt-5-mini-2025-08-07".into()),
        front: "chat",
        endpoint: "chat.completions",
        usage: Usage { input: Some(1_200), output: Some(90), cached_input: Some(0), ..Usage::default() },
        latency_us: 401_250,
        first_token_us: Some(180_004),
        status: 200,
        finish: Some("stop".into()),
        attempts: 1,
        upstream_id: Some("chatcmpl-123456789012345678901234".into()),
        ..UsageRow::default()
    };

    let before = [processor_time("self"), processor_time("thread-self")];
    for n in 0..ROWS {
        ledger.push(row(n)).expect("room");
        if n % BURST == 0 {
            std::thread::sleep(PAUSE);
        }
    }
    ledger.close();
    let [all, appending] = [processor_time("self") - before[0], processor_time("thread-self") - before[1]];
    let per_row = |time: Duration| time.as_secs_f64() * 1e6 / f64::from(ROWS);
    let bytes = fs::metadata(folder.join("ledger.db")).map_or(0, |m| m.len());
    println!("make and append {:6.2} µs", per_row(appending));
    println!(
        "write           {:6.2} µs, {} bytes of file",
        per_row(all - appending),
        bytes / u64::from(ROWS)
    );

    let row = row(1);
    for format in [LogFormat::Json, LogFormat::Text] {
        let (mut out, start) = (String::new(), Instant::now());
        for _ in 0..ROWS {
            out.clear();
            log_line(black_box(&row), format, &mut out);
        }
        println!(
            "log line        {:6.2} µs ({format:?}, {} bytes)",
            per_row(start.elapsed()),
            black_box(&out).len()
        );
    }
    let _ = fs::remove_dir_all(folder);
}

/// User and system time of this process or thread.
fn processor_time(whose: &str) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{whose}/stat")).unwrap_or_default();
    let fields = stat.rsplit_once(") ").map_or("", |(_, rest)| rest).split(' ');
    let ticks: u64 = fields.skip(11).take(2).filter_map(|n| n.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 10)
}
