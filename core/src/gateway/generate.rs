//! Requests for an answer of a model, `POST /v1/chat/completions` and `POST /v1/messages`: from a
//! request to a [`Call`] that can be dispatched.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Response, request::Parts};

use super::{Body, Gateway, cors, flight::Flight, limits::Deadline, media::Fetched, passing, read};
use crate::{
    error::ApiError,
    govern::Principal,
    ports::Ports,
    protocol::Front,
    route::Candidate,
    sketch::{Sketch, SketchError, WrongType, sketch},
};

/// Names the end user of a request, below the key's own tenant path.
const USER_PATH: &str = "x-tollbridge-user-path";

/// A checked request and whom to ask.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) front: Front,
    /// On whose account it runs.
    pub(super) tenant: Arc<str>,
    pub(super) sketch: Sketch,
    /// The caller's declared key, by its place in the policy.
    pub(super) key: Option<usize>,
    /// The model as the caller named it.
    pub(super) model: String,
    /// Whether it is a count of tokens that is asked for, and no answer.
    pub(super) counting: bool,
    /// Whether the answer is to be streamed.
    pub(super) stream: bool,
    /// Whether the caller wants usage in the stream.
    pub(super) usage_asked: bool,
    /// Whom to ask, the preferred one first. Not empty.
    pub(super) candidates: Vec<Candidate>,
    /// Headers to hand on.
    pub(super) headers: HeaderMap,
    /// When the answer must be over.
    pub(super) deadline: Deadline,
    /// What its addresses led to.
    pub(super) media: Fetched,
}

impl<P: Ports> Gateway<P> {
    pub(super) async fn generate<B>(
        self: Arc<Self>,
        parts: &Parts,
        body: B,
        mut flight: Flight<P>,
    ) -> Response<Body<P>>
    where
        B: http_body::Body<Data = Bytes> + Unpin,
    {
        flight.row.front = flight.front.name();
        let call = match self.plan(parts, body, &mut flight).await {
            Ok(call) => call,
            Err(error) => return flight.refuse(&error),
        };
        match self.admit(&call, &mut flight).await {
            Ok(()) => self.dispatch(call, flight).await,
            Err(error) => flight.refuse(&error),
        }
    }

    /// Everything that is decided before a provider is asked.
    pub(super) async fn plan<B>(
        &self,
        parts: &Parts,
        body: B,
        flight: &mut Flight<P>,
    ) -> Result<Call, ApiError>
    where
        B: http_body::Body<Data = Bytes> + Unpin,
    {
        let principal = self.identify(parts, flight)?;
        flight.billed = true;
        let body = read::json_body(&parts.headers, body, self.policy.body_size_limit).await?;
        flight.prompt = body.clone();
        let sketch = sketch(&body).map_err(|error| malformed(&error))?;
        let model = named_model(&sketch)?;
        flight.row.model_asked = model.clone();
        let stream = sketch.stream().map_err(|error| wrong_type(&error))?;
        flight.row.stream = stream;
        let usage_asked = match flight.front {
            Front::Chat => stream && usage_asked(&sketch)?,
            Front::Messages => stream,
        };
        let candidates = self.candidates(&flight.row.model_asked, &principal).await?;
        Ok(Call {
            front: flight.front,
            tenant: flight.row.tenant.clone(),
            sketch,
            key: principal.key,
            model,
            counting: false,
            stream,
            usage_asked,
            candidates,
            headers: passing::forwarded(&parts.headers),
            deadline: Deadline::new(flight.row.at, self.policy.timeouts.whole).or_at(parts.extensions.get()),
            media: Fetched::default(),
        })
    }

    /// Finds out who calls and on whose account.
    pub(super) fn identify(&self, parts: &Parts, flight: &mut Flight<P>) -> Result<Arc<Principal>, ApiError> {
        if !self.policy.requires_key() {
            cors::refuse_foreign_page(self.policy.cors.as_ref(), &parts.headers)?;
        }
        let principal = self.keyring.identify(&parts.headers, flight.row.at)?;
        flight.row.key = principal.name.clone();
        flight.row.tenant = principal.tenant.shared();
        flight.row.labels = principal.labels.clone();
        if let Some(path) = parts.headers.get(USER_PATH) {
            let path = path.to_str().unwrap_or("\u{fffd}").trim();
            principal.tenant.join(path).map_err(|error| {
                ApiError::invalid(format!("The header `{USER_PATH}` is not usable: {error}."))
                    .with_param(USER_PATH)
            })?;
            flight.row.user_path = Some(format!("/{}", path.trim_matches('/')).into());
        }
        Ok(principal)
    }
}

fn named_model(sketch: &Sketch) -> Result<String, ApiError> {
    match sketch.model().map_err(|error| wrong_type(&error))? {
        Some(model) if !model.trim().is_empty() => Ok(model.into_owned()),
        _ => Err(ApiError::invalid(
            "The request names no model: set `model`, as in `\"model\": \"openai/gpt-5\"`.",
        )
        .with_param("model")),
    }
}

fn usage_asked(sketch: &Sketch) -> Result<bool, ApiError> {
    let options = sketch.object("stream_options").map_err(|error| malformed(&error))?;
    match options.map_err(|error| wrong_type(&error))? {
        None => Ok(false),
        Some(options) => {
            Ok(options.boolean("include_usage").map_err(|error| wrong_type(&error))?.unwrap_or(false))
        }
    }
}

fn malformed(error: &SketchError) -> ApiError {
    let message = error.to_string();
    let mut letters = message.chars();
    let message = letters.next().map(|first| first.to_uppercase().collect::<String>() + letters.as_str());
    ApiError::invalid(format!("{}.", message.unwrap_or_default())).with_code("invalid_json")
}

fn wrong_type(error: &WrongType) -> ApiError {
    ApiError::invalid(format!("The request is not usable: {error}."))
        .with_param(error.name)
        .with_code("invalid_type")
}
