//! Amazon's services, over the connections that providers are reached by.
//!
//! Requests are signed [here](sign) and sent once. Amazon's own SDK would bring its second HTTP stack, seconds
//! of compilation and a larger package, and would repeat requests by itself, which a count of a limit must not
//! be. Whoever asks decides whether to ask again: [`AwsError::is_certain`] says whether nothing can have been
//! done.
//!
//! Addresses and credentials come from the variables that Lambda sets and Amazon's SDKs read.

pub mod dynamodb;
pub mod references;
pub mod s3;
mod sign;

use crate::outbound::Connections;
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, header};
use http_body::Body as _;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use sign::{Credentials, Signer};
use std::env;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::time::timeout;
use tollbridge_core::payload::Payload;
use tollbridge_core::ports::HttpError;

/// How long a service may take. Whoever has less time than that drops the call.
const PATIENCE: Duration = Duration::from_secs(3);

/// The largest answer that is taken (DynamoDB: 16 MB for a batch; S3 objects here are cache values).
const LARGEST: usize = 32 << 20;

/// A way to all services of one region.
#[derive(Clone)]
pub struct Aws {
    connections: Connections,
    credentials: Arc<Credentials>,
    region: Arc<str>,
    addresses: Arc<Addresses>,
}

/// The addresses that stand in for Amazon's.
#[derive(Debug, Default)]
struct Addresses {
    by_service: Vec<(Service, String)>,
    of_others: Option<String>,
}

impl Addresses {
    fn from_env() -> Self {
        const SERVICES: [Service; 4] =
            [Service::DynamoDb, Service::S3, Service::Ssm, Service::SecretsManager];
        let set = |name: &str| {
            let url = env::var(name).ok().filter(|url| !url.is_empty())?;
            Some(url.trim_end_matches('/').to_owned())
        };
        let by_service = SERVICES.into_iter().filter_map(|service| Some((service, set(service.variable())?)));
        Self { by_service: by_service.collect(), of_others: set("AWS_ENDPOINT_URL") }
    }

    fn of(&self, service: Service) -> Option<&str> {
        let own = self.by_service.iter().find(|(name, _)| *name == service).map(|(_, url)| url);
        own.or(self.of_others.as_ref()).map(String::as_str)
    }
}

/// One of the services.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Service {
    DynamoDb,
    S3,
    Ssm,
    SecretsManager,
}

impl Service {
    /// Its name in addresses and signatures.
    fn name(self) -> &'static str {
        match self {
            Self::DynamoDb => "dynamodb",
            Self::S3 => "s3",
            Self::Ssm => "ssm",
            Self::SecretsManager => "secretsmanager",
        }
    }

    /// The variable with another address ("Service-specific endpoints", AWS SDKs and Tools Reference Guide).
    fn variable(self) -> &'static str {
        match self {
            Self::DynamoDb => "AWS_ENDPOINT_URL_DYNAMODB",
            Self::S3 => "AWS_ENDPOINT_URL_S3",
            Self::Ssm => "AWS_ENDPOINT_URL_SSM",
            Self::SecretsManager => "AWS_ENDPOINT_URL_SECRETS_MANAGER",
        }
    }

    /// Scheme and host, with `prefix` before the host's name.
    fn address(self, region: &str, prefix: &str) -> String {
        let suffix = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
        format!("https://{prefix}{}.{region}.{suffix}", self.name())
    }
}

/// Why a service did not do what it was asked to. No text of it holds a secret.
#[derive(Debug, thiserror::Error)]
pub enum AwsError {
    /// The request or its answer was lost.
    #[error("{0} failed: {1}")]
    Unreachable(&'static str, HttpError),
    /// No answer in time.
    #[error("{0} took too long")]
    Late(&'static str),
    /// The service said no.
    #[error("{0} refused: {1}")]
    Refused(&'static str, Refusal),
    /// An answer that is not what the service documents.
    #[error("the answer of {0} cannot be read: {1}")]
    Unreadable(&'static str, String),
}

/// A service's own words.
#[derive(Debug, Default, thiserror::Error)]
#[error("{kind} ({status}): {message}")]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// The kind of error, such as `ConditionalCheckFailedException`.
    pub kind: String,
    /// What it says.
    pub message: String,
    /// The whole body.
    pub body: Bytes,
}

impl AwsError {
    /// Whether it is certain that nothing was done.
    pub fn is_certain(&self) -> bool {
        match self {
            Self::Unreachable(_, error) => error.before_request(),
            Self::Refused(_, refusal) => refusal.status < 500,
            Self::Late(_) | Self::Unreadable(..) => false,
        }
    }

    /// Whether a service that is asked again may well answer.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Unreachable(..) => true,
            Self::Refused(_, refusal) => refusal.status >= 500 || refusal.is_throttle(),
            Self::Late(_) | Self::Unreadable(..) => false,
        }
    }
}

impl Refusal {
    fn is_throttle(&self) -> bool {
        const KINDS: [&str; 4] = [
            "ProvisionedThroughputExceededException",
            "RequestLimitExceeded",
            "ThrottlingException",
            "TransactionInProgressException",
        ];
        KINDS.contains(&self.kind.as_str())
    }
}

/// What a service answered.
struct Answer {
    status: StatusCode,
    body: Bytes,
}

impl Aws {
    /// With the region and credentials that Lambda gives its functions.
    pub fn from_env(connections: Connections) -> Self {
        let setting = |name: &str| env::var(name).unwrap_or_default();
        let region = match setting("AWS_REGION") {
            empty if empty.is_empty() => setting("AWS_DEFAULT_REGION"),
            region => region,
        };
        Self {
            connections,
            credentials: Arc::new(Credentials {
                id: setting("AWS_ACCESS_KEY_ID"),
                secret: setting("AWS_SECRET_ACCESS_KEY"),
                token: Some(setting("AWS_SESSION_TOKEN")).filter(|token| !token.is_empty()),
            }),
            region: region.into(),
            addresses: Arc::new(Addresses::from_env()),
        }
    }

    /// With all services at this address.
    #[must_use]
    pub fn at(self, url: &str) -> Self {
        let addresses = Addresses { by_service: Vec::new(), of_others: Some(url.to_owned()) };
        Self { addresses: Arc::new(addresses), ..self }
    }

    /// Calls an operation of a service that speaks JSON by the header `x-amz-target`.
    async fn json(
        &self,
        service: Service,
        version: &'static str,
        target: &str,
        body: Vec<u8>,
    ) -> Result<Bytes, AwsError> {
        let own = self.addresses.of(service).map(str::to_owned);
        let address = own.unwrap_or_else(|| service.address(&self.region, ""));
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(version));
        let target = HeaderValue::from_str(target).map_err(|error| unreadable(service, error))?;
        headers.insert(HeaderName::from_static("x-amz-target"), target);
        let answer = self.send(service, Method::POST, &address, "/", headers, body.into()).await?;
        if answer.status.is_success() { Ok(answer.body) } else { Err(refused(service, answer)) }
    }

    /// Signs a request, sends it once, and takes the whole answer.
    async fn send(
        &self,
        service: Service,
        method: Method,
        address: &str,
        path: &str,
        mut headers: HeaderMap,
        body: Bytes,
    ) -> Result<Answer, AwsError> {
        let host = address.split_once("://").map_or(address, |(_, host)| host);
        let host = HeaderValue::from_str(host).map_err(|error| unreadable(service, error))?;
        headers.insert(header::HOST, host);
        Signer { credentials: &self.credentials, region: &self.region, service: service.name(), now: now() }
            .sign(&method, path, &mut headers, &body)
            .map_err(|error| unreadable(service, error))?;
        let mut request = Request::new(Payload::from(body));
        *request.method_mut() = method;
        *request.uri_mut() =
            format!("{address}{path}").parse().map_err(|error| unreadable(service, error))?;
        *request.headers_mut() = headers;
        let exchange = async {
            let (head, mut body) = self.connections.send(request).await?.into_parts();
            let mut whole = BytesMut::new();
            while let Some(frame) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
                if let Ok(data) = frame?.into_data() {
                    whole.extend_from_slice(&data);
                }
                if whole.len() > LARGEST {
                    return Err(HttpError::ResetAfterHead);
                }
            }
            Ok(Answer { status: head.status, body: whole.freeze() })
        };
        match timeout(PATIENCE, exchange).await {
            Err(_) => Err(AwsError::Late(service.name())),
            Ok(answer) => answer.map_err(|error| AwsError::Unreachable(service.name(), error)),
        }
    }
}

/// What a service that speaks JSON says when it refuses.
#[derive(Default, Deserialize)]
struct Words {
    #[serde(rename = "__type", default)]
    kind: String,
    #[serde(default)]
    message: String,
    /// Some services write it so.
    #[serde(rename = "Message", default)]
    capital: String,
}

fn refused(service: Service, answer: Answer) -> AwsError {
    let words = serde_json::from_slice(&answer.body);
    let words = words.unwrap_or_else(|_| Words { kind: "an error".to_owned(), ..Words::default() });
    // The kind may stand behind a namespace.
    let kind = words.kind.rsplit('#').next().unwrap_or_default().to_owned();
    let message = if words.message.is_empty() { words.capital } else { words.message };
    let refusal = Refusal { status: answer.status.as_u16(), kind, message, body: answer.body };
    AwsError::Refused(service.name(), refusal)
}

fn unreadable(service: Service, error: impl ToString) -> AwsError {
    AwsError::Unreadable(service.name(), error.to_string())
}

/// Microseconds since the epoch.
pub(crate) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}

/// The SHA-256 of a text, in hexadecimal digits: a name for what is too long for a key, or not to be seen in one.
pub(crate) fn digest(text: &str) -> String {
    sign::hex(&Sha256::digest(text))
}
