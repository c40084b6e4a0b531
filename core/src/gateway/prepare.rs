//! The request that goes out to a provider.

use http::Method;

use super::{Gateway, attempt::Try, failed::Failed, translate};
use crate::{
    error::{ApiError, ErrorKind},
    payload::Payload,
    ports::Ports,
    protocol::{OnUnsupported, Wire},
    provider::{Action, StreamUsage, field_edits},
    sketch::{Edits, Json, Sketch},
};

/// A request for a provider, and the names of the fields that it does not get.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) body: Payload,
    pub(super) dropped: Option<String>,
}

impl<P: Ports> Gateway<P> {
    /// The body in the provider's wire.
    ///
    /// # Errors
    /// 400 for what that wire, or this provider, cannot be told without changing its meaning.
    pub(super) fn prepare(&self, attempt: Try<'_>) -> Result<Prepared, ApiError> {
        match attempt.provider.row.wire {
            Wire::Chat => relayed(attempt, self.policy.on_unsupported),
            Wire::Messages => {
                let encoded = translate::request(attempt, &self.policy)?;
                Ok(Prepared { dropped: encoded.losses.header(), body: encoded.body.into() })
            }
        }
    }

    /// The whole request.
    pub(super) fn request(&self, attempt: Try<'_>, body: Payload) -> Result<http::Request<Payload>, Failed> {
        let Try { call, candidate, provider, key } = attempt;
        let account = self.accounts.get(candidate.provider);
        let Some((account, uri)) = account.and_then(|a| Some((a, a.uri(provider, &candidate.model)?))) else {
            let message =
                format!("The address of the provider `{}` is not usable: check its base URL.", provider.name);
            return Err(Failed::there(ApiError::new(ErrorKind::NotConfigured, message)));
        };
        let mut request = http::Request::new(body);
        *request.method_mut() = Method::POST;
        *request.uri_mut() = uri;
        let headers = request.headers_mut();
        *headers = account.headers(key);
        if provider.row.wire == call.front.wire() {
            headers.extend(call.headers.iter().map(|(name, value)| (name.clone(), value.clone())));
        }
        Ok(request)
    }
}

/// The caller's own body with what the provider wants otherwise changed in place.
fn relayed(attempt: Try<'_>, on_unsupported: OnUnsupported) -> Result<Prepared, ApiError> {
    let Try { call, candidate, provider, .. } = attempt;
    let sketch = &call.sketch;
    let mut edits = sketch.edit();
    if call.model != candidate.model {
        edits.set("model", candidate.model.as_str());
    }
    let mut dropped: Vec<&str> = Vec::new();
    let value = |name: &str| sketch.member(name).map(|member| sketch.value(member));
    for edit in field_edits(provider.row, &candidate.model, value) {
        match edit.action {
            Action::Rename(to) => drop(edits.rename(edit.field, to)),
            Action::Drop if edit.loss && on_unsupported == OnUnsupported::Reject => {
                let message = format!(
                    "The provider `{}` does not take `{}` with this model: leave it out.",
                    provider.name, edit.field
                );
                return Err(ApiError::invalid(message)
                    .with_param(edit.field)
                    .with_code("unsupported_parameter"));
            }
            Action::Drop => {
                edits.remove(edit.field);
                dropped.extend(edit.loss.then_some(edit.field));
            }
        }
    }
    if call.stream && !call.usage_asked && provider.row.stream_usage == StreamUsage::OnRequest {
        ask_for_usage(sketch, &mut edits);
    }
    let body = match edits.is_empty() {
        true => sketch.body().clone().into(),
        false => edits.pieces().into_iter().collect(),
    };
    Ok(Prepared { body, dropped: (!dropped.is_empty()).then(|| dropped.join(", ")) })
}

/// Adds `include_usage` to what the caller set among the stream's options.
fn ask_for_usage(sketch: &Sketch, edits: &mut Edits<'_>) {
    let Ok(Ok(Some(options))) = sketch.object("stream_options") else {
        return edits.set("stream_options", Json::from_static(r#"{"include_usage":true}"#));
    };
    let mut inner = options.edit();
    inner.set("include_usage", true);
    edits.set("stream_options", inner);
}
