//! Time to the first token of a stream, with nobody else about.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

use super::{
    Bench, body,
    contender::{Contender, KEY, Kind},
    report::percentile,
    scenario::{Manner, SCENARIOS},
};
use crate::process::{Failure, context};

/// Streams per contender.
const STREAMS: usize = 200;

/// A contender's median and 99th percentile.
pub(super) type FirstToken = (Kind, Duration, Duration);

/// Each contender's times to the first event of a relayed burst.
pub(super) fn first_tokens(bench: &Bench) -> Result<Vec<FirstToken>, Failure> {
    let stream = SCENARIOS.iter().find(|one| one.manner == Manner::Burst && one.front == one.wire);
    let scenario = stream.ok_or_else(|| Failure::new("no scenario streams"))?;
    Kind::all(bench)
        .map(|kind| {
            let contender = Contender::start(kind, bench, scenario)?;
            let body = body::request(scenario, kind == Kind::Gateway);
            let mut times =
                sample(&contender, &body).map_err(|error| context(&format!("{kind:?}"), error))?;
            times.sort();
            Ok((kind, percentile(&times, 50), percentile(&times, 99)))
        })
        .collect()
}

fn sample(contender: &Contender, body: &str) -> std::io::Result<Vec<Duration>> {
    let mut stream = TcpStream::connect(("127.0.0.1", contender.port))?;
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let request = format!(
        "POST {} HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\nauthorization: Bearer {KEY}\r\n\
         content-length: {}\r\n\r\n{body}",
        contender.path,
        body.len()
    );
    (0..STREAMS)
        .map(|_| {
            let asked = Instant::now();
            stream.write_all(request.as_bytes())?;
            let mut first = None;
            read_answer(&mut reader, || first = first.or_else(|| Some(asked.elapsed())))?;
            first.ok_or_else(|| std::io::Error::other("an answer without an event"))
        })
        .collect()
}

/// Reads one chunked answer to its end, and tells of each chunk.
fn read_answer(reader: &mut impl BufRead, mut chunk: impl FnMut()) -> std::io::Result<()> {
    let mut line = String::new();
    reader.read_line(&mut line)?;
    if !line.contains(" 200 ") {
        return Err(std::io::Error::other(line));
    }
    while line.trim_end() != "" {
        line.clear();
        reader.read_line(&mut line)?;
    }
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        let size = u64::from_str_radix(line.trim_end(), 16).map_err(std::io::Error::other)?;
        std::io::copy(&mut reader.by_ref().take(size + 2), &mut std::io::sink())?;
        if size == 0 {
            return Ok(());
        }
        chunk();
    }
}
