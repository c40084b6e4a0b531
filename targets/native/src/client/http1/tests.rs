//! Heads and bodies as bytes, cut anywhere.

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderValue, Method, Uri};
use proptest::prelude::*;

use super::{
    Framing,
    framing::Broken,
    head::{self, Head},
};

/// Feeds `pieces` one after the other, and says what came out and what was left over.
fn decode(mut framing: Framing, pieces: &[&[u8]]) -> Result<(Vec<u8>, Vec<u8>, Framing), Broken> {
    let (mut input, mut body) = (BytesMut::new(), Vec::new());
    for piece in pieces {
        input.extend_from_slice(piece);
        while let Some(taken) = framing.take(&mut input)? {
            body.extend_from_slice(&taken);
        }
    }
    Ok((body, input.to_vec(), framing))
}

fn each_byte(bytes: &[u8]) -> Vec<&[u8]> {
    bytes.chunks(1).collect()
}

#[test]
fn chunks_are_one_body_and_what_follows_is_left_alone() {
    for (bytes, body, rest) in [
        ("3\r\nabc\r\n0\r\n\r\n", "abc", ""),
        ("3\r\nabc\r\n2\r\nde\r\n0\r\n\r\nHTTP", "abcde", "HTTP"),
        ("0\r\n\r\n", "", ""),
        ("A\r\n0123456789\r\n00\r\n\r\n", "0123456789", ""),
        ("3;a=\"b\"\r\nabc\r\n0;c\r\nTrailer: 1\r\nAnother: 2\r\n\r\n", "abc", ""),
        ("3 \r\nabc\r\n0\r\n\r\n", "abc", ""),
    ] {
        let expected = Ok((body.into(), rest.into(), Framing::Done));
        assert_eq!(decode(Framing::CHUNKED, &[bytes.as_bytes()]), expected, "{bytes:?}");
        assert_eq!(decode(Framing::CHUNKED, &each_byte(bytes.as_bytes())), expected, "{bytes:?} by bytes");
    }
}

#[test]
fn what_are_no_chunks_is_broken() {
    let long = format!("3;{}\r\n", "x".repeat(20 << 10));
    for bytes in
        ["x", "\r\n", "3\nabc", "3\r\nabcd", "3\r\nabc\rx", "fffffffffffffffff\r\n", "3\rx", "-1\r\n", &long]
    {
        assert_eq!(decode(Framing::CHUNKED, &[bytes.as_bytes()]), Err(Broken), "{bytes:?}");
        assert_eq!(decode(Framing::CHUNKED, &each_byte(bytes.as_bytes())), Err(Broken), "{bytes:?} by bytes");
    }
}

#[test]
fn a_closed_connection_ends_only_what_ends_so() {
    for (mut framing, expected) in [
        (Framing::UntilClose, Ok(())),
        (Framing::Done, Ok(())),
        (Framing::Length(1), Err(Broken)),
        (Framing::CHUNKED, Err(Broken)),
    ] {
        assert_eq!(framing.close(), expected, "{framing:?}");
    }
}

proptest! {
    #[test]
    fn any_split_of_a_chunked_body_is_the_same_body(
        chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..40), 0..12),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let mut bytes: Vec<u8> = Vec::new();
        for chunk in &chunks {
            bytes.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
            bytes.extend_from_slice(chunk);
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(b"0\r\n\r\nnext");
        let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len())).collect();
        at.sort();
        at.push(bytes.len());
        let mut from = 0;
        let pieces: Vec<&[u8]> = at.iter().map(|&to| &bytes[std::mem::replace(&mut from, to)..to]).collect();
        prop_assert_eq!(decode(Framing::CHUNKED, &pieces), Ok((chunks.concat(), b"next".to_vec(), Framing::Done)));
    }

    #[test]
    fn nothing_panics_on_any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = decode(Framing::CHUNKED, &[&bytes]);
        let _ = head::take(&mut BytesMut::from(&bytes[..]), &Method::GET);
        let _ = head::take(&mut BytesMut::from(&[b"HTTP/1.1 200 OK\r\n", &bytes[..], b"\r\n\r\n"].concat()[..]), &Method::GET);
    }
}

fn take(text: &str, method: &Method) -> Result<Option<Head>, head::Broken> {
    head::take(&mut BytesMut::from(text), method)
}

#[test]
fn a_head_says_how_its_body_ends_and_whether_the_connection_goes_on() {
    let (get, head) = (Method::GET, Method::HEAD);
    for (text, method, framing, keeps_alive) in [
        ("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n", &get, Framing::Length(5), true),
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n", &get, Framing::Length(5), true),
        ("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", &get, Framing::Done, true),
        ("HTTP/1.1 200\r\ntransfer-encoding: Chunked\r\n\r\n", &get, Framing::CHUNKED, true),
        (
            "HTTP/1.1 200 OK\r\nconnection: keep-alive, Close\r\ncontent-length: 1\r\n\r\n",
            &get,
            Framing::Length(1),
            false,
        ),
        ("HTTP/1.0 200 OK\r\ncontent-length: 1\r\n\r\n", &get, Framing::Length(1), false),
        ("HTTP/1.1 200 OK\r\n\r\n", &get, Framing::UntilClose, false),
        ("HTTP/1.1 204 No Content\r\n\r\n", &get, Framing::Done, true),
        ("HTTP/1.1 304 Not Modified\r\ncontent-length: 9\r\n\r\n", &get, Framing::Done, true),
        ("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n", &head, Framing::Done, true),
        (
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: a\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n",
            &get,
            Framing::Length(5),
            true,
        ),
    ] {
        let head = take(text, method).unwrap().unwrap();
        assert_eq!((head.framing, head.keeps_alive), (framing, keeps_alive), "{text:?}");
    }
}

#[test]
fn a_head_is_waited_for_and_its_fields_kept_as_they_are() {
    let text = "HTTP/1.1 429 Slow Down\r\nRetry-After: 7\r\nset-cookie: a\r\nset-cookie: b\r\nempty:\r\nx: \u{e9}\r\ncontent-length: 0\r\n\r\n";
    for end in 0..text.len() - 1 {
        if text.is_char_boundary(end) {
            assert!(take(&text[..end], &Method::GET).unwrap().is_none(), "{end}");
        }
    }
    let head = take(text, &Method::GET).unwrap().unwrap();
    assert_eq!(head.parts.status.as_u16(), 429);
    let values =
        |name: &str| head.parts.headers.get_all(name).iter().map(HeaderValue::as_bytes).collect::<Vec<_>>();
    assert_eq!(values("retry-after"), [b"7"]);
    assert_eq!(values("set-cookie"), [b"a", b"b"]);
    assert_eq!(values("empty"), [b""]);
    assert_eq!(values("x"), ["\u{e9}".as_bytes()]);
}

#[test]
fn what_is_no_head_is_broken() {
    let endless = format!("HTTP/1.1 200 OK\r\nx: {}", "y".repeat(70 << 10));
    for text in [
        "SSH-2.0-OpenSSH\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: +1\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999999\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\ntransfer-encoding: chunked\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nupgrade: h2c\r\n\r\n",
        "HTTP/1.1 200 OK\r\nbad name: 1\r\n\r\n",
        &endless,
    ] {
        assert!(take(text, &Method::GET).is_err(), "{text:.80}");
    }
}

#[test]
fn requests_say_what_is_theirs_to_say() {
    let host = HeaderValue::from_static("a.example:8000");
    let mut headers = HeaderMap::new();
    for name in ["host", "connection", "content-length", "transfer-encoding", "x-one"] {
        headers.insert(name, HeaderValue::from_static("1"));
    }
    for (method, target, length, expected) in [
        (
            Method::POST,
            "/v1/chat?a=b",
            12,
            "POST /v1/chat?a=b HTTP/1.1\r\nhost: a.example:8000\r\nx-one: 1\r\ncontent-length: 12\r\n\r\n",
        ),
        (
            Method::POST,
            "/",
            0,
            "POST / HTTP/1.1\r\nhost: a.example:8000\r\nx-one: 1\r\ncontent-length: 0\r\n\r\n",
        ),
        (Method::GET, "/v1/models", 0, "GET /v1/models HTTP/1.1\r\nhost: a.example:8000\r\nx-one: 1\r\n\r\n"),
        (
            Method::GET,
            "http://b.example/v1?c",
            0,
            "GET http://b.example/v1?c HTTP/1.1\r\nhost: a.example:8000\r\nx-one: 1\r\n\r\n",
        ),
    ] {
        let uri: Uri = target.parse().unwrap();
        assert_eq!(head::encode(&method, &uri, &host, &headers, length), Bytes::from(expected));
    }
}
