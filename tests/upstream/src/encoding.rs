//! Content encodings, applied write by write, so that an encoded stream still streams.

use std::io::Write;

use brotli::CompressorWriter;
use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};

/// Encodes each write so that a decoder can give it out at once. `None` for an unknown coding.
///
/// zstd gets a frame for each write: RFC 8878 lets frames follow one another.
pub fn encode(coding: &str, writes: &[Bytes]) -> Option<Vec<Bytes>> {
    match coding {
        "gzip" => Some(gzip(writes)),
        "br" => Some(brotli(writes)),
        "zstd" => Some(writes.iter().map(zstd).collect()),
        _ => None,
    }
}

fn gzip(writes: &[Bytes]) -> Vec<Bytes> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    let mut out: Vec<Bytes> = writes
        .iter()
        .map(|write| {
            encoder.write_all(write).expect("a vector takes all writes");
            encoder.flush().expect("a vector flushes");
            std::mem::take(encoder.get_mut()).into()
        })
        .collect();
    out.push(encoder.finish().expect("a vector takes all writes").into());
    out
}

fn brotli(writes: &[Bytes]) -> Vec<Bytes> {
    let mut encoder = CompressorWriter::new(Vec::new(), 4096, 4, 20);
    let mut given = 0;
    let mut out: Vec<Bytes> = Vec::new();
    for write in writes {
        encoder.write_all(write).expect("a vector takes all writes");
        encoder.flush().expect("a vector flushes");
        let all = encoder.get_ref();
        out.push(Bytes::copy_from_slice(&all[given..]));
        given = all.len();
    }
    let all = encoder.into_inner();
    out.push(Bytes::copy_from_slice(&all[given..]));
    out
}

fn zstd(write: &Bytes) -> Bytes {
    ruzstd::encoding::compress_to_vec(&write[..], ruzstd::encoding::CompressionLevel::Fastest).into()
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn each_coding_decodes_to_what_was_written() {
        let writes = [Bytes::from("one, "), Bytes::from("two, "), Bytes::from("three")];
        for coding in ["gzip", "br", "zstd"] {
            let encoded = encode(coding, &writes).unwrap().concat();
            let mut text = String::new();
            match coding {
                "gzip" => flate2::read::GzDecoder::new(&encoded[..]).read_to_string(&mut text).unwrap(),
                "br" => brotli::Decompressor::new(&encoded[..], 4096).read_to_string(&mut text).unwrap(),
                _ => {
                    let mut rest = &encoded[..];
                    while !rest.is_empty() {
                        let mut frame = ruzstd::decoding::StreamingDecoder::new(&mut rest).unwrap();
                        frame.read_to_string(&mut text).unwrap();
                    }
                    0
                }
            };
            assert_eq!(text, "one, two, three", "{coding}");
        }
    }
}
