//! Settings and secrets that lie in Systems Manager and Secrets Manager, as moto plays them.
//!
//! `cargo xtask test --only lambda` starts it and says where it is; so this is no part of `cargo test`.

use http::{Request, StatusCode};
use std::env;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tollbridge_core::gateway::closed::Closed;
use tollbridge_core::payload::Payload;
use tollbridge_core::ports::Micros;
use tollbridge_lambda::aws::Aws;
use tollbridge_lambda::instance::{FRESH, FRESH_WHILE_CLOSED, Instance};
use tollbridge_lambda::outbound::Connections;
use tollbridge_lambda::stores::TABLE;

const DOCUMENT: &str = r#"{"master_key": {"secret": "TOLLBRIDGE_MASTER_KEY"}}"#;

/// When the instances of these tests start.
const START: Micros = 1_800_000_000_000_000;

fn later(by: Duration) -> Micros {
    START + u64::try_from(by.as_micros()).unwrap()
}

/// The two services, for whoever changes what is in them.
struct Source {
    parameters: aws_sdk_ssm::Client,
    secrets: aws_sdk_secretsmanager::Client,
    /// A name that no other run of these tests has.
    name: String,
}

impl Source {
    fn new(name: &str) -> Self {
        assert!(env::var_os(TABLE).is_some(), "run this by `cargo xtask test --only lambda`");
        let config = Aws::from_env(Connections::new()).again();
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        Self {
            parameters: aws_sdk_ssm::Client::new(&config),
            secrets: aws_sdk_secretsmanager::Client::new(&config),
            name: format!("/{name}{}", since.as_micros()),
        }
    }

    async fn put_parameter(&self, value: &str) {
        let put = self.parameters.put_parameter().name(&self.name).value(value).overwrite(true);
        put.r#type(aws_sdk_ssm::types::ParameterType::SecureString).send().await.unwrap();
    }

    async fn delete_parameter(&self) {
        self.parameters.delete_parameter().name(&self.name).send().await.unwrap();
    }

    async fn put_secret(&self, value: &str) {
        let create = self.secrets.create_secret().name(&self.name).secret_string(value).send().await;
        if create.is_err() {
            let put = self.secrets.put_secret_value().secret_id(&self.name).secret_string(value);
            put.send().await.unwrap();
        }
    }

    fn parameter(&self) -> String {
        format!("ssm:{}", self.name)
    }

    fn secret(&self) -> String {
        format!("secretsmanager:{}#key", self.name)
    }
}

/// An instance of a function with these variables.
async fn instance<const N: usize>(variables: [(&str, &str); N]) -> Instance {
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    Instance::with(variables.into(), START).await
}

/// Whether the gateway lets this key in.
async fn admits(instance: &Instance, key: &str) -> bool {
    let gateway = instance.gateway().expect("a gateway");
    let request = Request::get("/admin/usage/summary").header("authorization", format!("Bearer {key}"));
    let (response, after) = gateway.handle(request.body(Payload::empty()).unwrap());
    let (response, ()) = futures::join!(response, after);
    match response.status() {
        StatusCode::OK => true,
        StatusCode::UNAUTHORIZED => false,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_secret_that_changes_is_used_by_the_same_instance() {
    let source = Source::new("changes");
    source.put_parameter("the-first-master-key").await;
    source.put_secret(r#"{"key": "the-first-master-key"}"#).await;
    for place in [source.parameter(), source.secret()] {
        let instance = instance([("TOLLBRIDGE_CONFIG", DOCUMENT), ("TOLLBRIDGE_MASTER_KEY", &place)]).await;
        assert!(admits(&instance, "the-first-master-key").await, "{place}");

        if place.starts_with("ssm") {
            source.put_parameter("the-second-master-key").await;
        } else {
            source.put_secret(r#"{"key": "the-second-master-key"}"#).await;
        }
        instance.clone().refresh(later(FRESH) - 1).await;
        assert!(!admits(&instance, "the-second-master-key").await, "{place}: it is not time yet");
        instance.clone().refresh(later(FRESH)).await;
        assert!(admits(&instance, "the-second-master-key").await, "{place}");
        assert!(!admits(&instance, "the-first-master-key").await, "{place}");
    }
}

#[tokio::test]
async fn what_cannot_be_looked_up_again_stays() {
    let source = Source::new("stays");
    source.put_parameter("a-master-key").await;
    let place = source.parameter();
    let instance = instance([("TOLLBRIDGE_CONFIG", DOCUMENT), ("TOLLBRIDGE_MASTER_KEY", &place)]).await;
    source.delete_parameter().await;
    instance.clone().refresh(later(FRESH)).await;
    assert!(admits(&instance, "a-master-key").await);
    source.put_parameter("another-master-key").await;
    instance.clone().refresh(later(FRESH * 2)).await;
    assert!(admits(&instance, "another-master-key").await);
}

#[tokio::test]
async fn a_document_that_can_no_longer_be_used_changes_nothing() {
    let source = Source::new("document");
    source.put_parameter(DOCUMENT).await;
    let place = source.parameter();
    let instance =
        instance([("TOLLBRIDGE_CONFIG", &*place), ("TOLLBRIDGE_MASTER_KEY", "a-master-key")]).await;
    source.put_parameter("{").await;
    instance.clone().refresh(later(FRESH)).await;
    assert!(admits(&instance, "a-master-key").await);
    source.put_parameter(r#"{"master_key": {"secret": "ANOTHER"}}"#).await;
    instance.clone().refresh(later(FRESH * 2)).await;
    assert!(admits(&instance, "a-master-key").await, "the document names a secret that nobody has");
}

#[tokio::test]
async fn an_instance_without_its_secret_says_so_and_tries_again_soon() {
    let source = Source::new("missing");
    let place = source.parameter();
    let instance = instance([("TOLLBRIDGE_CONFIG", DOCUMENT), ("TOLLBRIDGE_MASTER_KEY", &place)]).await;
    let Err(closed) = instance.gateway() else { panic!("a gateway without a key") };
    assert!(matches!(closed, Closed::Faulty(_)), "{closed:?}");
    assert!(closed.log_line(0).contains("TOLLBRIDGE_MASTER_KEY"), "{}", closed.log_line(0));
    source.put_parameter("a-master-key").await;
    instance.clone().refresh(later(FRESH_WHILE_CLOSED)).await;
    assert!(admits(&instance, "a-master-key").await);
}

/// The gateway that variables alone would make is not the one that a document was to make.
#[tokio::test]
async fn a_document_that_was_named_must_be_there() {
    let source = Source::new("absent");
    // There is no such parameter, and no object in the secret.
    source.put_secret("a text").await;
    for place in [source.parameter(), source.secret()] {
        let variables = [("TOLLBRIDGE_CONFIG", &*place), ("TOLLBRIDGE_MASTER_KEY", "a-master-key")];
        let instance = instance(variables).await;
        let Err(Closed::Unreadable(reason)) = instance.gateway() else { panic!("a document at {place}") };
        assert!(reason.contains(&place) && !reason.contains("a text"), "{reason}");
    }
    let nobody_said_so = instance([("TOLLBRIDGE_SECRETS", &format!("{}/", source.parameter()))]).await;
    assert_eq!(nobody_said_so.gateway().err(), Some(Closed::NoDocument));
}

#[tokio::test]
async fn variables_alone_make_a_gateway() {
    let source = Source::new("variables");
    source.put_parameter("a-master-key").await;
    let (key, others) = (source.parameter(), format!("{}/", source.parameter()));
    let instance = instance([
        ("TOLLBRIDGE_MASTER_KEY", &*key),
        ("OPENAI_API_KEY", "sk-1"),
        ("TOLLBRIDGE_SECRETS", &others),
    ])
    .await;
    assert!(admits(&instance, "a-master-key").await);
}
