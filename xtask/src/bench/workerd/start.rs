//! How soon a Worker that nobody has asked yet answers.

use super::{Bench, Scenario, bare, median, worker};
use crate::bench::{body, contender::KEY};
use crate::process::{Failure, Outcome, context};
use std::{
    io::{Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

/// Starts that are timed.
const STARTS: usize = 7;

/// From the start of workerd to the end of its first relayed answer, and the time of a second one.
pub(super) fn measure(bench: &Bench) -> Outcome {
    let scenario = &super::SCENARIOS[0];
    let bare = times(bench, scenario, false)?;
    let worker = times(bench, scenario, true)?;
    let ms = |duration: Duration| duration.as_secs_f64() * 1e3;
    println!(
        "\nStart of workerd to the end of the first relayed answer: {:.1} ms (bare {:.1} ms); of that the request \
         itself {:.1} ms (bare {:.1} ms); the second request {:.1} ms (bare {:.1} ms).",
        ms(worker[0]),
        ms(bare[0]),
        ms(worker[1]),
        ms(bare[1]),
        ms(worker[2]),
        ms(bare[2])
    );
    Ok(())
}

/// Medians: from the start, of the first request, of the second.
fn times(bench: &Bench, scenario: &Scenario, named: bool) -> Result<[Duration; 3], Failure> {
    let mut all = [Vec::new(), Vec::new(), Vec::new()];
    for _ in 0..STARTS {
        let start = Instant::now();
        let _running = if named { worker(bench)? } else { bare(bench, scenario)? };
        let port = if named { super::WORKER } else { super::BARE };
        let ask = || {
            let asked = Instant::now();
            request(port, &body::request(scenario, named)).map_err(|error| context(&"the Worker", error))?;
            Ok::<_, Failure>(asked.elapsed())
        };
        let first = ask()?;
        let since = start.elapsed();
        for (times, time) in all.iter_mut().zip([since, first, ask()?]) {
            times.push(time);
        }
    }
    Ok(all.map(|mut times| median(&mut times)))
}

fn request(port: u16, body: &str) -> std::io::Result<()> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    write!(
        stream,
        "POST /v1/chat/completions HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\nauthorization: \
         Bearer {KEY}\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )?;
    let mut answer = Vec::new();
    let mut piece = [0; 16 << 10];
    // workerd keeps the connection open.
    while !answer.ends_with(b"}") && !answer.ends_with(b"0\r\n\r\n") {
        match stream.read(&mut piece)? {
            0 => break,
            count => answer.extend_from_slice(&piece[..count]),
        }
    }
    match answer.starts_with(b"HTTP/1.1 200 ") {
        true => Ok(()),
        false => Err(std::io::Error::other(String::from_utf8_lossy(&answer).into_owned())),
    }
}
