//! A body that decodes another.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::Response;
use http_body::{Body, Frame, SizeHint};
use tollbridge_core::ports::HttpError;

use super::decoder::{Decoder, decoder};

/// An answer's body, as if it had not been encoded.
pub struct Decoded<B> {
    body: B,
    decoder: Option<Box<Decoder>>,
}

/// Removes the encoding from an answer, and the headers that speak of it.
///
/// # Errors
/// [`HttpError::Encoding`] for one that is not known here.
pub fn identity<B>(mut response: Response<B>) -> Result<Response<Decoded<B>>, HttpError> {
    let decoder = decoder(response.headers_mut())?.map(Box::new);
    Ok(response.map(|body| Decoded { body, decoder }))
}

impl<B> Body for Decoded<B>
where
    B: Body<Data = Bytes, Error = HttpError> + Unpin,
{
    type Data = Bytes;
    type Error = HttpError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, HttpError>>> {
        let Self { body, decoder } = &mut *self;
        let mut next = || Pin::new(&mut *body).poll_frame(context);
        match decoder {
            Some(decoder) => decoder.poll_frame(next),
            None => next(),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.decoder {
            Some(decoder) => decoder.is_done(),
            None => self.body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.decoder {
            Some(_) => SizeHint::default(),
            None => self.body.size_hint(),
        }
    }
}
