//! A provider that costs next to nothing, for measuring what stands before it.
//!
//! It shares a processor with the load generator, so it must leave that one most of it: answers
//! are made once, requests are read and thrown away, and the path alone says what comes back:
//! `/plain/…` a whole answer, `/burst/…` a stream in one write, `/flushed/…` the same with one
//! write for each event, `/paced/…` with 5 ms between them; in the wire that the rest of the path
//! belongs to. It speaks
//! as much HTTP/1.1 as a reverse proxy does to its upstream, and no more.
//!
//! Usage: `tollbridge-bench-upstream ADDRESS`.

mod answers;
mod wires;

use std::{io, sync::Arc, time::Duration};

use answers::{Answer, Answers, Pace};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// Between two events of a paced stream.
const PACE: Duration = Duration::from_millis(5);

fn main() -> io::Result<()> {
    let address = std::env::args().nth(1).ok_or_else(|| io::Error::other("usage: … ADDRESS"))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(address).await?;
        let answers = Arc::new(Answers::new());
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            // How a connection ends is its caller's business.
            tokio::spawn(serve(stream, answers.clone()));
        }
    })
}

async fn serve(mut stream: TcpStream, answers: Arc<Answers>) -> io::Result<()> {
    let mut buffer = vec![0; 256 << 10];
    let mut filled = 0;
    loop {
        let (answer, end) = loop {
            if let Some(head_end) = memchr::memmem::find(&buffer[..filled], b"\r\n\r\n") {
                let head = std::str::from_utf8(&buffer[..head_end]).map_err(io::Error::other)?;
                break (answers.of(head), head_end + 4 + content_length(head));
            }
            filled += read(&mut stream, &mut buffer[filled..]).await?;
        };
        let mut missing = end.saturating_sub(filled);
        while missing > 0 {
            missing = missing.saturating_sub(read(&mut stream, &mut buffer).await?);
        }
        filled = 0;
        match answer {
            Answer::AtOnce(bytes) => stream.write_all(bytes).await?,
            Answer::InPieces(pieces, pace) => {
                for (index, piece) in pieces.iter().enumerate() {
                    if index > 0 && pace == Pace::Paced {
                        tokio::time::sleep(PACE).await;
                    }
                    stream.write_all(piece).await?;
                }
            }
        }
    }
}

async fn read(stream: &mut TcpStream, buffer: &mut [u8]) -> io::Result<usize> {
    match stream.read(buffer).await? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        count => Ok(count),
    }
}

fn content_length(head: &str) -> usize {
    head.lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .and_then(|(_, value)| value.trim().parse().ok())
        .unwrap_or(0)
}
