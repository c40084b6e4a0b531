//! Amazon's services, by Amazon's own client library.
//!
//! The library makes, signs and reads requests. They go [over the connections](http) that providers are reached
//! by, so that an instance has one pool and one TLS stack. What may be done twice is sent again by the library
//! where a service is throttled or out of reach ([`Aws::again`]); what may not, a count of a limit above all, is
//! sent once ([`Aws::once`]), because nobody knows whether a request without an answer was done.
//!
//! Addresses and credentials come from the variables that Lambda sets and Amazon's SDKs read, and from nowhere
//! else: no file and no other service is asked for them.

pub mod dynamodb;
mod http;
pub mod references;
pub mod s3;

use crate::outbound::Connections;
use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{
    BehaviorVersion, Credentials, IdentityCache, Region, SharedCredentialsProvider,
    StalledStreamProtectionConfig,
};
use aws_sdk_dynamodb::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_types::SdkConfig;
use aws_types::origin::Origin;
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};
use std::env;
use std::error::Error;
use std::iter::successors;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tollbridge_core::ports::HttpError;

/// How long a service may take, all attempts together. Whoever has less time than that drops the call.
const PATIENCE: Duration = Duration::from_secs(3);

/// How often a request that may be done twice is sent.
const ATTEMPTS: u32 = 3;

/// The longest wait before the second attempt; the next is twice as long.
const PAUSE: Duration = Duration::from_millis(50);

/// A way to all services of one region.
#[derive(Clone)]
pub struct Aws(SdkConfig);

impl Aws {
    /// With the region and credentials that Lambda gives its functions.
    pub fn from_env(connections: Connections) -> Self {
        let credentials = Credentials::new(
            setting("AWS_ACCESS_KEY_ID").unwrap_or_default(),
            setting("AWS_SECRET_ACCESS_KEY").unwrap_or_default(),
            setting("AWS_SESSION_TOKEN"),
            None,
            "environment",
        );
        let mut config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .http_client(connections)
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .identity_cache(IdentityCache::no_cache())
            .region(setting("AWS_REGION").or_else(|| setting("AWS_DEFAULT_REGION")).map(Region::new))
            .service_config(Environment)
            .timeout_config(TimeoutConfig::builder().operation_timeout(PATIENCE).build())
            // It is for bodies of gigabytes; ours are whole within the time above.
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
        config.set_endpoint_url(setting("AWS_ENDPOINT_URL"));
        Self(config.build())
    }

    /// With all services at this address.
    #[must_use]
    pub fn at(self, url: &str) -> Self {
        let mut config = self.0.into_builder().endpoint_url(url);
        // Not a default that the variables of single services would replace.
        config.insert_origin("endpoint_url", Origin::shared_config());
        Self(config.build())
    }

    /// For requests that are sent once.
    pub fn once(&self) -> SdkConfig {
        self.0.to_builder().retry_config(RetryConfig::disabled()).build()
    }

    /// For requests that do no harm when they are done twice.
    pub fn again(&self) -> SdkConfig {
        let retries = RetryConfig::standard().with_max_attempts(ATTEMPTS).with_initial_backoff(PAUSE);
        self.0.to_builder().retry_config(retries).build()
    }

    /// Whether the services are played by something else, whose host has no names below it.
    fn is_elsewhere(&self) -> bool {
        self.0.endpoint_url().is_some() || setting("AWS_ENDPOINT_URL_S3").is_some()
    }
}

/// The addresses of single services ("Service-specific endpoints", AWS SDKs and Tools Reference Guide).
#[derive(Debug)]
struct Environment;

impl LoadServiceConfig for Environment {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        let service = key.service_id().to_uppercase().replace(' ', "_");
        setting(&format!("{}_{service}", key.env()))
    }
}

fn setting(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// Why a service did not do what it was asked to. No text of it holds a secret.
#[derive(Debug, thiserror::Error)]
pub enum AwsError {
    /// The request was never sent.
    #[error("{0} could not be asked: {1}")]
    Unasked(&'static str, String),
    /// The request or its answer was lost.
    #[error("{0} failed: {1}")]
    Unreachable(&'static str, HttpError),
    /// No answer in time.
    #[error("{0} took too long")]
    Late(&'static str),
    /// The service said no: its HTTP status, the kind of error (such as `AccessDeniedException`), and its words.
    #[error("{service} refused: {kind} ({status}): {message}")]
    Refused {
        /// Which one.
        service: &'static str,
        /// The HTTP status.
        status: u16,
        /// The kind of error, such as `AccessDeniedException`.
        kind: String,
        /// What it says.
        message: String,
    },
    /// An answer that is not what the service documents.
    #[error("the answer of {0} cannot be read: {1}")]
    Unreadable(&'static str, String),
}

impl AwsError {
    /// Whether what was asked for is not there.
    pub fn is_absent(&self) -> bool {
        let absent = ["ParameterNotFound", "ResourceNotFoundException"];
        matches!(self, Self::Refused { kind, .. } if absent.contains(&kind.as_str()))
    }

    fn unasked(service: &'static str, error: &(dyn Error + 'static)) -> Self {
        Self::Unasked(service, DisplayErrorContext(error).to_string())
    }

    /// What the client library says of `service`.
    fn of<E>(service: &'static str, error: SdkError<E, HttpResponse>) -> Self
    where
        E: Error + ProvideErrorMetadata + 'static,
    {
        if let Some(lost) = lost(&error) {
            return Self::Unreachable(service, lost);
        }
        match error {
            SdkError::TimeoutError(_) => Self::Late(service),
            SdkError::ServiceError(refusal) => Self::Refused {
                service,
                status: refusal.raw().status().as_u16(),
                kind: refusal.err().code().unwrap_or("an error").to_owned(),
                message: refusal.err().message().unwrap_or_default().to_owned(),
            },
            // What a parser says may quote what it read.
            SdkError::ResponseError(_) => Self::Unreadable(service, "not what it documents".to_owned()),
            unsent => Self::unasked(service, &unsent),
        }
    }
}

/// What became of the connection, where that is the reason.
fn lost(error: &(dyn Error + 'static)) -> Option<HttpError> {
    successors(Some(error), |&error| error.source()).find_map(|cause| cause.downcast_ref()).copied()
}

/// Microseconds since the epoch.
pub(crate) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}
