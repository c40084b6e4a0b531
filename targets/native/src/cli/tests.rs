//! Arguments in, commands or one clear line out; and the published files against the code.

use super::*;

fn parsed(arguments: &str) -> Result<Command, String> {
    parse(arguments.split_whitespace().map(OsString::from)).map_err(|error| error.to_string())
}

#[test]
fn commands_are_read() {
    let file = |name: &str| Some(PathBuf::from(name));
    for (arguments, want) in [
        ("", Command::Serve(None)),
        ("serve", Command::Serve(None)),
        ("--config a.yaml", Command::Serve(file("a.yaml"))),
        ("--config=a.yaml", Command::Serve(file("a.yaml"))),
        ("check", Command::Check(None)),
        ("check a.yaml", Command::Check(file("a.yaml"))),
        ("check --config a.yaml", Command::Check(file("a.yaml"))),
        ("--config a.yaml check", Command::Check(file("a.yaml"))),
        ("config render", Command::Render(None)),
        ("config render --config a.yaml", Command::Render(file("a.yaml"))),
        ("config needs --config a.yaml", Command::Needs(file("a.yaml"))),
        ("config schema", Command::Schema),
        ("config reference", Command::Reference),
        ("key new", Command::NewKey(None)),
        ("key new --name ci", Command::NewKey(Some("ci".to_owned()))),
        ("ledger import a.log", Command::Import("a.log".into(), None)),
        ("ledger import - --config a.yaml", Command::Import("-".into(), file("a.yaml"))),
        ("health --config a.yaml", Command::Health(file("a.yaml"))),
        ("--help", Command::Help),
        ("check -h --nonsense", Command::Help),
        ("-V", Command::Version),
    ] {
        assert_eq!(parsed(arguments), Ok(want), "{arguments}");
    }
}

#[test]
fn anything_else_is_one_clear_line() {
    for (arguments, want) in [
        ("chekc", "unknown command `chekc`; did you mean `check`?; see `tollbridge --help`"),
        ("check a.yaml b.yaml", "unknown command `b.yaml`; see `tollbridge --help`"),
        ("--confg a", "unknown option `--confg`; did you mean `--config`?; see `tollbridge --help`"),
        ("-x", "unknown option `-x`; see `tollbridge --help`"),
        ("config", "`config` needs one of render, needs, schema, reference; see `tollbridge --help`"),
        (
            "config rendr",
            "unknown command `config rendr`; did you mean `config render`?; see `tollbridge --help`",
        ),
        ("ledger import", "`ledger import` needs one of FILE, -; see `tollbridge --help`"),
        ("ledger", "`ledger` needs one of import; see `tollbridge --help`"),
        ("health now", "unknown command `now`; see `tollbridge --help`"),
        ("key", "`key` needs one of new; see `tollbridge --help`"),
        ("key new --config a", "`--config` does nothing here; see `tollbridge --help`"),
        ("check --name a", "`--name` does nothing here; see `tollbridge --help`"),
        ("--config", "missing argument for option '--config'; see `tollbridge --help`"),
    ] {
        assert_eq!(parsed(arguments), Err(want.to_owned()), "{arguments}");
    }
}

fn variables(pairs: &[(&str, &str)]) -> Variables {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn check_says_what_it_found() {
    let good = variables(&[("OPENAI_API_KEY", "sk-hidden"), ("AZURE_API_KEY", "sk-hidden")]);
    let said = run(&Command::Check(None), &good);
    assert!(!said.failed);
    assert_eq!(
        said.out,
        "the environment: the settings are valid\n  listens on 127.0.0.1:8080, keeps its files in data\n  provider openai: OPENAI_API_KEY\n  no key is required: only this machine may call\n"
    );
    assert_eq!(
        said.err,
        "warning: AZURE_API_KEY is set, but the provider azure is not used: set AZURE_BASE_URL as well\n"
    );

    let bad = variables(&[("LOG_FORMAT", "xml"), ("PORT", "x")]);
    let said = run(&Command::Check(None), &bad);
    assert!(said.failed && said.out.is_empty());
    assert_eq!(said.err.lines().filter(|line| line.starts_with("error: ")).count(), 2, "{}", said.err);
}

#[test]
fn needs_are_names_and_hosts_one_a_line() {
    let set = [
        ("OPENAI_API_KEY", "sk-hidden"),
        ("OPENAI_API_KEY_2", "sk-hidden"),
        ("OLLAMA_BASE_URL", "http://10.0.0.7:11434/v1"),
    ];
    let said = run(&Command::Needs(None), &variables(&set));
    assert_eq!(
        said.out,
        "secret OPENAI_API_KEY openai_api_key\nsecret OPENAI_API_KEY_2 openai_api_key2\n\
         host http://10.0.0.7:11434\nhost https://api.openai.com\n"
    );
    assert!(!said.failed, "{}", said.err);
}

#[test]
fn render_prints_names_and_no_values() {
    let said = run(&Command::Render(None), &variables(&[("OPENAI_API_KEY", "sk-hidden"), ("PORT", "1")]));
    assert_eq!(
        said.out,
        "{\n  \"providers\": {\n    \"openai\": {\n      \"api_key\": {\n        \"secret\": \"OPENAI_API_KEY\"\n      }\n    }\n  }\n}\n"
    );
    assert_eq!(said.err, "note: set these secrets where the document goes: OPENAI_API_KEY\n");
}

#[test]
fn help_and_version_are_printed() {
    let none = Variables::new();
    assert!(run(&Command::Help, &none).out.contains("tollbridge [COMMAND]"));
    assert!(run(&Command::Version, &none).out.starts_with("tollbridge "));
    for option in OPTIONS {
        assert!(HELP.contains(option), "{option}");
    }
}

/// The published reference and schema are what the code says.
#[test]
fn the_published_files_are_current() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for (file, text, command) in [
        ("docs/configuration.md", settings::reference(), "config reference"),
        ("config.schema.json", schema(), "config schema"),
    ] {
        let published = std::fs::read_to_string(root.join(file)).unwrap_or_default();
        assert!(published == text, "{file} is out of date: cargo run -- {command} > {file}");
    }
}
