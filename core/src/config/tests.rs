//! A document in, a policy or a list of errors out.

use std::time::Duration;

use serde_json::{Value, json};

use super::{fields, *};
use crate::protocol::OnUnsupported;

const DIGEST: &str = "sha256:0000000000000000000000000000000000000000000000000000000000000001";

fn secrets(name: &str) -> Option<String> {
    match name {
        "OPENAI_API_KEY" => Some("sk-one".to_owned()),
        "OPENAI_API_KEY_2" => Some("sk-two".to_owned()),
        "MASTER" => Some(" master\n".to_owned()),
        "BROKEN" => Some("sk\nbroken".to_owned()),
        "EMPTY" => Some(String::new()),
        _ => None,
    }
}

fn resolve(document: Value) -> Result<Policy, Vec<ConfigError>> {
    Document::from_value(document)?.resolve(secrets)
}

fn errors(document: Value) -> Vec<String> {
    match resolve(document) {
        Ok(policy) => panic!("accepted: {policy:?}"),
        Err(errors) => errors.iter().map(ConfigError::to_string).collect(),
    }
}

#[test]
fn an_empty_document_is_the_defaults() {
    for document in [json!({}), json!(null), json!({ "keys": null, "providers": null, "retry": null })] {
        let policy = resolve(document).unwrap();
        assert!(
            policy.providers.len() == 1
                && policy.providers[0].name == "demo"
                && policy.keys.is_empty()
                && policy.aliases.is_empty()
        );
        assert_eq!((policy.timeouts, policy.retry), (Timeouts::default(), Retry::default()));
        assert_eq!((policy.body_size_limit, policy.keep_alive), (BODY_SIZE_LIMIT, KEEP_ALIVE));
        assert_eq!((policy.cors, policy.log), (None, LogFormat::Json));
        assert!(policy.master_key.is_none());
    }
}

/// The defaults stand in the table as text and in [`Policy`] as values.
#[test]
fn the_table_tells_the_defaults() {
    let policy = Policy::default();
    let text = |fields: &[Field], name: &str| fields.iter().find(|f| f.name == name).unwrap().default;
    let Timeouts { connect, first_byte, idle, whole } = policy.timeouts;
    let Retry { max_attempts, initial_backoff, max_backoff } = policy.retry;
    for (fields, name, want) in [
        (fields::TIMEOUTS, "connect", connect),
        (fields::TIMEOUTS, "first_byte", first_byte),
        (fields::TIMEOUTS, "idle", idle),
        (fields::TIMEOUTS, "whole", whole),
        (fields::RETRY, "initial_backoff", initial_backoff),
        (fields::RETRY, "max_backoff", max_backoff),
        (fields::ROOT, "keep_alive", policy.keep_alive),
        (fields::ROOT, "keep_reasoning", policy.keep_reasoning),
        (fields::ROOT, "reasoning_timeout", policy.reasoning_timeout),
        (fields::LIMITS, "store_timeout", policy.limits.store_timeout),
    ] {
        assert_eq!(value::duration(text(fields, name)), Some(want), "{name}");
    }
    assert_eq!(text(fields::RETRY, "max_retries"), (max_attempts - 1).to_string());
    assert_eq!(value::size(text(fields::ROOT, "body_size_limit")), Some(policy.body_size_limit as u64));
    assert_eq!((text(fields::ROOT, "log_format"), policy.log), ("json", LogFormat::Json));
    assert_eq!((text(fields::ROOT, "on_unsupported"), policy.on_unsupported), ("auto", OnUnsupported::Auto));
}

#[test]
fn a_full_document_resolves() {
    let policy = resolve(json!({
        "$schema": "config.schema.json",
        "master_key": { "secret": "MASTER" },
        "keys": [{
            "name": "ci", "digest": DIGEST, "tenant": "/team/ci", "labels": { "env": "test" },
            "models": ["openai/*", "smart-*"], "expires_at": "1970-01-02T00:00:00Z",
        }],
        "providers": {
            "openai": { "api_key": [{ "secret": "OPENAI_API_KEY" }, { "secret": "OPENAI_API_KEY_2" }] },
            "openai-east": { "api_key": { "secret": "OPENAI_API_KEY" }, "base_url": "https://east.example.com/v1/" },
            "my-llm": { "type": "openai-compatible", "base_url": "http://10.0.0.1:8000/api",
                        "api_key": { "secret": "OPENAI_API_KEY" }, "models": ["llama"] },
            "ollama": { "base_url": "http://localhost:11434" },
        },
        "aliases": {
            "smart": "openai/gpt-5",
            "smart-2": ["openai/gpt-5", "my-llm/llama"],
            "smart-3": { "targets": ["o3"] },
            "gpt-5": ["gpt-5", "openai-east/gpt-5"],
            "hub": "meta-llama/llama-4",
        },
        "catalogue": { "models": [{ "id": "llama", "provider": "custom", "max_output": "7" }] },
        "timeouts": { "connect": "3s", "idle": 45 },
        "retry": { "max_retries": 1, "initial_backoff": "0s" },
        "body_size_limit": 1_000,
        "cors": { "origins": ["https://app.example.com"] },
        "on_unsupported": "reject",
        "log_format": "text",
        "keep_alive": "5s",
        "keep_reasoning": "0",
    }))
    .unwrap();

    assert_eq!(policy.master_key, Some(sha2_of("master")), "trimmed");
    let key = &policy.keys[0];
    assert_eq!(
        (key.name.as_str(), key.tenant.as_str(), key.expires_at),
        ("ci", "/team/ci", Some(86_400_000))
    );
    assert_eq!(key.digest[31], 1);
    assert!(key.allows("openai", "gpt-5") && !key.allows("my-llm", "llama"));
    assert!(key.allows_alias("smart-2") && !key.allows_alias("gpt-5"));

    assert_eq!(policy.catalogue.find("llama").and_then(|model| model.max_output), Some(7));

    let names: Vec<_> =
        policy.providers.iter().map(|p| (p.name.as_str(), p.row.name, p.base_url.as_str())).collect();
    assert_eq!(
        names,
        [
            ("my-llm", "openai-compatible", "http://10.0.0.1:8000/api"),
            ("ollama", "ollama", "http://localhost:11434/v1"),
            ("openai", "openai", "https://api.openai.com/v1"),
            ("openai-east", "openai", "https://east.example.com/v1"),
        ]
    );
    let openai = policy.provider("openai").unwrap();
    assert_eq!(openai.keys.iter().map(Secret::expose).collect::<Vec<_>>(), ["sk-one", "sk-two"]);
    assert_eq!(policy.aliases["smart-2"].targets, ["openai/gpt-5", "my-llm/llama"]);
    assert_eq!(policy.aliases["smart-3"].targets, ["o3"]);
    assert_eq!(policy.timeouts.connect, Duration::from_secs(3));
    assert_eq!(policy.timeouts.idle, Duration::from_secs(45));
    assert_eq!(policy.timeouts.whole, Timeouts::default().whole);
    assert_eq!((policy.retry.max_attempts, policy.retry.initial_backoff), (2, Duration::ZERO));
    assert_eq!(policy.body_size_limit, 1_000);
    assert_eq!(policy.cors.unwrap().origins, ["https://app.example.com"]);
    assert_eq!((policy.on_unsupported, policy.log), (OnUnsupported::Reject, LogFormat::Text));
    assert_eq!((policy.keep_alive, policy.keep_reasoning), (Duration::from_secs(5), Duration::ZERO));
}

fn sha2_of(text: &str) -> [u8; 32] {
    use sha2::Digest;
    sha2::Sha256::digest(text).into()
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    for (document, want) in [
        (json!([]), "the document: expected settings with their values, found a list"),
        (json!({ "provider": {} }), "the document: unknown setting `provider`; did you mean `providers`?"),
        (json!({ "guardrails": {} }), "the document: unknown setting `guardrails`"),
        (
            json!({ "timeouts": { "conect": "3s" } }),
            "timeouts: unknown setting `conect`; did you mean `connect`?",
        ),
        (
            json!({ "timeouts": { "whole": 0 } }),
            "timeouts.whole: expected a duration from 1ms to a day: `250ms`, `30s`, `10m`, `1h`, or a number of seconds, found `0`",
        ),
        (json!({ "timeouts": "3s" }), "timeouts: expected settings with their values, found a text"),
        (
            json!({ "retry": { "max_retries": 4 } }),
            "retry.max_retries: expected a number from 0 to 3, found `4`",
        ),
        (json!({ "log_format": "xml" }), "log_format: expected `json` or `text`, found `xml`"),
        (
            json!({ "log_format": 1 }),
            "log_format: expected `json` or `text`, found a number (put it in quotes if it is a name)",
        ),
        (json!({ "cors": {} }), "cors: `origins` is missing"),
        (json!({ "cors": { "origins": [] } }), "cors.origins: the list is empty: write at least one"),
        (
            json!({ "cors": { "origins": ["*", "https://a.example"] } }),
            "cors.origins: `*` allows every origin: write it alone",
        ),
        (json!({ "keys": [{ "name": "ci" }] }), "keys[0]: `digest` is missing"),
        (
            json!({ "keys": [{ "name": "ci", "digest": DIGEST }, { "name": "ci", "digest": DIGEST.replace('1', "2") }] }),
            "keys[1].name: another key has the same name",
        ),
        (
            json!({ "keys": [{ "name": "a", "digest": DIGEST }, { "name": "b", "digest": DIGEST }] }),
            "keys[1].digest: another key has the same digest",
        ),
        (
            json!({ "keys": [{ "name": "a", "digest": DIGEST, "tenant": "team" }] }),
            "keys[0].tenant: expected a tenant path such as `/team/app/user`, found `team`",
        ),
        (
            json!({ "master_key": { "secret": "NOPE" } }),
            "master_key: the secret NOPE is not set: set the environment variable or platform secret of that name",
        ),
        (
            json!({ "master_key": { "secret": "EMPTY" } }),
            "master_key: the secret EMPTY is not set: set the environment variable or platform secret of that name",
        ),
        (
            json!({ "providers": { "openia": { "api_key": { "secret": "OPENAI_API_KEY" } } } }),
            "providers.openia: unknown kind of provider `openia` (any other that speaks OpenAI's API is an `openai-compatible`); did you mean `openai`?",
        ),
        (
            json!({ "providers": { "in-house": {} } }),
            "providers.in-house: `type` is missing: write the kind of provider, such as `openai-compatible`",
        ),
        (
            json!({ "providers": { "openai": {} } }),
            "providers.openai: `api_key` is missing: name the secret that holds the provider's key",
        ),
        (
            json!({ "providers": { "openai": { "api_key": { "secret": "BROKEN" } } } }),
            "providers.openai.api_key: the secret BROKEN holds a line break or another character that no HTTP header can carry",
        ),
        (
            json!({ "providers": { "Open AI": {} } }),
            "providers.Open AI: expected a provider's name: lower-case letters, digits, `-`, `_` and `.`, such as `my-llm`, found `Open AI`",
        ),
        (json!({ "aliases": { "a": [] } }), "aliases.a: the list is empty: write at least one"),
        (
            json!({ "aliases": { "a": "b", "b": "gpt-5" } }),
            "aliases.a: `b` is an alias itself: write the models that it stands for",
        ),
        (
            json!({ "aliases": { "a": ["gpt-5", "openai/gpt-5"] } }),
            "aliases.a[1]: `openai/gpt-5` is a model of openai, which is not configured",
        ),
    ] {
        assert_eq!(errors(document.clone()), [want], "{document}");
    }
}

#[test]
fn everything_wrong_is_listed() {
    let errors = errors(json!({
        "aliass": {},
        "timeouts": { "idle": "soon", "whole": "never" },
        "providers": { "openai": { "api_kye": 1, "models": "gpt-5" } },
    }));
    assert_eq!(errors.len(), 5, "{errors:#?}");
}

#[test]
fn no_message_repeats_what_may_be_a_secret() {
    const KEY: &str = "sk-do-not-show-me";
    for document in [
        json!({ "master_key": KEY }),
        json!({ "master_key": { "secret": KEY } }),
        json!({ "master_key": { "value": KEY } }),
        json!({ "providers": { "openai": { "api_key": KEY } } }),
        json!({ "providers": { "openai": { "api_key": [KEY] } } }),
        json!({ "providers": { "openai": { "base_url": format!("https://u:{KEY}@host/v1") } } }),
        json!({ "providers": { "openai": { "base_url": KEY } } }),
        json!({ "keys": [{ "name": "a", "digest": KEY }] }),
    ] {
        let errors = errors(document.clone());
        assert!(!errors.is_empty() && errors.iter().all(|error| !error.contains("do-not")), "{errors:?}");
    }
    let policy =
        resolve(json!({ "providers": { "openai": { "api_key": { "secret": "OPENAI_API_KEY" } } } })).unwrap();
    assert!(!format!("{policy:?}").contains("sk-one"));
}

/// A value for every field of the table.
fn example(shape: &Shape) -> Value {
    match shape {
        Shape::Scalar(scalar) => {
            let texts =
                ["x", "1s", "1M", "/t", "https://a.example", "2027-01-31", DIGEST, "1", "high", "stop"];
            let mut texts = scalar.choices.iter().copied().chain(texts);
            json!(
                texts
                    .find(|text| scalar.accepts(text))
                    .unwrap_or_else(|| panic!("an example of {}", scalar.what))
            )
        }
        Shape::Flag => json!(true),
        Shape::Secret => json!({ "secret": "OPENAI_API_KEY" }),
        Shape::List(item) => json!([example(item), example(item)]),
        Shape::Map(_, value) => json!({ "openai": example(value) }),
        Shape::Object(fields) => fields.iter().map(|f| (f.name.to_owned(), example(&f.shape))).collect(),
        Shape::Either(shapes) => example(shapes.last().unwrap()),
    }
}

/// The table and the types say the same: what the table allows is read, and nothing of it is lost.
#[test]
fn the_table_and_the_types_agree() {
    let full = example(&Shape::Object(fields::ROOT));
    let document = Document::from_value(full.clone()).unwrap();
    let written: Value = serde_json::from_str(&document.to_json()).unwrap();
    let Value::Object(aliases) = &full["aliases"] else { panic!() };
    assert_eq!(written["aliases"], json!(aliases));
    assert_eq!(written, full);
}

#[test]
fn a_document_is_printed_the_same_each_time() {
    let text = r#"{"log_format":"text","providers":{"b":{"type":"openai"},"a":{"type":"groq","api_key":[{"secret":"K"}]}}}"#;
    let document = Document::from_json(text.as_bytes()).unwrap();
    assert_eq!(
        document.to_json(),
        "{\n  \"providers\": {\n    \"a\": {\n      \"type\": \"groq\",\n      \"api_key\": {\n        \"secret\": \"K\"\n      }\n    },\n    \"b\": {\n      \"type\": \"openai\"\n    }\n  },\n  \"log_format\": \"text\"\n}\n"
    );
    assert_eq!(Document::from_json(document.to_json().as_bytes()).unwrap(), document);
    assert_eq!(document.secret_names(), ["K"]);
    let broken = Document::from_json(b"{").unwrap_err();
    assert!(broken[0].to_string().starts_with("the document: not JSON: EOF"), "{}", broken[0]);
}

#[test]
fn without_a_key_only_loopback_is_listened_on() {
    let open = Policy::default();
    let closed = Policy { master_key: Some([0; 32]), ..Policy::default() };
    for (address, loopback) in [
        ("127.0.0.1", true),
        ("127.8.8.8", true),
        ("::1", true),
        ("::ffff:127.0.0.1", true),
        ("0.0.0.0", false),
        ("::", false),
        ("10.0.0.1", false),
        ("::ffff:10.0.0.1", false),
    ] {
        let address = address.parse().unwrap();
        assert_eq!(open.may_listen_on(address).is_ok(), loopback, "{address}");
        assert!(closed.may_listen_on(address).is_ok(), "{address}");
    }
    let refusal = open.may_listen_on("0.0.0.0".parse().unwrap()).unwrap_err().to_string();
    assert!(refusal.contains("0.0.0.0") && refusal.contains("TOLLBRIDGE_MASTER_KEY"), "{refusal}");
}

#[test]
fn a_name_tells_the_kind() {
    for (name, kind, want) in [
        ("openai", None, Some("openai")),
        ("openai-east-2", None, Some("openai")),
        ("openai-compatible", None, Some("openai-compatible")),
        ("openai-compatible-x", None, Some("openai-compatible")),
        ("mine", Some("groq"), Some("groq")),
        ("openai", Some("azure"), Some("azure")),
        ("mine", None, None),
        ("mine", Some("nothing-like-it"), None),
    ] {
        assert_eq!(row_of(name, kind).ok().map(|row| row.name), want, "{name} {kind:?}");
    }
}

#[test]
fn the_schema_names_every_setting() {
    let schema = json_schema();
    for field in fields::ROOT {
        assert!(schema["properties"][field.name]["description"].is_string(), "{}", field.name);
    }
    assert_eq!(schema["additionalProperties"], json!(false));
    assert_eq!(schema["properties"]["keys"]["items"]["required"], json!(["name", "digest"]));
    assert_eq!(schema["properties"]["timeouts"]["properties"]["connect"]["default"], json!("10s"));
}
