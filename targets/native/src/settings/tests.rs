//! A file's text and variables in, settings or errors out. No test reads the real environment.

use serde_json::json;
use tollbridge_core::config::LogFormat;

use super::*;

const DIGEST: &str = "sha256:0000000000000000000000000000000000000000000000000000000000000001";

fn variables(pairs: &[(&str, &str)]) -> Variables {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn with(text: &str, pairs: &[(&str, &str)], secrets: Secrets) -> Result<Loaded, Vec<SettingError>> {
    read(Some(File { name: "config.yaml", text }), &variables(pairs), secrets, &beside)
}

/// The files that lie beside the configuration.
fn beside(name: &str) -> std::io::Result<String> {
    match name {
        "models.json" => Ok(r#"{"models": [{"id": "gpt-5", "max_output": 7}]}"#.to_owned()),
        "broken.json" => Ok("{".to_owned()),
        "wrong.json" => Ok(r#"{"models": [{"id": "gpt-5", "refuses": ["temprature"]}]}"#.to_owned()),
        _ => Err(std::io::ErrorKind::NotFound.into()),
    }
}

fn loaded(text: &str, pairs: &[(&str, &str)]) -> Loaded {
    with(text, pairs, Secrets::Needed).unwrap_or_else(|errors| panic!("{text}\n{errors:#?}"))
}

fn errors(text: &str, pairs: &[(&str, &str)]) -> Vec<String> {
    match with(text, pairs, Secrets::Needed) {
        Ok(loaded) => panic!("accepted: {text}\n{:?}", loaded.document),
        Err(errors) => errors.iter().map(SettingError::to_string).collect(),
    }
}

fn document(loaded: &Loaded) -> serde_json::Value {
    serde_json::from_str(&loaded.document.to_json()).unwrap()
}

#[test]
fn nothing_at_all_listens_on_loopback() {
    let loaded = read(None, &Variables::new(), Secrets::Needed, &beside).unwrap();
    assert_eq!((loaded.host.to_string(), loaded.port), ("127.0.0.1".to_owned(), 8080));
    assert_eq!(loaded.data_dir, PathBuf::from("data"));
    assert!(loaded.sources.is_empty() && !loaded.policy.requires_key());
    assert_eq!(document(&loaded), json!({}));
}

#[test]
fn the_environment_alone_is_enough() {
    let variables = variables(&[
        ("OPENAI_API_KEY", "sk-one"),
        ("OPENAI_API_KEY_2", "sk-two"),
        ("OPENAI_EAST_API_KEY", "sk-east"),
        ("TOLLBRIDGE_MASTER_KEY", "hush"),
        ("HOST", "0.0.0.0"),
        ("PORT", "9000"),
        ("DATA_DIR", "/var/lib/tollbridge"),
        ("LOG_FORMAT", "text"),
    ]);
    let loaded = read(None, &variables, Secrets::Needed, &beside).unwrap();
    assert_eq!((loaded.host.to_string(), loaded.port), ("0.0.0.0".to_owned(), 9000));
    assert_eq!(loaded.data_dir, PathBuf::from("/var/lib/tollbridge"));
    assert_eq!(loaded.policy.log, LogFormat::Text);
    let keys = &loaded.policy.provider("openai").unwrap().keys;
    assert_eq!(keys.iter().map(Secret::expose).collect::<Vec<_>>(), ["sk-one", "sk-two"]);
    let found: Vec<_> =
        loaded.sources.iter().map(|f| format!("{}: {}", f.provider, f.from.join(" "))).collect();
    assert_eq!(found, ["openai: OPENAI_API_KEY", "openai-east: OPENAI_EAST_API_KEY"]);
}

#[test]
fn the_environment_wins_over_the_file() {
    let file = "port: 1\nlog_format: text\nproviders:\n  openai:\n    base_url: https://a.example/v1\n    models: [a]\n";
    let loaded = loaded(
        file,
        &[("PORT", "2"), ("OPENAI_API_KEY", "sk"), ("OPENAI_MODELS", "b,c"), ("LOG_FORMAT", "")],
    );
    assert_eq!((loaded.port, loaded.policy.log), (2, LogFormat::Text));
    let openai = loaded.policy.provider("openai").unwrap();
    assert_eq!(
        (openai.base_url.as_str(), openai.models.join(" ")),
        ("https://a.example/v1", "b c".to_owned())
    );
    assert_eq!(loaded.sources[0].from, ["config.yaml", "OPENAI_API_KEY", "OPENAI_MODELS"]);
}

#[test]
fn references_are_filled_in() {
    for (text, pairs, want) in [
        ("on_unsupported: ${X}", &[("X", "drop")][..], json!({ "on_unsupported": "drop" })),
        ("on_unsupported: ${X:-reject}", &[], json!({ "on_unsupported": "reject" })),
        ("on_unsupported: ${X:-reject}", &[("X", "")], json!({ "on_unsupported": "reject" })),
        ("body_size_limit: ${X:-1}M", &[], json!({ "body_size_limit": "1M" })),
        ("aliases: { a: 'x$${y}' }", &[], json!({ "aliases": { "a": "x${y}" } })),
        ("aliases: { a: '${X}-${Y}$' }", &[("X", "p"), ("Y", "q")], json!({ "aliases": { "a": "p-q$" } })),
        ("master_key: ${X}", &[("X", "k")], json!({ "master_key": { "secret": "X" } })),
        ("master_key: ${X:-}", &[], json!({})),
        ("master_key: {secret: X}", &[("X", "k")], json!({ "master_key": { "secret": "X" } })),
        (
            "providers: { a: { type: openai, api_key: ['${X}', '${Y}'] } }",
            &[("X", "k"), ("Y", "k")],
            json!({ "providers": { "a": { "type": "openai", "api_key": [{ "secret": "X" }, { "secret": "Y" }] } } }),
        ),
        ("keys:\nproviders:\n", &[], json!({})),
    ] {
        assert_eq!(document(&loaded(text, pairs)), want, "{text}");
    }
}

#[test]
fn a_variable_that_the_file_uses_makes_no_provider() {
    let file = "providers:\n  alpha:\n    type: openai\n    api_key: ${OPENAI_API_KEY}\n";
    let loaded = loaded(file, &[("OPENAI_API_KEY", "sk")]);
    assert_eq!(loaded.policy.providers.len(), 1);
    assert_eq!(loaded.policy.provider("alpha").unwrap().keys[0].expose(), "sk");
}

#[test]
fn a_written_secret_is_used_and_never_printed() {
    let file = "master_key: hidden-1\nproviders:\n  my-llm:\n    type: openai-compatible\n    base_url: http://localhost:1/v1\n    api_key: [hidden-2, 'hidden-${N}']\n";
    let loaded = loaded(file, &[("N", "3")]);
    let keys = &loaded.policy.provider("my-llm").unwrap().keys;
    assert_eq!(keys.iter().map(Secret::expose).collect::<Vec<_>>(), ["hidden-2", "hidden-3"]);
    assert!(!format!("{loaded:?}").contains("hidden"), "{loaded:?}");
    assert_eq!(
        document(&loaded)["providers"]["my-llm"]["api_key"],
        json!([
            { "secret": "MY_LLM_API_KEY" }, { "secret": "MY_LLM_API_KEY_2" },
        ])
    );
    let written: Vec<_> = loaded.written.iter().map(|w| format!("{} {}", w.name, w.place)).collect();
    assert_eq!(
        written,
        [
            "MY_LLM_API_KEY config.yaml:6: providers.my-llm.api_key[0]",
            "MY_LLM_API_KEY_2 config.yaml:6: providers.my-llm.api_key[1]",
            "TOLLBRIDGE_MASTER_KEY config.yaml:1: master_key",
        ]
    );
}

#[test]
fn the_environments_secret_wins_over_the_written_one() {
    let file = "providers:\n  openai:\n    api_key: from-file\n";
    let loaded = loaded(file, &[("OPENAI_API_KEY", "from-environment")]);
    assert_eq!(loaded.policy.provider("openai").unwrap().keys[0].expose(), "from-environment");
    assert!(loaded.written.is_empty());
}

#[test]
fn what_is_wrong_is_named_where_the_operator_wrote_it() {
    for (text, pairs, want) in [
        (
            "provider:\n  a: 1",
            &[][..],
            "config.yaml:1: unknown setting `provider`; did you mean `providers`?",
        ),
        (
            "a:\n  b: 1\nprot: 1",
            &[],
            "config.yaml:1: unknown setting `a`\nconfig.yaml:3: unknown setting `prot`; did you mean `port`?",
        ),
        (
            "timeouts:\n  whole: 1s\n  idel: 1s",
            &[],
            "config.yaml:3: timeouts: unknown setting `idel`; did you mean `idle`?",
        ),
        ("\nlog_format: xml", &[], "config.yaml:2: log_format: expected `json` or `text`, found `xml`"),
        ("", &[("LOG_FORMAT", "xml")], "LOG_FORMAT: expected `json` or `text`, found `xml`"),
        ("log_format: text", &[("LOG_FORMAT", "xml")], "LOG_FORMAT: expected `json` or `text`, found `xml`"),
        (
            "",
            &[("BODY_SIZE_LIMIT", "banana")],
            "BODY_SIZE_LIMIT: expected a size from 1 byte to 4 GB: `500K`, `10M`, `1G`, or a number of bytes, found `banana`",
        ),
        (
            "",
            &[("CORS_ORIGINS", "app.example.com")],
            "CORS_ORIGINS: expected an origin such as `https://app.example.com`, without a slash at its end, or `*` for any, found `app.example.com`",
        ),
        (
            "",
            &[("PORT", "http")],
            "PORT: expected a port from 0 to 65535 (0 takes any that is free), found `http`",
        ),
        (
            "port: 65536",
            &[],
            "config.yaml:1: port: expected a port from 0 to 65535 (0 takes any that is free), found `65536`",
        ),
        (
            "",
            &[("HOST", "example.com")],
            "HOST: expected an IP address, such as `127.0.0.1` or `0.0.0.0`, or `localhost`, found `example.com`",
        ),
        (
            "",
            &[("TOLLBRIDGE_MASTERKEY", "x")],
            "TOLLBRIDGE_MASTERKEY: no such setting; did you mean TOLLBRIDGE_MASTER_KEY?",
        ),
        (
            "providers:\n  openai:\n    models: [a]",
            &[],
            "config.yaml:2: providers.openai: `api_key` is missing: name the secret that holds the provider's key",
        ),
        (
            "providers:\n  openai:\n    api_key: ${NOPE}",
            &[],
            "config.yaml:3: providers.openai.api_key: the secret NOPE is not set: set the environment variable or platform secret of that name",
        ),
        (
            "on_unsupported: ${NOPE}",
            &[],
            "config.yaml:1: on_unsupported: the variable NOPE is not set: set it, or write a text to use without it: ${NOPE:-text}",
        ),
        (
            "master_key: ${KEY:-hush}",
            &[],
            "config.yaml:1: master_key: a secret has no text to use without it: write ${KEY}",
        ),
        (
            "on_unsupported: ${",
            &[],
            "config.yaml:1: on_unsupported: `${` begins a reference to a variable, as in ${NAME}; write `$${` for the characters themselves",
        ),
        ("- a", &[], "config.yaml:1: a configuration is names with values, such as `port: 8080`"),
        ("a: [", &[], "config.yaml:2: not YAML: "),
        (
            "host: 0.0.0.0",
            &[],
            "config.yaml:1: host: no key is required, so only this machine may call, but 0.0.0.0 is open to others: set TOLLBRIDGE_MASTER_KEY or declare `keys`, or listen on 127.0.0.1",
        ),
        (
            "",
            &[("HOST", "::")],
            "HOST: no key is required, so only this machine may call, but :: is open to others: set TOLLBRIDGE_MASTER_KEY or declare `keys`, or listen on 127.0.0.1",
        ),
    ] {
        let errors = errors(text, pairs).join("\n");
        assert!(errors.starts_with(want), "{text:?} {pairs:?}\n got {errors}\nwant {want}");
        assert_eq!(errors.lines().count(), want.lines().count(), "{errors}");
    }
}

#[test]
fn everything_wrong_is_listed_at_once() {
    let errors = errors(
        "timeouts: { idle: soon }\nretry: { max_retries: 9 }\nkeyz: []\n",
        &[("LOG_FORMAT", "xml"), ("TOLLBRIDGE_PORT", "1")],
    );
    assert_eq!(errors.len(), 5, "{errors:#?}");
}

#[test]
fn a_document_for_another_machine_needs_no_secrets_here() {
    let file = "host: 0.0.0.0\nmaster_key: ${TOLLBRIDGE_MASTER_KEY}\nproviders:\n  openai:\n    api_key: ${OPENAI_API_KEY}\n";
    assert_eq!(errors(file, &[]).len(), 2);
    let loaded = with(file, &[], Secrets::Elsewhere).unwrap();
    assert_eq!(
        document(&loaded),
        json!({
            "master_key": { "secret": "TOLLBRIDGE_MASTER_KEY" },
            "providers": { "openai": { "api_key": { "secret": "OPENAI_API_KEY" } } },
        }),
        "and nothing of this target alone"
    );
    // What was printed is a configuration itself.
    let again = with(&loaded.document.to_json(), &[], Secrets::Elsewhere).unwrap();
    assert_eq!(again.document, loaded.document);
}

#[test]
fn a_key_opens_the_server_to_others() {
    let file = format!(
        "host: 0.0.0.0\nkeys:\n  - name: ci\n    digest: {DIGEST}\n    labels: {{ team: a }}\n    expires_at: 2027-01-31\n"
    );
    let loaded = loaded(&file, &[]);
    assert!(loaded.policy.requires_key());
    assert_eq!(loaded.policy.keys[0].expires_at, Some(1_801_353_600_000));
}

#[test]
fn a_named_file_must_be_there() {
    let missing = FilePath::new("no-such-folder/tollbridge.yaml");
    let errors = load(Some(missing), &Variables::new(), Secrets::Needed).unwrap_err();
    assert!(
        errors[0].to_string().starts_with("no-such-folder/tollbridge.yaml: No such file"),
        "{}",
        errors[0]
    );
    let variable = variables(&[(FILE_VARIABLE, "no-such-folder/other.yaml")]);
    assert!(load(None, &variable, Secrets::Needed).unwrap_err()[0].to_string().contains("other.yaml"));
}

#[test]
fn the_references_example_loads() {
    let loaded = with(reference::EXAMPLE, &[], Secrets::Elsewhere).unwrap();
    assert_eq!(loaded.policy.providers.len(), 2);
    assert_eq!(loaded.policy.aliases["smart"].targets.len(), 2);
    assert!(loaded.written.is_empty());
}

proptest::proptest! {
    /// Any text is settings or a list of errors.
    #[test]
    fn no_text_is_too_strange(text in r#"([ \t\r\n:{}\[\],'"?&*!|>%#$~@`.\x00\u{feff}a1-]|port: |\$\{|- |providers:\n  )*"#) {
        let _ = with(&text, &[], Secrets::Needed);
    }
}

#[test]
fn a_catalogue_is_a_file_beside_the_configuration_and_stands_whole_in_the_document() {
    let max_output = |loaded: &Loaded| loaded.policy.catalogue.find("gpt-5").unwrap().max_output;
    let of_file = loaded("catalogue: models.json", &[]);
    assert_eq!(max_output(&of_file), Some(7));
    assert_eq!(document(&of_file)["catalogue"], json!({"models": [{"id": "gpt-5", "max_output": 7}]}));
    let of_variable = loaded("", &[("TOLLBRIDGE_CATALOGUE", "models.json")]);
    assert_eq!(max_output(&of_variable), Some(7));
    let inline = loaded("catalogue:\n  models:\n    - {id: gpt-5, max_output: 8}", &[]);
    assert_eq!(max_output(&inline), Some(8));
}

#[test]
fn a_catalogue_that_cannot_be_used_is_an_error_that_names_its_place() {
    for (text, parts) in [
        ("catalogue: none.json", ["config.yaml:1: catalogue", "none.json"]),
        ("catalogue: broken.json", ["config.yaml:1: catalogue", "broken.json"]),
        ("catalogue: wrong.json", ["config.yaml:1: catalogue.models[0].refuses[0]", "`temprature`"]),
        ("catalogue: {models: [{id: new-1}]}", ["config.yaml:1: catalogue", "add its `provider`"]),
    ] {
        let errors = errors(text, &[]).join("\n");
        assert!(parts.iter().all(|part| errors.contains(part)), "{text}: {errors}");
    }
}
