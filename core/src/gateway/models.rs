//! `GET /v1/models`: what can be named, and the fetching of the providers' own lists.

use std::{collections::BTreeMap, pin::pin, sync::Arc};

use futures::future::join_all;
use http::{Method, Response, header, request::Parts};
use serde::Serialize;

use super::{
    Body, Gateway, answer,
    flight::Flight,
    inventory::{Page, read_page},
    limits::within,
    upstream::Upstream,
};
use crate::{
    config::Provider,
    error::{ApiError, ErrorKind},
    govern::Principal,
    payload::Payload,
    ports::Ports,
    protocol::Front,
    provider::Endpoint,
    route::{Candidate, Listing, Resolution, resolve},
};

/// Largest inventory that is read, in bytes. OpenRouter's has half a megabyte.
const LARGEST_INVENTORY: usize = 16 << 20;

/// The most pages of an inventory that are read.
const MOST_PAGES: usize = 8;

/// The longest wait for an inventory.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(5);

/// One entry, in OpenAI's shape.
#[derive(Debug, Serialize)]
struct Model {
    id: String,
    object: &'static str,
    created: u64,
    owned_by: String,
}

#[derive(Debug, Serialize)]
struct List {
    object: &'static str,
    data: Vec<Model>,
}

/// One entry, in Anthropic's shape ("List Models"). Nobody says when a model was made.
#[derive(Debug, Serialize)]
struct AnthropicModel {
    #[serde(rename = "type")]
    kind: &'static str,
    display_name: String,
    id: String,
    created_at: &'static str,
    /// The newer SDKs' types demand it. Whoever lists a model lets it be used.
    lifecycle: &'static str,
}

#[derive(Debug, Serialize)]
struct AnthropicList {
    first_id: Option<String>,
    last_id: Option<String>,
    has_more: bool,
    data: Vec<AnthropicModel>,
}

impl From<Model> for AnthropicModel {
    fn from(model: Model) -> Self {
        Self {
            kind: "model",
            display_name: model.id.clone(),
            id: model.id,
            created_at: "1970-01-01T00:00:00Z",
            lifecycle: "active",
        }
    }
}

/// The whole list, in the caller's dialect.
fn in_dialect<P: Ports>(front: Front, models: Vec<Model>) -> Response<Body<P>> {
    match front {
        Front::Chat => answer::json(&List { object: "list", data: models }),
        Front::Messages => {
            let data: Vec<AnthropicModel> = models.into_iter().map(AnthropicModel::from).collect();
            let id = |model: Option<&AnthropicModel>| model.map(|model| model.id.clone());
            let (first_id, last_id) = (id(data.first()), id(data.last()));
            answer::json(&AnthropicList { first_id, last_id, has_more: false, data })
        }
    }
}

impl<P: Ports> Gateway<P> {
    /// Lists every model that the caller may name: aliases first, then `provider/model`.
    pub(super) async fn models(&self, parts: &Parts, mut flight: Flight<P>) -> Response<Body<P>> {
        let principal = match self.identify(parts, &mut flight) {
            Ok(principal) => principal,
            Err(error) => return flight.refuse(&error),
        };
        let now = self.ports.now();
        let unasked: Vec<usize> = (0..self.policy.providers.len())
            .filter(|at| {
                self.listed_by_provider(*at)
                    && matches!(self.state.inventories.listing(*at, now), Listing::Unasked)
            })
            .collect();
        self.fetch_inventories(&unasked).await;
        let data = self.known_models(&principal).into_values().collect();
        let front = flight.front;
        flight.finish(in_dialect(front, data))
    }

    /// Answers for one model, whose id may have slashes in it, percent-encoded or not.
    pub(super) async fn model(&self, id: &str, parts: &Parts, mut flight: Flight<P>) -> Response<Body<P>> {
        let principal = match self.identify(parts, &mut flight) {
            Ok(principal) => principal,
            Err(error) => return flight.refuse(&error),
        };
        let id = percent_decode(id);
        match self.candidates(&id, &principal).await {
            Ok(candidates) => {
                let owner = match candidates.first() {
                    Some(_) if self.policy.aliases.contains_key(&id) => "alias".to_owned(),
                    Some(candidate) => self.provider_name(candidate),
                    None => String::new(),
                };
                match flight.front {
                    Front::Chat => flight.finish(answer::json(&entry(id, owner))),
                    Front::Messages => flight.finish(answer::json(&AnthropicModel::from(entry(id, owner)))),
                }
            }
            Err(error) => flight.refuse(&error),
        }
    }

    /// What `name` stands for, as far as the caller may use it.
    ///
    /// # Errors
    /// 404 for a name that is nobody's or several providers', 403 for one that the key may not use.
    pub(super) async fn candidates(
        &self,
        name: &str,
        principal: &Principal,
    ) -> Result<Vec<Candidate>, ApiError> {
        let mut resolution = resolve(&self.policy, &self.state.inventories, name, self.ports.now());
        if let Resolution::Ask(providers) = &resolution {
            self.fetch_inventories(providers).await;
            resolution = resolve(&self.policy, &self.state.inventories, name, self.ports.now());
        }
        let (mut candidates, alias) = match resolution {
            Resolution::Candidates { candidates, alias } => (candidates, alias),
            Resolution::Refused(error) => return Err(*error),
            // A list that was just kept cannot be missing.
            Resolution::Ask(_) => {
                return Err(ApiError::new(ErrorKind::Internal, "The model could not be resolved."));
            }
        };
        if !(alias && principal.allows_alias(name)) {
            candidates.retain(|c| {
                self.policy.providers.get(c.provider).is_some_and(|p| principal.allows(&p.name, &c.model))
            });
        }
        if candidates.is_empty() {
            let message = format!(
                "The key `{}` may not use the model `{name}`: ask the gateway's operator to allow it.",
                principal.name
            );
            return Err(ApiError::new(ErrorKind::Permission, message)
                .with_code("model_not_allowed")
                .with_param("model"));
        }
        Ok(candidates)
    }

    /// Asks providers for their models, all at once, and keeps what they say.
    pub(super) async fn fetch_inventories(&self, providers: &[usize]) {
        join_all(providers.iter().map(|at| async {
            let models = match self.policy.providers.get(*at) {
                Some(provider) => within(&self.ports, PATIENCE, pin!(self.fetch_inventory(*at, provider)))
                    .await
                    .ok()
                    .flatten(),
                None => None,
            };
            self.state.inventories.keep(*at, models, self.ports.now());
        }))
        .await;
    }

    /// Fetches lists anew that have grown old.
    pub(super) async fn refresh_inventories(&self) {
        let now = self.ports.now();
        let old: Vec<usize> =
            (0..self.policy.providers.len()).filter(|at| self.state.inventories.is_old(*at, now)).collect();
        if !old.is_empty() {
            self.fetch_inventories(&old).await;
        }
    }

    async fn fetch_inventory(&self, at: usize, provider: &Provider) -> Option<Vec<String>> {
        let first = provider.instance().url(Endpoint::Models, "");
        let mut models = Vec::new();
        let mut url = first.clone();
        for _ in 0..MOST_PAGES {
            let Page { ids, next } = self.fetch_page(at, &url).await?;
            models.extend(ids);
            match next {
                // Only Gemini's list has pages, and its address has a query.
                Some(next) => url = format!("{first}&{}", page_token(&next)),
                None => break,
            }
        }
        Some(models)
    }

    async fn fetch_page(&self, at: usize, url: &str) -> Option<Page> {
        let mut request =
            http::Request::builder().method(Method::GET).uri(url).body(Payload::empty()).ok()?;
        *request.headers_mut() = self.accounts.get(at)?.headers(0);
        request.headers_mut().insert(header::ACCEPT, http::HeaderValue::from_static("application/json"));
        let response = self.ports.send(request).await.ok()?;
        if !response.status().is_success() {
            return None;
        }
        let mut body = Upstream::<P>::Remote(response.into_body());
        let bytes = body.collect(LARGEST_INVENTORY).await.ok()?;
        read_page(&bytes)
    }

    fn known_models(&self, principal: &Principal) -> BTreeMap<(bool, String), Model> {
        let aliases = self.policy.aliases.keys().filter(|alias| principal.allows_alias(alias));
        let mut models: BTreeMap<_, _> =
            aliases.map(|alias| ((false, alias.clone()), entry(alias.clone(), "alias".to_owned()))).collect();
        for (at, provider) in self.policy.providers.iter().enumerate() {
            let fetched: Arc<[String]> = match self.state.inventories.listing(at, self.ports.now()) {
                Listing::Known(fetched) if provider.models.is_empty() => fetched,
                _ => Arc::from([]),
            };
            let models_here = provider.models.iter().chain(fetched.iter());
            for model in models_here.filter(|model| principal.allows(&provider.name, model)) {
                let id = format!("{}/{model}", provider.name);
                models.insert((true, id.clone()), entry(id, provider.name.clone()));
            }
        }
        models
    }

    fn listed_by_provider(&self, at: usize) -> bool {
        self.policy.providers.get(at).is_some_and(|provider| {
            provider.models.is_empty() && provider.row.inventory && !provider.is_built_in()
        })
    }

    fn provider_name(&self, candidate: &Candidate) -> String {
        self.policy.providers.get(candidate.provider).map(|p| p.name.clone()).unwrap_or_default()
    }
}

fn page_token(token: &str) -> String {
    form_urlencoded::Serializer::new(String::new()).append_pair("pageToken", token).finish()
}

fn entry(id: String, owned_by: String) -> Model {
    Model { id, object: "model", created: 0, owned_by }
}

/// `%2F` and its like undone; what is not an escape stays.
fn percent_decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let escaped =
            (*first == b'%').then(|| tail.split_at_checked(2)).flatten().and_then(|(hex, after)| {
                Some((u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok()?, after))
            });
        match escaped {
            Some((byte, after)) => {
                bytes.push(byte);
                rest = after;
            }
            None => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
