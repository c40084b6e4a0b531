//! Takes a request's body within its limits.

use std::pin::Pin;

use bytes::Bytes;
use http::{HeaderMap, header};
use http_body::Body;

use super::upstream::{CollectError, Whole};
use crate::error::{ApiError, ErrorKind};

/// Reads a JSON body of at most `limit` bytes.
///
/// # Errors
/// 415 where the content type says that it is something else, 413 where it is too large, 400
/// where the caller's transfer broke off.
pub(super) async fn json_body<B>(headers: &HeaderMap, body: B, limit: usize) -> Result<Bytes, ApiError>
where
    B: Body<Data = Bytes> + Unpin,
{
    check_type(headers)?;
    self::body(body, limit).await
}

/// Reads a body of whatever type, of at most `limit` bytes.
///
/// # Errors
/// 413 where it is too large, 400 where the caller's transfer broke off.
pub(super) async fn body<B>(mut body: B, limit: usize) -> Result<Bytes, ApiError>
where
    B: Body<Data = Bytes> + Unpin,
{
    let announced = body.size_hint();
    if announced.lower() > limit as u64 {
        discard(&mut body, announced.lower()).await;
        return Err(too_large(limit));
    }
    let exact = announced.exact().and_then(|bytes| usize::try_from(bytes).ok());
    collect(body, exact, limit).await
}

async fn collect<B>(mut body: B, exact: Option<usize>, limit: usize) -> Result<Bytes, ApiError>
where
    B: Body<Data = Bytes> + Unpin,
{
    let mut whole = Whole::default();
    loop {
        match std::future::poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
            None => return Ok(whole.into_bytes()),
            Some(Err(_)) => {
                return Err(ApiError::invalid("The request's body broke off before its end: send it again."));
            }
            Some(Ok(frame)) => {
                let Ok(chunk) = frame.into_data() else { continue };
                if let Some(bytes) = exact.filter(|bytes| chunk.len() < *bytes) {
                    whole.expect(bytes);
                }
                whole.add(chunk, limit).map_err(|_: CollectError| too_large(limit))?;
            }
        }
    }
}

/// Reads a body that is refused to its end, unless it is out of all proportion: a connection that
/// is closed while its caller still writes is reset, and the answer on it lost.
async fn discard<B>(body: &mut B, announced: u64)
where
    B: Body<Data = Bytes> + Unpin,
{
    const MOST: u64 = 64 << 20;
    if announced <= MOST {
        while let Some(Ok(_)) = std::future::poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx)).await {}
    }
}

/// JSON, or nothing said.
fn check_type(headers: &HeaderMap) -> Result<(), ApiError> {
    let Some(value) = headers.get(header::CONTENT_TYPE) else { return Ok(()) };
    let media = value.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim();
    if media.eq_ignore_ascii_case("application/json")
        || media.len() > 5 && media.to_ascii_lowercase().ends_with("+json")
    {
        return Ok(());
    }
    let message = format!(
        "The request's body is `{}`: send JSON, with `content-type: application/json`.",
        media.chars().take(64).collect::<String>()
    );
    Err(ApiError::new(ErrorKind::UnsupportedMedia, message).with_code("unsupported_media_type"))
}

fn too_large(limit: usize) -> ApiError {
    let message = format!(
        "The request's body is larger than {limit} bytes: send less, or raise BODY_SIZE_LIMIT at the gateway."
    );
    ApiError::new(ErrorKind::TooLarge, message).with_code("request_too_large")
}
