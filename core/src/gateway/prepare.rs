//! The request that goes out to a provider.

use std::{borrow::Cow, cell::LazyCell};

use http::Method;
use serde_json::value::RawValue;

use super::{Gateway, attempt::Try, failed::Failed, translate};
use crate::{
    conversation::Request,
    error::{ApiError, ErrorKind},
    model::{Effort, Model},
    payload::Payload,
    ports::Ports,
    protocol::{Front, OnUnsupported, Wire, chat::with_reasoning, fields::REASONING_STATE, messages},
    provider::{Action, StreamUsage, field_edits, message_edits},
    recall::{Collector, Format},
    sketch::{Edits, Json, Sketch, SketchError, sketch_around},
};

/// A request for a provider, and the names of the fields that it does not get.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) body: Payload,
    pub(super) dropped: Option<String>,
    /// Where the answer may hold reasoning state that its next turn needs: what gathers it.
    pub(super) recall: Option<Collector>,
}

impl Prepared {
    /// Names what was lost before the rest.
    fn lose(&mut self, mut names: String) {
        if let Some(others) = self.dropped.take() {
            names.push_str(", ");
            names.push_str(&others);
        }
        self.dropped = Some(names);
    }
}

impl<P: Ports> Gateway<P> {
    /// The body in the provider's wire.
    ///
    /// # Errors
    /// 400 for what that wire, or this provider, cannot be told without changing its meaning.
    pub(super) async fn prepare(&self, attempt: Try<'_>) -> Result<Prepared, ApiError> {
        let Try { call, candidate, provider, .. } = attempt;
        if provider.is_built_in() {
            return Ok(Prepared { body: Payload::empty(), dropped: None, recall: None });
        }
        if provider.row.wire != call.front.wire() {
            return self.translated(attempt).await;
        }
        let inlined = self.inlined(attempt).await?;
        let sketch = inlined.as_ref().unwrap_or(&call.sketch);
        if Format::of(provider.row.wire, provider.row.dialect()) == Some(Format::Text) {
            return self.with_reasoning(attempt, sketch).await;
        }
        // Few bodies that are relayed have a member that any model refuses.
        let facts = LazyCell::new(|| self.policy.catalogue.find(&candidate.model));
        adapted(attempt, sketch, attempt.named(), || *facts, self.policy.on_unsupported)
    }

    /// The caller's own body, for a provider of the chat wire that wants its reasoning back.
    async fn with_reasoning(&self, attempt: Try<'_>, sketch: &Sketch) -> Result<Prepared, ApiError> {
        let Try { call, candidate, provider, .. } = attempt;
        let facts = self.policy.catalogue.find(&candidate.model);
        let (mut recall, mut gone, mut completed) = (None, false, None);
        // A body that cannot be read is the provider's to judge, as with any that is relayed.
        if let Ok(mut request) = call.front.decode_request(sketch.body())
            && let Some(format) = self.recalled(provider, &request, facts)
        {
            self.recall(&call.tenant, &mut request, format).await;
            gone = request.reasoning_gone;
            completed = completed_body(sketch, &request)?;
            recall = (!request.tools.is_empty()).then(|| Collector::new(format, &request));
        }
        let sketch = completed.as_ref().unwrap_or(sketch);
        let mut prepared = adapted(attempt, sketch, attempt.named(), || facts, self.policy.on_unsupported)?;
        prepared.recall = recall;
        if gone {
            prepared.lose(REASONING_STATE.to_owned());
        }
        Ok(prepared)
    }

    async fn translated(&self, attempt: Try<'_>) -> Result<Prepared, ApiError> {
        let Try { call, candidate, provider, .. } = attempt;
        let facts = self.policy.catalogue.find(&candidate.model);
        let body = call.sketch.body();
        let mut request =
            if call.counting { messages::decode_prompt(body)? } else { call.front.decode_request(body)? };
        let format = self.recalled(provider, &request, facts);
        if let Some(format) = format {
            self.recall(&call.tenant, &mut request, format).await;
        }
        self.inline(attempt, &mut request).await?;
        let encoded = translate::request(attempt, &request, facts, &self.policy)?;
        let lost = encoded.losses.header();
        let recall =
            format.filter(|_| !request.tools.is_empty()).map(|format| Collector::new(format, &request));
        if provider.row.wire != Wire::Chat {
            return Ok(Prepared { body: encoded.body.into(), dropped: lost, recall });
        }
        let body = encoded.body.into();
        let sketch = sketch_around(&body, &encoded.long).map_err(|error| internal(&error))?;
        let mut prepared = adapted(attempt, &sketch, None, || facts, self.policy.on_unsupported)?;
        prepared.recall = recall;
        if let Some(lost) = lost {
            prepared.lose(lost);
        }
        Ok(prepared)
    }

    /// The whole request.
    pub(super) fn request(&self, attempt: Try<'_>, body: Payload) -> Result<http::Request<Payload>, Failed> {
        let Try { call, candidate, provider, key } = attempt;
        let account = self.accounts.get(candidate.provider);
        let Some((account, uri)) =
            account.and_then(|a| Some((a, a.uri(provider, &candidate.model, call.stream)?)))
        else {
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
            for (name, value) in &call.headers {
                headers.insert(name.clone(), value.clone());
            }
        }
        Ok(request)
    }
}

/// The body with the reasoning in its messages that `request` has and they have not, where there is any.
fn completed_body(sketch: &Sketch, request: &Request<'_>) -> Result<Option<Sketch>, ApiError> {
    let messages = sketch.member("messages").map(|member| sketch.value(member));
    let messages = messages.and_then(|value| std::str::from_utf8(value).ok());
    let completed = messages.and_then(|messages| with_reasoning(messages, &request.messages));
    let Some(completed) = completed.and_then(|messages| RawValue::from_string(messages).ok()) else {
        return Ok(None);
    };
    let mut edits = sketch.edit();
    edits.set("messages", &*completed);
    crate::sketch::sketch(&Json::from(edits).into_bytes()).map(Some).map_err(|error| internal(&error))
}

fn internal(error: &SketchError) -> ApiError {
    ApiError::new(ErrorKind::Internal, error.to_string())
}

/// A body in the provider's wire with what this provider wants otherwise changed in place, and the
/// model's name where it is not the caller's.
fn adapted<'b>(
    attempt: Try<'_>,
    sketch: &'b Sketch,
    model: Option<&str>,
    facts: impl Fn() -> Option<&'b Model>,
    on_unsupported: OnUnsupported,
) -> Result<Prepared, ApiError> {
    let Try { call, candidate, provider, .. } = attempt;
    let mut edits = sketch.edit();
    if let Some(model) = model {
        edits.set("model", model);
    }
    let mut lost = Lost { provider: &provider.name, on_unsupported, dropped: Vec::new() };
    let value = |name: &str| sketch.member(name).map(|member| sketch.value(member));
    for edit in field_edits(provider.row, &facts, value) {
        match edit.action {
            Action::Rename(to) => drop(edits.rename(edit.field, to)),
            Action::Drop => drop(edits.remove(edit.field)),
            Action::Put(member, json) => {
                edits.remove(edit.field);
                edits.set(member, Json::from_static(json));
            }
            Action::Refuse if on_unsupported == OnUnsupported::Drop => drop(edits.remove(edit.field)),
            Action::Refuse => return Err(lost.refused(edit.field)),
            Action::AlwaysOn(lowest) if on_unsupported == OnUnsupported::Drop => match lowest {
                Some(lowest) => edits.set(edit.field, lowest.name()),
                None => drop(edits.remove(edit.field)),
            },
            Action::AlwaysOn(lowest) => return Err(always_on(&candidate.model, edit.field, lowest)),
        }
        if edit.loss {
            lost.add(edit.field.into())?;
        }
    }
    if let Some(changed) = message_edits(provider.row, &facts, sketch) {
        for (name, json) in changed.set {
            edits.set(name, json);
        }
        changed.lost.into_iter().try_for_each(|name| lost.add(name))?;
    }
    let on_request = provider.row.wire == Wire::Chat && provider.row.stream_usage == StreamUsage::OnRequest;
    if call.stream && on_request && !(call.usage_asked && call.front == Front::Chat) {
        ask_for_usage(sketch, &mut edits);
    }
    let body = match edits.is_empty() {
        true => sketch.body().clone().into(),
        false => edits.pieces().into_iter().collect(),
    };
    Ok(Prepared { body, dropped: (!lost.dropped.is_empty()).then(|| lost.dropped.join(", ")), recall: None })
}

/// What a provider does not get of a body.
struct Lost<'p> {
    provider: &'p str,
    on_unsupported: OnUnsupported,
    dropped: Vec<Cow<'static, str>>,
}

impl Lost<'_> {
    /// Notes a loss, or refuses it where no losses are wanted.
    fn add(&mut self, name: Cow<'static, str>) -> Result<(), ApiError> {
        if self.on_unsupported == OnUnsupported::Reject {
            return Err(self.refused(&name));
        }
        if !self.dropped.contains(&name) {
            self.dropped.push(name);
        }
        Ok(())
    }

    fn refused(&self, name: &str) -> ApiError {
        let message =
            format!("The provider `{}` does not take `{name}` with this model: leave it out.", self.provider);
        ApiError::invalid(message).with_param(name).with_code("unsupported_parameter")
    }
}

/// The error for reasoning that cannot be switched off.
fn always_on(model: &str, field: &str, lowest: Option<Effort>) -> ApiError {
    let advice = lowest.map_or(String::new(), |lowest| format!(" Its lowest level is `{}`.", lowest.name()));
    ApiError::invalid(format!("`{field}` cannot switch the thinking of `{model}` off.{advice}"))
        .with_param(field)
        .with_code("unsupported_value")
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
