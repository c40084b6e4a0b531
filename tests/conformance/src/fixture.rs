//! What the gateway is configured with while the suite runs: one document and its secrets.
//!
//! Every target gets the same: the document as its configuration, the secrets in whatever way the
//! platform has (environment, variables, bindings). Time limits are short, so that cases on
//! hanging providers are quick; they are facts that cases refer to, so they stand here as
//! constants.

use std::time::Duration;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// The key that may do everything.
pub(crate) const MASTER_KEY: &str = "sk-tb-master-7f3a9c";
/// A key of the tenant `/canon/app`, which one case has for itself.
pub(crate) const CANON_KEY: &str = "sk-tb-canon-8e21d4";
/// A plain key of the tenant `/acme/app`.
pub(crate) const APP_KEY: &str = "sk-tb-app-51d0be";
/// A key that may use `openai/ok*` and `smart-chat` only.
pub(crate) const LIMITED_KEY: &str = "sk-tb-limited-90c2aa";
/// A key that stopped working in 2020.
pub(crate) const EXPIRED_KEY: &str = "sk-tb-expired-aa01ff";
/// Keys with [`RPM_LIMIT`], for one case each.
pub(crate) const RPM_KEYS: [&str; 2] = ["sk-tb-rpm-1c04f1", "sk-tb-rpm-2d85b3"];
/// Another, for after a restart.
pub(crate) const RESTART_KEY: &str = "sk-tb-rpm-5a0e92";
/// Others, for gateways whose counts fail.
pub(crate) const UNCOUNTED_KEY: &str = "sk-tb-rpm-61ff02";
pub(crate) const STUCK_KEY: &str = "sk-tb-rpm-7b3ac8";
/// Another.
pub(crate) const FAILING_KEY: &str = "sk-tb-rpm-3e6c55";
/// Their `max_rpm`.
pub(crate) const RPM_LIMIT: u32 = 3;
/// A key with [`AT_ONCE_LIMIT`].
pub(crate) const AT_ONCE_KEY: &str = "sk-tb-rpm-40f7d7";
/// Its `max_rpm`.
pub(crate) const AT_ONCE_LIMIT: u32 = 20;
/// Keys with [`STREAMS_LIMIT`], for one case each.
pub(crate) const STREAMS_KEYS: [&str; 2] = ["sk-tb-streams-1a93e9", "sk-tb-streams-2b1a0b"];
/// Another.
pub(crate) const LEAVING_KEY: &str = "sk-tb-streams-3cb12d";
/// Their `max_streams`.
pub(crate) const STREAMS_LIMIT: u32 = 2;
/// A key that nobody declared.
pub(crate) const WRONG_KEY: &str = "sk-tb-wrong-000000";

/// Time for a first event or a whole answer.
pub(crate) const FIRST_BYTE: Duration = Duration::from_secs(4);
/// Time between two pieces of a stream.
pub(crate) const IDLE: Duration = Duration::from_secs(4);
/// Time for a request with all of its attempts.
pub(crate) const WHOLE: Duration = Duration::from_secs(30);
/// Silence after which a stream gets a comment.
pub(crate) const KEEP_ALIVE: Duration = Duration::from_millis(500);
/// The largest request body, in bytes.
pub(crate) const BODY_SIZE_LIMIT: usize = 1_000_000;
/// The one origin that browsers may call from.
pub(crate) const ORIGIN: &str = "https://app.example";

/// The secrets by name, as the document names them.
pub(crate) fn secrets() -> Vec<(String, String)> {
    let mut secrets = vec![("TOLLBRIDGE_MASTER_KEY".to_owned(), MASTER_KEY.to_owned())];
    for (instance, _, _, keys) in INSTANCES {
        secrets.extend(keys.iter().map(|key| (secret_name(instance, key), (*key).to_owned())));
    }
    secrets
}

type Row = (&'static str, &'static str, &'static str, &'static [&'static str]);

/// Where nobody listens.
const DEAD: &str = "DEAD";

/// Where somebody listens who accepts no connection.
const SILENT: &str = "SILENT";

/// Provider instances: name, kind, path of the base URL at the stand-in, keys.
///
/// A key that met a 401, 403 or 429 is left alone for a while, so cases about limits have
/// instances of their own, one each, refused keys have one, and cases about failing providers do
/// not touch those of other cases.
const INSTANCES: &[Row] = &[
    ("openai", "openai", "/v1", &["sk-up-openai"]),
    ("openai-east", "openai", "/m/only-east,shared-model/v1", &["sk-up-east"]),
    ("openai-west", "openai", "/m/only-west,shared-model,maker%2Fslashed%2Fmodel/v1", &["sk-up-west"]),
    ("openai-turn", "openai", "/m/turn/v1", &["sk-up-turn-a", "sk-up-turn-b", "sk-up-turn-c"]),
    ("openai-spare", "openai", "/m/spare/v1", &["sk-up-limited", "sk-up-good"]),
    ("openai-dead", "openai", DEAD, &["sk-up-dead"]),
    ("openai-silent", "openai", SILENT, &["sk-up-silent"]),
    ("openai-nolist", "openai", "/s/error.status-500/nolist/v1", &["sk-up-nolist"]),
    ("openai-limits-1", "openai", "/v1", &["sk-up-l1"]),
    ("openai-limits-2", "openai", "/v1", &["sk-up-l2"]),
    ("openai-limits-3", "openai", "/v1", &["sk-up-l3"]),
    ("openai-limits-4", "openai", "/v1", &["sk-up-l4"]),
    ("openai-limits-5", "openai", "/v1", &["sk-up-l5"]),
    ("openai-limits-6", "openai", "/v1", &["sk-up-l6"]),
    ("openai-denied", "openai", "/v1", &["sk-up-denied"]),
    ("anthropic-denied", "anthropic", "/v1", &["sk-up-adenied"]),
    ("openai-faulty", "openai", "/v1", &["sk-up-faulty"]),
    ("anthropic-limits-1", "anthropic", "/v1", &["sk-up-al1"]),
    ("anthropic-limits-2", "anthropic", "/v1", &["sk-up-al2"]),
    ("anthropic-limits-3", "anthropic", "/v1", &["sk-up-al3"]),
    ("anthropic-limits-5", "anthropic", "/v1", &["sk-up-al5"]),
    ("anthropic-limits-6", "anthropic", "/v1", &["sk-up-al6"]),
    ("anthropic-faulty", "anthropic", "/v1", &["sk-up-afaulty"]),
    ("anthropic", "anthropic", "/anthropic/m/claude-sonnet-4-5,only-claude/v1", &["sk-up-anthropic"]),
    ("gemini", "gemini", "/gemini/m/gemini-3-flash-preview,only-gemini/v1beta", &["sk-up-gemini"]),
    ("gemini-spare", "gemini", "/gemini/v1beta", &["unknown-to-google", "sk-up-ggood"]),
    ("gemini-denied", "gemini", "/gemini/v1beta", &["sk-up-gdenied"]),
    ("gemini-faulty", "gemini", "/gemini/v1beta", &["sk-up-gfaulty"]),
    ("gemini-limits-3", "gemini", "/gemini/v1beta", &["sk-up-gl3"]),
    ("gemini-limits-5", "gemini", "/gemini/v1beta", &["sk-up-gl5"]),
    ("gemini-limits-6", "gemini", "/gemini/v1beta", &["sk-up-gl6"]),
    ("azure", "azure", "/az", &["sk-up-azure"]),
    ("ollama", "ollama", "/keyless/m/local-llama/v1", &[]),
    ("groq", "groq", "/groq/m/groq-only/v1", &["sk-up-groq"]),
    ("openrouter", "openrouter", "/openrouter/m/vendor%2Fonly-router/v1", &["sk-up-router"]),
    ("mylab", "openai-compatible", "/mylab/m/lab-model,listed-in-config/v1", &["sk-up-lab"]),
];

/// Model names of the operator's own.
fn aliases() -> Value {
    json!({
        "smart-chat": "openai/ok.n-7",
        "over-status": ["openai-faulty/error.status-503", "openai-east/ok.n-7"],
        "over-429": ["openai-limits-1/error.status-429.retry-30", "openai-east/ok.n-7"],
        "over-dead": ["openai-dead/ok", "openai-east/ok.n-7"],
        "over-silent": ["openai-silent/ok", "openai-east/ok.n-7"],
        "over-inband": ["openai-faulty/inband", "openai-east/ok.n-7"],
        "over-empty": ["openai-faulty/emptystream", "openai-east/ok.n-7"],
        "over-html": ["openai-faulty/html.status-502", "openai-east/ok.n-7"],
        "over-hang": ["openai-faulty/ok.hang-head", "openai-east/ok.n-7"],
        "over-location": ["openai-denied/error.location", "openai-east/ok.n-7"],
        "over-claude": ["openai-faulty/error.status-503", "anthropic/ok.n-7"],
        "over-from-claude": ["anthropic-faulty/error.status-529", "openai-east/ok.n-7"],
        "over-gemini": ["openai-faulty/error.status-503", "gemini/ok.n-7"],
        "over-from-gemini": ["gemini-faulty/error.status-503", "openai-east/ok.n-7"],
        "over-gemini-location": ["gemini-denied/error.location", "openai-east/ok.n-7"],
        "over-nothing": ["openai-faulty/error.status-503", "openai-faulty/error.status-500", "anthropic-faulty/error.status-529"],
        "no-over-middle": ["openai-faulty/ok.midfail-4", "openai-east/ok.n-7"],
        "no-over-cut": ["openai-faulty/ok.cut-4", "openai-east/ok.n-7"],
    })
}

/// The configuration document for a stand-in at `upstream` (`http://host:port`), and somebody at `silent` who
/// accepts no connection.
pub(crate) fn document(upstream: &str, silent: &str) -> Value {
    let mut providers = json!({});
    for (instance, kind, path, keys) in INSTANCES {
        let base = match *path {
            // Port 1 (tcpmux) is served by nobody: connections are refused at once.
            DEAD => "http://127.0.0.1:1/v1".to_owned(),
            SILENT => format!("{silent}/v1"),
            path => format!("{upstream}{path}"),
        };
        let names: Vec<Value> =
            keys.iter().map(|key| json!({"secret": secret_name(instance, key)})).collect();
        let mut provider = json!({"type": kind, "base_url": base});
        if !names.is_empty() {
            provider["api_key"] = json!(names);
        }
        providers[*instance] = provider;
    }
    providers["azure"]["api_version"] = json!("2024-10-21");
    providers["azure"]["models"] = json!(["azure-deployed"]);
    providers["mylab"]["models"] = json!(["listed-in-config"]);
    json!({
        "master_key": {"secret": "TOLLBRIDGE_MASTER_KEY"},
        "keys": [
            key("app", APP_KEY, "/acme/app", &[], None),
            key("canon", CANON_KEY, "/canon/app", &[], None),
            key("limited", LIMITED_KEY, "/acme/limited", &["openai/ok*", "smart-chat"], None),
            key("expired", EXPIRED_KEY, "/acme/old", &[], Some("2020-01-01T00:00:00Z")),
            with(key("rpm-1", RPM_KEYS[0], "/acme/app", &[], None), "max_rpm", RPM_LIMIT),
            with(key("rpm-2", RPM_KEYS[1], "/acme/app", &[], None), "max_rpm", RPM_LIMIT),
            with(key("rpm-3", FAILING_KEY, "/acme/app", &[], None), "max_rpm", RPM_LIMIT),
            with(key("rpm-4", AT_ONCE_KEY, "/acme/app", &[], None), "max_rpm", AT_ONCE_LIMIT),
            with(key("rpm-5", RESTART_KEY, "/acme/app", &[], None), "max_rpm", RPM_LIMIT),
            with(key("rpm-6", UNCOUNTED_KEY, "/acme/app", &[], None), "max_rpm", RPM_LIMIT),
            with(key("rpm-7", STUCK_KEY, "/acme/app", &[], None), "max_rpm", RPM_LIMIT),
            with(key("streams-1", STREAMS_KEYS[0], "/acme/app", &[], None), "max_streams", STREAMS_LIMIT),
            with(key("streams-2", STREAMS_KEYS[1], "/acme/app", &[], None), "max_streams", STREAMS_LIMIT),
            with(key("streams-3", LEAVING_KEY, "/acme/app", &[], None), "max_streams", STREAMS_LIMIT),
        ],
        "providers": providers,
        "aliases": aliases(),
        "timeouts": {
            "connect": "1s",
            "first_byte": milliseconds(FIRST_BYTE),
            "idle": milliseconds(IDLE),
            "whole": milliseconds(WHOLE),
        },
        // Emulators of stores are slow on a busy machine.
        "limits": {"store_timeout": "4s"},
        "reasoning_timeout": "2s",
        "retry": {"initial_backoff": "10ms", "max_backoff": "1s"},
        "body_size_limit": BODY_SIZE_LIMIT,
        "cors": {"origins": [ORIGIN]},
        "log_format": "json",
        "keep_alive": milliseconds(KEEP_ALIVE),
    })
}

fn key(name: &str, key: &str, tenant: &str, models: &[&str], expires_at: Option<&str>) -> Value {
    let mut entry =
        json!({"name": name, "digest": digest(key), "tenant": tenant, "labels": {"suite": "conformance"}});
    if !models.is_empty() {
        entry["models"] = json!(models);
    }
    if let Some(time) = expires_at {
        entry["expires_at"] = json!(time);
    }
    entry
}

fn with(mut key: Value, limit: &str, most: u32) -> Value {
    key[limit] = json!(most);
    key
}

fn digest(key: &str) -> String {
    let hex: String = Sha256::digest(key).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

fn milliseconds(time: Duration) -> String {
    format!("{}ms", time.as_millis())
}

fn secret_name(instance: &str, key: &str) -> String {
    format!("{instance}_{key}").to_uppercase().replace('-', "_")
}

/// Everything that must never be seen upstream, in an error or in a log.
pub(crate) const GATEWAY_KEYS: [&str; 5] = [MASTER_KEY, APP_KEY, LIMITED_KEY, EXPIRED_KEY, WRONG_KEY];

/// The environment of the gateway that has no document and no keys.
pub(crate) fn open_environment(upstream: &str) -> Vec<(String, String)> {
    [
        ("OPENAI_API_KEY", "sk-up-env-one".to_owned()),
        ("OPENAI_API_KEY_2", "sk-up-env-two".to_owned()),
        ("OPENAI_BASE_URL", format!("{upstream}/v1")),
        ("OPENAI_EAST_API_KEY", "sk-up-env-east".to_owned()),
        ("OPENAI_EAST_BASE_URL", format!("{upstream}/m/env-east-model/v1")),
        ("ANTHROPIC_API_KEY", "sk-up-env-claude".to_owned()),
        ("ANTHROPIC_BASE_URL", format!("{upstream}/anthropic/m/env-claude/v1")),
        ("GROQ_API_KEY", "sk-up-env-groq".to_owned()),
        ("GROQ_BASE_URL", format!("{upstream}/groq/m/env-listed-model/v1")),
        ("GROQ_MODELS", "env-listed-model".to_owned()),
        ("OLLAMA_BASE_URL", format!("{upstream}/keyless/m/env-llama/v1")),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}
