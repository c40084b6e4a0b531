//! Variables in, settings and notices out.

use serde_json::{Value, json};

use super::*;

fn variables(pairs: &[(&str, &str)]) -> Variables {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn declared(providers: &[&str], used: &[&str]) -> Declared {
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    Declared { providers: owned(providers), used: owned(used) }
}

/// The settings as one document.
fn document(pairs: &[(&str, &str)], declared: &Declared) -> (Value, Vec<String>) {
    let (settings, notices) = read(&variables(pairs), declared);
    let mut document = json!({});
    for setting in settings {
        let mut at = &mut document;
        for key in &setting.path {
            at = &mut at[key];
        }
        *at = setting.value;
    }
    (document, notices.iter().map(Notice::to_string).collect())
}

fn secret(name: &str) -> Value {
    json!({ "secret": name })
}

#[test]
fn settings_have_variables_of_their_own() {
    let (document, notices) = document(
        &[
            ("TOLLBRIDGE_MASTER_KEY", "hush"),
            ("BODY_SIZE_LIMIT", "2M"),
            ("LOG_FORMAT", "text"),
            ("HTTP_TIMEOUT", "60"),
            ("RETRY_MAX_RETRIES", "0"),
            ("CORS_ORIGINS", "https://a.example, https://b.example"),
            ("STREAM_KEEP_ALIVE", "  "),
            ("PATH", "/bin"),
        ],
        &Declared::default(),
    );
    let want = json!({
        "master_key": secret("TOLLBRIDGE_MASTER_KEY"),
        "body_size_limit": "2M",
        "log_format": "text",
        "timeouts": { "whole": "60" },
        "retry": { "max_retries": "0" },
        "cors": { "origins": ["https://a.example", "https://b.example"] },
    });
    assert_eq!((document, notices), (want, vec![]));
}

#[test]
fn providers_are_found_by_their_prefixes() {
    for (pairs, want) in [
        (&[("OPENAI_API_KEY", "k")][..], json!({ "openai": { "api_key": secret("OPENAI_API_KEY") } })),
        (&[("OPENAI_API_KEY", "")], json!(null)),
        (
            &[
                ("OPENAI_API_KEY_3", "k"),
                ("OPENAI_API_KEY", "k"),
                ("OPENAI_API_KEY_2", "k"),
                ("OPENAI_API_KEY_10", "k"),
            ],
            json!({ "openai": { "api_key": [
                secret("OPENAI_API_KEY"), secret("OPENAI_API_KEY_2"), secret("OPENAI_API_KEY_3"), secret("OPENAI_API_KEY_10"),
            ] } }),
        ),
        (
            &[("OPENAI_API_KEY_2", "k"), ("OPENAI_MODELS", "gpt-5, o3,")],
            json!({ "openai": { "api_key": secret("OPENAI_API_KEY_2"), "models": ["gpt-5", "o3"] } }),
        ),
        (
            &[
                ("OPENAI_EAST_API_KEY", "k"),
                ("OPENAI_EAST_API_KEY_2", "k"),
                ("OPENAI_EAST_BASE_URL", "https://e.example/v1"),
            ],
            json!({ "openai-east": {
                "api_key": [secret("OPENAI_EAST_API_KEY"), secret("OPENAI_EAST_API_KEY_2")],
                "base_url": "https://e.example/v1",
            } }),
        ),
        (
            &[("OPENAI_US_WEST_API_KEY", "k")],
            json!({ "openai-us-west": { "api_key": secret("OPENAI_US_WEST_API_KEY") } }),
        ),
        (
            &[
                ("AZURE_API_KEY", "k"),
                ("AZURE_BASE_URL", "https://r.openai.azure.com"),
                ("AZURE_API_VERSION", "2024-10-21"),
            ],
            json!({ "azure": {
                "api_key": secret("AZURE_API_KEY"),
                "base_url": "https://r.openai.azure.com",
                "api_version": "2024-10-21",
            } }),
        ),
        // The longer prefix is Azure's own, and no instance.
        (
            &[("AZURE_OPENAI_API_KEY", "k"), ("AZURE_OPENAI_ENDPOINT", "https://r.openai.azure.com")],
            json!({ "azure": { "api_key": secret("AZURE_OPENAI_API_KEY"), "base_url": "https://r.openai.azure.com" } }),
        ),
        (&[("HF_TOKEN", "k")], json!({ "huggingface": { "api_key": secret("HF_TOKEN") } })),
        (
            &[("OLLAMA_BASE_URL", "http://localhost:11434")],
            json!({ "ollama": { "base_url": "http://localhost:11434" } }),
        ),
        (
            &[("OPENAI_COMPATIBLE_BASE_URL", "http://a.example/v1"), ("OPENAI_COMPATIBLE_API_KEY", "k")],
            json!({ "openai-compatible": { "base_url": "http://a.example/v1", "api_key": secret("OPENAI_COMPATIBLE_API_KEY") } }),
        ),
        (
            &[
                ("OPENAI_COMPATIBLE_MY_LLM_BASE_URL", "http://a.example/v1"),
                ("OPENAI_COMPATIBLE_MY_LLM_API_KEY", "k"),
            ],
            json!({ "my-llm": {
                "type": "openai-compatible", "base_url": "http://a.example/v1",
                "api_key": secret("OPENAI_COMPATIBLE_MY_LLM_API_KEY"),
            } }),
        ),
        (&[("CLOUDFLARE_ACCOUNT_ID", "abc")], json!(null)),
        (&[("OPENAI_ORG_ID", "x"), ("openai_api_key", "x")], json!(null)),
    ] {
        let (document, notices) = document(pairs, &Declared::default());
        assert_eq!((&document["providers"], notices), (&want, vec![]), "{pairs:?}");
    }
}

#[test]
fn an_account_fills_the_address() {
    let pairs = [("CLOUDFLARE_ACCOUNT_ID", "abc"), ("CLOUDFLARE_API_KEY", "k")];
    let (document, _) = document(&pairs, &Declared::default());
    let url = document["providers"]["cloudflare"]["base_url"].as_str().unwrap();
    assert!(url.starts_with("https://") && url.contains("/abc/"), "{url}");
}

#[test]
fn what_is_incomplete_or_looks_like_a_slip_is_said() {
    for (pairs, want) in [
        (
            &[("AZURE_API_KEY", "k")][..],
            "AZURE_API_KEY is set, but the provider azure is not used: set AZURE_BASE_URL as well",
        ),
        (
            &[("OPENAI_EAST_BASE_URL", "https://e.example/v1")],
            "OPENAI_EAST_BASE_URL is set, but the provider openai-east is not used: set OPENAI_EAST_API_KEY as well",
        ),
        (
            &[("OPENAI_COMPATIBLE_MY_LLM_API_KEY", "k")],
            "OPENAI_COMPATIBLE_MY_LLM_API_KEY is set, but the provider my-llm is not used: set OPENAI_COMPATIBLE_MY_LLM_BASE_URL as well",
        ),
        (
            &[("OLLAMA_MODELS", "/var/lib")],
            "OLLAMA_MODELS is set, but the provider ollama is not used: set OLLAMA_BASE_URL as well",
        ),
        (
            &[("CLOUDFLARE_API_KEY", "k")],
            "CLOUDFLARE_API_KEY is set, but the provider cloudflare is not used: set CLOUDFLARE_ACCOUNT_ID as well",
        ),
        (&[("OPENAI_API_KYE", "k")], "OPENAI_API_KYE is not read; did you mean OPENAI_API_KEY?"),
        (
            &[("OPENAI_EAST_BASE_ULR", "u")],
            "OPENAI_EAST_BASE_ULR is not read; did you mean OPENAI_EAST_BASE_URL?",
        ),
        (&[("OPENAI__API_KEY", "k")], "OPENAI__API_KEY is not read; did you mean OPENAI_API_KEY?"),
        (&[("BODY_SIZE_LIMT", "1M")], "BODY_SIZE_LIMT is not read; did you mean BODY_SIZE_LIMIT?"),
        (
            &[("MOONSHOT_API_KEY", "k"), ("KIMI_API_KEY", "k")],
            "KIMI_API_KEY is not read, because MOONSHOT_API_KEY is set",
        ),
        (&[("HF_TOKEN", "k"), ("HF_API_KEY", "k")], "HF_TOKEN is not read, because HF_API_KEY is set"),
    ] {
        assert_eq!(document(pairs, &Declared::default()).1, [want], "{pairs:?}");
    }
}

#[test]
fn a_file_comes_first_where_it_refers_to_a_variable() {
    // The file gives the variable to a provider of its own.
    let file = declared(&["alpha"], &["OPENAI_API_KEY"]);
    assert_eq!(document(&[("OPENAI_API_KEY", "k")], &file), (json!({}), vec![]));

    // The file declares the provider itself: the variables say the rest, and more keys are added.
    let file = declared(&["openai"], &["OPENAI_API_KEY"]);
    let (document, _) = document(&[("OPENAI_API_KEY", "k"), ("OPENAI_API_KEY_2", "k")], &file);
    let want = json!({ "openai": { "api_key": [secret("OPENAI_API_KEY"), secret("OPENAI_API_KEY_2")] } });
    assert_eq!(document["providers"], want);
}

#[test]
fn a_declared_provider_has_the_prefix_of_its_name() {
    let file = declared(&["my-llm", "openai.east"], &[]);
    let pairs = [("MY_LLM_API_KEY", "k"), ("OPENAI_EAST_MODELS", "a"), ("MY_LLM_X_API_KEY", "k")];
    let (document, notices) = document(&pairs, &file);
    let want =
        json!({ "my-llm": { "api_key": secret("MY_LLM_API_KEY") }, "openai.east": { "models": ["a"] } });
    assert_eq!((&document["providers"], notices), (&want, vec![]));
}

#[test]
fn the_gateways_own_prefix_is_held_to_what_exists() {
    let variables = variables(&[
        ("TOLLBRIDGE_MASTER_KEY", "k"),
        ("TOLLBRIDGE_MASTERKEY", "k"),
        ("TOLLBRIDGE_CONFIG", "c"),
        ("TOLLBRIDGE_SOMETHING_ELSE", ""),
        ("TOLLBRIDGE_LOG_FORMAT", "text"),
        // What Kubernetes says of a service called tollbridge.
        ("TOLLBRIDGE_SERVICE_HOST", "10.0.0.1"),
        ("TOLLBRIDGE_SERVICE_PORT", "8080"),
        ("TOLLBRIDGE_SERVICE_PORT_HTTP", "8080"),
        ("TOLLBRIDGE_PORT", "tcp://10.0.0.1:8080"),
        ("TOLLBRIDGE_PORT_8080_TCP", "tcp://10.0.0.1:8080"),
        ("TOLLBRIDGE_PORT_8080_TCP_ADDR", "10.0.0.1"),
    ]);
    assert_eq!(
        unknown_own(&variables, &["TOLLBRIDGE_CONFIG", "PORT"]),
        [
            ("TOLLBRIDGE_LOG_FORMAT".to_owned(), Some("LOG_FORMAT")),
            ("TOLLBRIDGE_MASTERKEY".to_owned(), Some("TOLLBRIDGE_MASTER_KEY")),
            ("TOLLBRIDGE_SOMETHING_ELSE".to_owned(), None),
        ]
    );
}

#[test]
fn no_two_settings_share_a_variable() {
    let mut names: Vec<_> = own_variables(ROOT).into_iter().map(|own| own.variable).collect();
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all);
}

#[test]
fn no_secret_is_in_what_comes_out() {
    let pairs =
        [("OPENAI_API_KEY", "sk-hidden"), ("AZURE_API_KEY", "sk-hidden"), ("OPENAI_API_KYE", "sk-hidden")];
    let (settings, notices) = read(&variables(&pairs), &Declared::default());
    assert!(!format!("{settings:?}{notices:?}").contains("hidden"));
}
