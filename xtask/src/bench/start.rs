//! How soon the gateway answers, and what it weighs.

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    process::Stdio,
    thread::sleep,
    time::{Duration, Instant},
};

use super::{
    Bench,
    contender::{self, GATEWAY},
    cpu::{self, pinned},
    report::percentile,
};
use crate::process::{Failure, context};

/// Starts that are timed.
const STARTS: usize = 7;

/// The gateway at rest.
pub(super) struct Start {
    /// From the start of the process to its first answer, the median.
    pub(super) first_answer: Duration,
    /// Kilobytes of memory before the first request.
    pub(super) idle: u64,
    /// Bytes of the program.
    pub(super) binary: u64,
}

pub(super) fn measure(bench: &Bench) -> Result<Start, Failure> {
    let mut times = (0..STARTS).map(|_| first_answer(bench)).collect::<Result<Vec<_>, _>>()?;
    times.sort();
    let idle = {
        let running = contender::gateway(bench)?;
        sleep(Duration::from_millis(500));
        cpu::memory(running.id(), "VmRSS:")?
    };
    let program = &bench.programs.gateway;
    let binary = fs::metadata(program).map_err(|error| context(&program.display(), error))?.len();
    Ok(Start { first_answer: percentile(&times, 50), idle, binary })
}

fn first_answer(bench: &Bench) -> Result<Duration, Failure> {
    let data = bench.folder.join("data");
    let _ = fs::remove_dir_all(&data);
    let mut command = pinned(&bench.pins.proxy, &bench.programs.gateway);
    command.current_dir(&bench.folder).env_clear().env("PORT", GATEWAY.to_string()).env("DATA_DIR", &data);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let start = Instant::now();
    let mut child = command.spawn().map_err(|error| context(&"the gateway", error))?;
    let answered = loop {
        if health().is_ok_and(|answer| answer.starts_with(b"HTTP/1.1 200 ")) {
            break Ok(start.elapsed());
        }
        if start.elapsed() > Duration::from_secs(10) {
            break Err(Failure::new("the gateway does not answer"));
        }
        sleep(Duration::from_micros(200));
    };
    let _ = child.kill();
    let _ = child.wait();
    answered
}

fn health() -> std::io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(("127.0.0.1", GATEWAY))?;
    stream.write_all(b"GET /health HTTP/1.1\r\nhost: bench\r\nconnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    Ok(answer)
}
