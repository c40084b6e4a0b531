//! HTTP itself, byte by byte: bodies without a length, connections used again, requests that
//! are not quite requests.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{
    ability::Ability,
    case::{Case, Hands},
    fixture::{APP_KEY, BODY_SIZE_LIMIT},
    verdict::{Verdict, check, fail, holds, same},
};

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::new("connection", "a body in chunks", chunked),
        Case::new("connection", "a body in chunks over the limit is 413", chunked_too_large),
        Case::new("connection", "a body in drips is waited for", drips),
        Case::new("connection", "three requests on one connection", again),
        Case::new("connection", "a stream, then a request on the same connection", after_a_stream),
        Case::new("connection", "Expect: 100-continue is answered", expect).needs(Ability::Connections),
        Case::new("connection", "a caller who leaves in the middle of the body asks nothing", half_a_body),
        Case::new("connection", "two lengths that differ are refused", two_lengths),
        Case::new("connection", "a length beside chunks serves no second request", smuggled)
            .needs(Ability::Connections),
        Case::new("connection", "what is no HTTP gets no answer from a provider", no_http),
        Case::new("connection", "HTTP/1.0 gets an answer with an end", http_1_0).needs(Ability::Connections),
    ]
}

/// A connection to the gateway, with a reader that stops at the end of an answer.
struct Raw {
    socket: TcpStream,
    read: Vec<u8>,
}

impl Raw {
    async fn open(hands: &Hands) -> Verdict<Raw> {
        match TcpStream::connect(hands.world.main.origin.authority()).await {
            Ok(socket) => Ok(Raw { socket, read: Vec::new() }),
            Err(error) => fail(format!("cannot connect: {error}")),
        }
    }

    /// Writes; an answer that came before the last byte was taken may close the connection.
    async fn write(&mut self, text: impl AsRef<[u8]>) {
        let _closed = self.socket.write_all(text.as_ref()).await;
    }

    /// Reads until the text holds `end`, the connection closes, or nothing comes for a while.
    async fn until(&mut self, end: &str) -> String {
        let mut buffer = [0; 16 * 1024];
        loop {
            let text = String::from_utf8_lossy(&self.read).into_owned();
            if !end.is_empty() && text.contains(end) {
                self.read.clear();
                return text;
            }
            let reading = tokio::time::timeout(Duration::from_secs(6), self.socket.read(&mut buffer));
            match reading.await {
                Ok(Ok(count)) if count > 0 => self.read.extend_from_slice(&buffer[..count]),
                _ => return text,
            }
        }
    }
}

/// The head of a chat request, without what says how long the body is.
fn head(version: &str, more: &str) -> String {
    format!(
        "POST /v1/chat/completions {version}\r\nhost: gateway\r\nauthorization: Bearer {APP_KEY}\r\n\
         content-type: application/json\r\n{more}\r\n"
    )
}

fn body(hands: &Hands, script: &str) -> String {
    let model = hands.model(script);
    format!(r#"{{"model":"openai/{model}","messages":[{{"role":"user","content":"hello"}}]}}"#)
}

fn with_length(hands: &Hands, script: &str) -> String {
    let body = body(hands, script);
    format!("{}{body}", head("HTTP/1.1", &format!("content-length: {}\r\n", body.len())))
}

/// The end of a whole answer of the stand-in's.
const END: &str = "\"fp_standin\"";

async fn chunked(hands: Hands) -> Verdict {
    let mut raw = Raw::open(&hands).await?;
    raw.write(head("HTTP/1.1", "transfer-encoding: chunked\r\n")).await;
    for piece in body(&hands, "ok.n-2").as_bytes().chunks(7) {
        raw.write(format!("{:x}\r\n{}\r\n", piece.len(), String::from_utf8_lossy(piece))).await;
    }
    raw.write("0\r\n\r\n").await;
    let answer = raw.until(END).await;
    holds("the answer", &answer, "HTTP/1.1 200")?;
    same("requests upstream", hands.seen().await?.len(), 1)
}

async fn chunked_too_large(hands: Hands) -> Verdict {
    let mut raw = Raw::open(&hands).await?;
    raw.write(head("HTTP/1.1", "transfer-encoding: chunked\r\n")).await;
    raw.write("10\r\n{\"model\":\"x\",\"a\"\r\n2\r\n:\"\r\n").await;
    let piece = "x".repeat(10_000);
    for _ in 0..=BODY_SIZE_LIMIT / piece.len() {
        raw.write(format!("{:x}\r\n{piece}\r\n", piece.len())).await;
    }
    let mut answer = raw.until("request_too_large").await;
    if answer.is_empty() {
        // Where the platform hands a request over when it has all of it.
        raw.write("0\r\n\r\n").await;
        answer = raw.until("request_too_large").await;
    }
    holds("the answer", &answer, "HTTP/1.1 413")
}

async fn drips(hands: Hands) -> Verdict {
    let mut raw = Raw::open(&hands).await?;
    let request = with_length(&hands, "ok.n-2");
    for piece in request.as_bytes().chunks(request.len() / 20) {
        raw.write(piece).await;
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
    holds("the answer", &raw.until(END).await, "HTTP/1.1 200")
}

async fn again(hands: Hands) -> Verdict {
    let mut raw = Raw::open(&hands).await?;
    for _ in 0..3 {
        raw.write(with_length(&hands, "ok.n-2")).await;
        holds("the answer", &raw.until(END).await, "HTTP/1.1 200")?;
    }
    same("requests upstream", hands.seen().await?.len(), 3)
}

async fn after_a_stream(hands: Hands) -> Verdict {
    let mut raw = Raw::open(&hands).await?;
    let body = body(&hands, "ok.n-3").replacen('{', "{\"stream\":true,", 1);
    raw.write(format!("{}{body}", head("HTTP/1.1", &format!("content-length: {}\r\n", body.len())))).await;
    let stream = raw.until("0\r\n\r\n").await;
    holds("the stream", &stream, "data: [DONE]")?;
    raw.write(with_length(&hands, "ok.n-2")).await;
    holds("the answer after it", &raw.until(END).await, "HTTP/1.1 200")
}

async fn expect(hands: Hands) -> Verdict {
    let mut raw = Raw::open(&hands).await?;
    let body = body(&hands, "ok.n-2");
    raw.write(head("HTTP/1.1", &format!("content-length: {}\r\nexpect: 100-continue\r\n", body.len()))).await;
    holds("the interim answer", &raw.until("\r\n\r\n").await, "100 Continue")?;
    raw.write(body).await;
    holds("the answer", &raw.until(END).await, "HTTP/1.1 200")
}

async fn half_a_body(hands: Hands) -> Verdict {
    let mut raw = Raw::open(&hands).await?;
    let request = with_length(&hands, "ok.n-2");
    raw.write(&request[..request.len() - 10]).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    drop(raw);
    tokio::time::sleep(Duration::from_millis(300)).await;
    same("requests upstream", hands.seen().await?.len(), 0)
}

async fn two_lengths(hands: Hands) -> Verdict {
    let mut raw = Raw::open(&hands).await?;
    let body = body(&hands, "ok.n-2");
    let lengths = format!("content-length: {}\r\ncontent-length: 5\r\n", body.len());
    raw.write(format!("{}{body}", head("HTTP/1.1", &lengths))).await;
    let answer = raw.until("").await;
    check(!answer.contains("HTTP/1.1 200"), || format!("it was served: {answer}"))?;
    same("requests upstream", hands.seen().await?.len(), 0)
}

/// The body ends with its chunks. What a length would still count in is no second request of
/// this caller's, whoever stands in front of the gateway.
async fn smuggled(hands: Hands) -> Verdict {
    let mut raw = Raw::open(&hands).await?;
    let second = with_length(&hands, "ok.n-2");
    let head =
        head("HTTP/1.1", &format!("content-length: {}\r\ntransfer-encoding: chunked\r\n", second.len() + 5));
    raw.write(format!("{head}0\r\n\r\n{second}")).await;
    let answer = raw.until("").await;
    check(!answer.contains(END), || format!("the second request was served: {answer}"))?;
    same("requests upstream", hands.seen().await?.len(), 0)
}

async fn no_http(hands: Hands) -> Verdict {
    for text in ["\x16\x03\x01\x02\x00\x01\x00", "HELLO\r\n\r\n", "POST /v1/chat/completions\r\n\r\n"] {
        let mut raw = Raw::open(&hands).await?;
        raw.write(text).await;
        let answer = raw.until("").await;
        check(!answer.contains(" 200 "), || format!("{text:?} was served: {answer}"))?;
    }
    Ok(())
}

async fn http_1_0(hands: Hands) -> Verdict {
    let mut raw = Raw::open(&hands).await?;
    let body = body(&hands, "ok.n-3").replacen('{', "{\"stream\":true,", 1);
    raw.write(format!("{}{body}", head("HTTP/1.0", &format!("content-length: {}\r\n", body.len())))).await;
    let answer = raw.until("").await;
    holds("the answer", &answer, " 200 ")?;
    holds("the answer", &answer, "data: [DONE]")?;
    let tail = answer.rsplit("[DONE]").next().unwrap_or_default().trim().to_owned();
    check(tail.is_empty(), || format!("after the stream: {tail:?}"))
}
