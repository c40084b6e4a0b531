//! Responses, handed to the platform.
//!
//! A stream goes through a pipe of the platform's own. What would be simpler, a stream that the platform pulls from,
//! does not show when a caller leaves: the platform forgets it, and it lies there until garbage is collected, its
//! provider still talking, to be let go at a time when no request is served and nothing can be called. The writing
//! side of a pipe is told at once.

use crate::caller::Gone;
use crate::js::{self, Writer};
use bytes::Bytes;
use futures::future::{Either, select};
use http::Response;
use http_body::Body;
use http_body_util::BodyExt as _;
use std::convert::Infallible;
use worker::{Context, Headers, ResponseBuilder};

/// How many bytes are written before it is waited for that the caller takes them.
const UNDER_WAY: usize = 16 << 10;

/// Begins to send the response.
pub(crate) async fn send<B>(
    response: Response<B>,
    gone: Gone,
    context: &Context,
) -> worker::Result<worker::Response>
where
    B: Body<Data = Bytes, Error = Infallible> + Unpin + 'static,
{
    let (head, mut body) = response.into_parts();
    let builder = ResponseBuilder::new().with_status(head.status.as_u16());
    let builder = builder.with_headers(Headers(js::headers(&head.headers)?));
    if body.size_hint().exact().is_some() {
        let Ok(whole) = body.collect().await;
        return Ok(builder.fixed(whole.to_bytes().into()));
    }
    let (readable, writer) = js::pipe()?;
    context.wait_until(async move {
        let whole = pump(&mut body, &writer, gone).await;
        // Before the pipe's end is waited for: what is to be done after the response begins here.
        drop(body);
        if whole {
            writer.close().await;
        }
    });
    Ok(builder.stream(readable))
}

/// Writes one frame after the other, each when the one before was taken. Returns whether the caller stayed.
async fn pump<B>(body: &mut B, writer: &Writer, mut gone: Gone) -> bool
where
    B: Body<Data = Bytes, Error = Infallible> + Unpin,
{
    let mut closed = writer.closed();
    let mut under_way = 0;
    loop {
        let left = select(&mut closed, &mut gone);
        let frame = match select(body.frame(), left).await {
            Either::Left((Some(Ok(frame)), _)) => frame,
            Either::Left((None, _)) => return true,
            Either::Right(_) => return false,
        };
        let Ok(data) = frame.into_data() else { continue };
        under_way += data.len();
        let is_enough = under_way > UNDER_WAY;
        if !writer.write(&data, is_enough).await {
            return false;
        }
        if is_enough {
            under_way = 0;
        }
    }
}
