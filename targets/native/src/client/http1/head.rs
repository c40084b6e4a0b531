//! Heads: a request's as bytes, an answer's from bytes.

use bytes::{Bytes, BytesMut};
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri,
    header::{CONNECTION, CONTENT_LENGTH, HOST, TRANSFER_ENCODING},
    response,
};

use memchr::memmem;

use super::Framing;

/// Bytes of an answer's head.
const LIMIT: usize = 64 << 10;

/// What ends one.
const END: &[u8] = b"\r\n\r\n";

/// Fields of an answer's head.
const FIELDS: usize = 100;

/// The bytes are no answer's head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Broken;

/// An answer's head and what it says of the rest.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) parts: response::Parts,
    pub(super) framing: Framing,
    /// Whether the connection can take another request after this answer.
    pub(super) keeps_alive: bool,
}

/// What a request's bytes begin with. `target` is what stands in the request line; of `headers`
/// those that belong to the connection are this module's to write.
pub(in crate::client) fn encode(
    method: &Method,
    target: &Uri,
    host: &HeaderValue,
    headers: &HeaderMap,
    length: u64,
) -> Bytes {
    let mut out = BytesMut::with_capacity(512);
    let mut put = |pieces: &[&[u8]]| pieces.iter().for_each(|piece| out.extend_from_slice(piece));
    put(&[method.as_str().as_bytes(), b" "]);
    match target.authority() {
        None => put(&[target.path_and_query().map_or("/", |path| path.as_str()).as_bytes()]),
        Some(_) => put(&[target.to_string().as_bytes()]),
    }
    put(&[b" HTTP/1.1\r\nhost: ", host.as_bytes(), b"\r\n"]);
    for (name, value) in headers {
        if ![HOST, CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING].contains(name) {
            put(&[name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"]);
        }
    }
    if length > 0 || [Method::POST, Method::PUT, Method::PATCH].contains(method) {
        put(&[b"content-length: ", itoa::Buffer::new().format(length).as_bytes(), b"\r\n"]);
    }
    put(&[b"\r\n"]);
    out.freeze()
}

/// Takes the head that `input` begins with. `None` until all of it is there. Informational
/// answers are passed over.
pub(super) fn take(input: &mut BytesMut, method: &Method) -> Result<Option<Head>, Broken> {
    loop {
        let Some(head) = take_one(input, method)? else { return Ok(None) };
        match head.parts.status {
            // Nobody asked for another protocol.
            StatusCode::SWITCHING_PROTOCOLS => return Err(Broken),
            status if status.is_informational() => {}
            _ => return Ok(Some(head)),
        }
    }
}

fn take_one(input: &mut BytesMut, method: &Method) -> Result<Option<Head>, Broken> {
    let Some(end) = memmem::find(input, END) else {
        return if input.len() < LIMIT { Ok(None) } else { Err(Broken) };
    };
    let bytes = input.split_to(end + END.len()).freeze();
    let mut fields = [httparse::EMPTY_HEADER; FIELDS];
    let mut parsed = httparse::Response::new(&mut fields);
    if !parsed.parse(&bytes).map_err(|_| Broken)?.is_complete() {
        return Err(Broken);
    }
    let mut headers = HeaderMap::with_capacity(parsed.headers.len());
    for field in parsed.headers.iter() {
        let name = HeaderName::from_bytes(field.name.as_bytes()).map_err(|_| Broken)?;
        let value = HeaderValue::from_maybe_shared(bytes.slice_ref(field.value)).map_err(|_| Broken)?;
        headers.append(name, value);
    }
    let (mut parts, ()) = http::Response::new(()).into_parts();
    parts.status = parsed.code.and_then(|code| StatusCode::from_u16(code).ok()).ok_or(Broken)?;
    parts.headers = headers;
    let framing = framing(&parts, method)?;
    let keeps_alive = parsed.version == Some(1) && framing != Framing::UntilClose && !closes(&parts.headers);
    Ok(Some(Head { parts, framing, keeps_alive }))
}

/// RFC 9112, section 6.3.
fn framing(parts: &response::Parts, method: &Method) -> Result<Framing, Broken> {
    let encodings = parts.headers.get_all(TRANSFER_ENCODING);
    let lengths = parts.headers.get_all(CONTENT_LENGTH);
    let is_empty = parts.status == StatusCode::NO_CONTENT
        || parts.status == StatusCode::NOT_MODIFIED
        || parts.status.is_informational()
        || *method == Method::HEAD;
    let mut encodings = encodings.iter();
    match (encodings.next(), encodings.next()) {
        _ if is_empty => return Ok(Framing::Done),
        (None, _) => {}
        // Two lengths are how answers are smuggled.
        (Some(encoding), None)
            if encoding.as_bytes().eq_ignore_ascii_case(b"chunked") && lengths.iter().next().is_none() =>
        {
            return Ok(Framing::CHUNKED);
        }
        _ => return Err(Broken),
    }
    let mut lengths = lengths.iter().map(|value| {
        let digits = value.to_str().map_err(|_| Broken)?;
        if digits.bytes().all(|byte| byte.is_ascii_digit()) {
            digits.parse::<u64>().map_err(|_| Broken)
        } else {
            Err(Broken)
        }
    });
    let Some(first) = lengths.next() else { return Ok(Framing::UntilClose) };
    let first = first?;
    if lengths.any(|length| length != Ok(first)) {
        return Err(Broken);
    }
    Ok(Framing::of_length(first))
}

fn closes(headers: &HeaderMap) -> bool {
    let tokens =
        headers.get_all(CONNECTION).iter().flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
    tokens.map(<[u8]>::trim_ascii).any(|token| token.eq_ignore_ascii_case(b"close"))
}
