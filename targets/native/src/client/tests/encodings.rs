//! Answers in encodings that nobody asked for.

use compression_codecs::{
    BrotliEncoder, DeflateEncoder, EncodeV2, GzipEncoder, ZlibEncoder, ZstdEncoder,
    brotli::params::EncoderParams,
    core::{
        Level,
        util::{PartialBuffer, WriteBuffer},
    },
};

use super::*;

/// Encodes `text`, flushed after each of `pieces` equal parts.
fn encode(mut encoder: impl EncodeV2, text: &[u8], pieces: usize) -> Vec<Vec<u8>> {
    let mut buffer = vec![0; 1 << 20];
    let mut parts = Vec::new();
    for part in text.chunks(text.len().div_ceil(pieces).max(1)) {
        let mut output = WriteBuffer::new_initialized(&mut buffer);
        let mut input = PartialBuffer::new(part);
        while !input.unwritten().is_empty() {
            encoder.encode(&mut input, &mut output).unwrap();
        }
        while !encoder.flush(&mut output).unwrap() {}
        parts.push(output.written().to_vec());
    }
    let mut output = WriteBuffer::new_initialized(&mut buffer);
    while !encoder.finish(&mut output).unwrap() {}
    parts.push(output.written().to_vec());
    parts
}

fn encoded(coding: &str, text: &[u8], pieces: usize) -> Vec<Vec<u8>> {
    match coding {
        "gzip" => encode(GzipEncoder::new(Level::Default.into()), text, pieces),
        "deflate" => encode(ZlibEncoder::new(Level::Default.into()), text, pieces),
        "bare deflate" => encode(DeflateEncoder::new(Level::Default.into()), text, pieces),
        "br" => encode(BrotliEncoder::new(EncoderParams::default()), text, pieces),
        _ => encode(ZstdEncoder::new(3), text, pieces),
    }
}

const CODINGS: [&str; 5] = ["gzip", "deflate", "bare deflate", "br", "zstd"];

fn header(coding: &str) -> &str {
    coding.rsplit(' ').next().unwrap()
}

/// Answers with `parts` as chunks, each of which waits to be sent until somebody asks for it.
async fn sending(
    coding: &'static str,
    parts: Vec<Vec<u8>>,
) -> (SocketAddr, tokio::sync::mpsc::UnboundedSender<()>) {
    let (more, asked) = tokio::sync::mpsc::unbounded_channel::<()>();
    let mut turn = Some((parts, asked));
    let address = server(move |_, mut stream| {
        let turn = turn.take();
        async move {
            let (parts, mut asked) = turn.unwrap();
            read_request(&mut stream).await?;
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-encoding: {}\r\nx-kept: 1\r\ntransfer-encoding: chunked\r\n\r\n",
                header(coding)
            );
            stream.write_all(head.as_bytes()).await?;
            for part in parts {
                if !asked.is_closed() {
                    asked.recv().await;
                }
                stream.write_all(format!("{:x}\r\n", part.len()).as_bytes()).await?;
                stream.write_all(&part).await?;
                stream.write_all(b"\r\n").await?;
            }
            stream.write_all(b"0\r\n\r\n").await
        }
    })
    .await;
    (address, more)
}

#[test]
fn every_encoding_is_removed_with_its_headers() {
    on_a_lane(async {
        let long = "data: {\"a\":1}\n\n".repeat(40_000).into_bytes();
        for coding in CODINGS {
            for text in [&b"short"[..], &long, &long[..(16 << 10) - 1], &long[..16 << 10], &long[..32 << 10]]
            {
                let (address, more) = sending(coding, encoded(coding, text, 1)).await;
                drop(more);
                let response = client().send(get(format!("http://{address}/"))).await.unwrap();
                assert!(!response.headers().contains_key("content-encoding"), "{coding}");
                assert_eq!(response.headers()["x-kept"], "1");
                let body = response.into_body().collect().await.unwrap().to_bytes();
                assert!(body == text, "{coding} of {}", text.len());
            }
        }
    });
}

#[test]
fn what_was_flushed_arrives_before_more_is_sent() {
    on_a_lane(async {
        let events: Vec<String> = (0..5).map(|n| format!("data: event number {n}\n\n")).collect();
        for coding in CODINGS {
            let (address, more) = sending(coding, encoded(coding, events.concat().as_bytes(), 5)).await;
            let mut body = client().send(get(format!("http://{address}/"))).await.unwrap().into_body();
            for event in &events {
                more.send(()).unwrap();
                let mut seen = Vec::new();
                while seen.len() < event.len() {
                    seen.extend_from_slice(&body.frame().await.unwrap().unwrap().into_data().unwrap());
                }
                assert_eq!(String::from_utf8(seen).unwrap(), *event, "{coding}");
            }
            drop(more);
            assert!(body.frame().await.is_none(), "{coding}");
        }
    });
}

#[test]
fn what_is_cut_or_bent_is_an_error_and_never_an_end() {
    on_a_lane(async {
        let text = "a few words that will not all arrive ".repeat(50);
        for coding in CODINGS {
            let whole = encoded(coding, text.as_bytes(), 1).concat();
            let mut bent = whole.clone();
            bent[whole.len() / 2] ^= 0xff;
            let longer = [&whole[..], b"and more"].concat();
            for (name, bytes) in
                [("cut", whole[..whole.len() - 1].to_vec()), ("bent", bent), ("longer", longer)]
            {
                // Without a check sum bent bytes may be another text.
                if name == "bent" && !["gzip", "deflate"].contains(&coding) {
                    continue;
                }
                let (address, more) = sending(coding, vec![bytes]).await;
                drop(more);
                let response = client().send(get(format!("http://{address}/"))).await.unwrap();
                let error = response.into_body().collect().await.err();
                assert_eq!(error, Some(HttpError::Encoding), "{name} {coding}");
            }
        }
    });
}

#[test]
fn streams_one_after_the_other_are_one_text_where_the_format_says_so() {
    on_a_lane(async {
        for coding in ["gzip", "zstd"] {
            let (address, more) =
                sending(coding, [encoded(coding, b"one ", 1), encoded(coding, b"two", 1)].concat()).await;
            drop(more);
            let response = client().send(get(format!("http://{address}/"))).await.unwrap();
            assert_eq!(super::text(response).await.unwrap(), "one two", "{coding}");
        }
    });
}

#[test]
fn an_empty_body_is_empty_whatever_its_encoding() {
    on_a_lane(async {
        for coding in CODINGS {
            let (address, more) = sending(coding, Vec::new()).await;
            drop(more);
            let response = client().send(get(format!("http://{address}/"))).await.unwrap();
            assert_eq!(super::text(response).await.unwrap(), "", "{coding}");
        }
    });
}

#[test]
fn what_cannot_be_decoded_is_an_error_before_the_body() {
    on_a_lane(async {
        for (value, expected) in [
            ("compress", Some(HttpError::Encoding)),
            ("gzip, br", Some(HttpError::Encoding)),
            ("identity", None),
        ] {
            let address = server(move |_, mut stream| async move {
                read_request(&mut stream).await?;
                let head =
                    format!("HTTP/1.1 200 OK\r\ncontent-encoding: {value}\r\ncontent-length: 2\r\n\r\nok");
                stream.write_all(head.as_bytes()).await
            })
            .await;
            let answer = client().send(get(format!("http://{address}/"))).await;
            assert_eq!(answer.as_ref().err().copied(), expected, "{value}");
            if let Ok(response) = answer {
                assert_eq!(
                    (response.headers().len(), super::text(response).await.unwrap()),
                    (1, "ok".to_owned())
                );
            }
        }
    });
}
