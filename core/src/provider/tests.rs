use std::collections::BTreeSet;

use super::*;
use crate::protocol::{Dialect, ReasoningBack};

fn row(name: &str) -> &'static Row {
    find(name).unwrap_or_else(|| panic!("no row {name}"))
}

/// The edits for a body, as `field>new-name`, `field>member=json`, `-field` (a loss), `~field` (no
/// loss) or `!field` (refused).
fn edits(provider: &str, model: &str, body: &str) -> Vec<String> {
    let members: std::collections::BTreeMap<String, Box<serde_json::value::RawValue>> =
        serde_json::from_str(body).unwrap();
    field_edits(
        row(provider),
        || catalogue::find(model),
        |name| members.get(name).map(|raw| raw.get().as_bytes()),
    )
    .iter()
    .map(|edit| match edit.action {
        Action::Rename(to) => format!("{}>{to}", edit.field),
        Action::Drop if edit.loss => format!("-{}", edit.field),
        Action::Drop => format!("~{}", edit.field),
        Action::Put(member, json) if edit.loss => format!("-{}>{member}={json}", edit.field),
        Action::Put(member, json) => format!("{}>{member}={json}", edit.field),
        Action::Refuse => format!("!{}", edit.field),
        Action::AlwaysOn(lowest) => format!("!{} {}", edit.field, lowest.map_or("", |lowest| lowest.name())),
    })
    .collect()
}

#[test]
fn names_aliases_and_variables_are_of_one_row_each() {
    let mut names = BTreeSet::new();
    let mut variables = BTreeSet::new();
    for row in ROWS {
        for name in std::iter::once(&row.name).chain(row.aliases) {
            assert!(names.insert(*name), "{name} is used twice");
            assert_eq!(find(name).map(|found| found.name), Some(row.name));
            assert_eq!(*name, name.to_ascii_lowercase());
        }
        let prefixes = row.env_prefixes().map(|prefix| format!("{prefix}_API_KEY"));
        for variable in prefixes.chain(row.key_variables.iter().map(|name| (*name).to_owned())) {
            assert!(variables.insert(variable.clone()), "{variable} is used twice");
            assert!(variable.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_'));
        }
    }
}

#[test]
fn every_row_is_complete() {
    for row in ROWS {
        assert!(!row.title.is_empty() && !row.env.is_empty(), "{}", row.name);
        assert!(row.name == "demo" || row.doc.starts_with("https://"), "{}", row.name);
        if let Some(url) = row.base_url.default() {
            assert!(url.starts_with("https://") && !url.ends_with('/'), "{}: {url}", row.name);
            assert_eq!(normalize_base_url(row, url), url);
        }
        if let BaseUrl::Account { template, .. } = row.base_url {
            assert_eq!(template.matches("{}").count(), 1);
        }
        assert!(!row.keyless || row.base_url.default().is_none(), "{}: would count as configured", row.name);
    }
}

#[test]
fn every_quirk_is_in_the_table_named_once_and_used() {
    let names: Vec<_> = quirks::QUIRKS.iter().map(|quirk| quirk.name).collect();
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
    let used: BTreeSet<_> = ROWS.iter().flat_map(|row| row.quirks).map(|quirk| quirk.name).collect();
    assert_eq!(used, names.into_iter().collect());
    for quirk in quirks::QUIRKS {
        assert!(!quirk.source.is_empty() && !quirk.summary.is_empty(), "{}", quirk.name);
        let does = !quirk.rules.is_empty() || !quirk.messages.is_empty() || quirk.dialect != Dialect::PLAIN;
        assert!(does, "{}", quirk.name);
    }
}

#[test]
fn max_completion_tokens() {
    for (provider, model, body, expected) in [
        ("openai", "o3-mini", r#"{"max_tokens": 5}"#, vec!["max_tokens>max_completion_tokens"]),
        ("openai", "gpt-5-2025-08-07", r#"{"max_tokens": 5}"#, vec!["max_tokens>max_completion_tokens"]),
        ("openai", "gpt-5.2", r#"{"max_tokens": 5}"#, vec!["max_tokens>max_completion_tokens"]),
        ("openai", "gpt-6.1-sol", r#"{"max_tokens": 5}"#, vec!["max_tokens>max_completion_tokens"]),
        (
            "openai",
            "ft:o4-mini-2025-04-16:acme::1",
            r#"{"max_tokens": 5}"#,
            vec!["max_tokens>max_completion_tokens"],
        ),
        ("azure", "gpt-5", r#"{"max_tokens": 5}"#, vec!["max_tokens>max_completion_tokens"]),
        ("openai", "gpt-4o", r#"{"max_tokens": 5}"#, vec![]),
        ("openai", "my-own-model", r#"{"max_tokens": 5}"#, vec![]),
        // The provider judges the pair.
        ("openai", "o3", r#"{"max_tokens": 5, "max_completion_tokens": 6}"#, vec![]),
        ("vllm", "gpt-5", r#"{"max_tokens": 5}"#, vec![]),
    ] {
        assert_eq!(edits(provider, model, body), expected, "{provider} {model} {body}");
    }
}

#[test]
fn refused_sampling() {
    for (provider, model, body, expected) in [
        ("openai", "o3", r#"{"temperature": 0.2, "top_p": 0.5}"#, vec!["-temperature", "-top_p"]),
        (
            "openai",
            "o3",
            r#"{"temperature": 1, "presence_penalty": 0}"#,
            vec!["~temperature", "~presence_penalty"],
        ),
        ("openai", "o3", r#"{"temperature": null}"#, vec![]),
        ("openai", "gpt-5-mini", r#"{"frequency_penalty": 0.1}"#, vec!["-frequency_penalty"]),
        ("openai", "gpt-4o", r#"{"temperature": 0.2}"#, vec![]),
        ("openai", "gpt-5-chat-latest", r#"{"temperature": 0.2}"#, vec![]),
        // Effort none is the default of 5.2, not of 5.5.
        ("openai", "gpt-5.2", r#"{"temperature": 0.2}"#, vec![]),
        ("openai", "gpt-5.2", r#"{"temperature": 0.2, "reasoning_effort": "low"}"#, vec!["-temperature"]),
        ("openai", "gpt-5.5", r#"{"temperature": 0.2}"#, vec!["-temperature"]),
        ("openai", "gpt-5.5", r#"{"temperature": 0.2, "reasoning_effort": null}"#, vec!["-temperature"]),
        ("openai", "gpt-5.5", r#"{"temperature": 0.2, "reasoning_effort": "none"}"#, vec![]),
        (
            "openai",
            "gpt-5.5",
            r#"{"temperature": 0.2, "reasoning_effort": "enormous"}"#,
            vec!["-temperature"],
        ),
        (
            "xai",
            "grok-4-0709",
            r#"{"presence_penalty": 1, "temperature": 0.2, "stop": "x"}"#,
            vec!["-presence_penalty"],
        ),
        ("xai", "grok-4.20-non-reasoning", r#"{"presence_penalty": 1}"#, vec![]),
        ("moonshot", "kimi-k2.6", r#"{"temperature": 0.3, "top_p": 1}"#, vec!["-temperature", "~top_p"]),
        ("moonshot", "moonshot-v1-8k", r#"{"temperature": 0.3}"#, vec![]),
        // A reseller settles it itself.
        ("openrouter", "openai/o3", r#"{"temperature": 0.2}"#, vec![]),
    ] {
        assert_eq!(edits(provider, model, body), expected, "{provider} {model} {body}");
    }
}

#[test]
fn max_tokens_only() {
    for provider in ["deepseek", "mistral", "together", "ollama", "zai"] {
        let body = r#"{"max_completion_tokens": 5}"#;
        assert_eq!(edits(provider, "m", body), ["max_completion_tokens>max_tokens"], "{provider}");
        assert_eq!(edits(provider, "m", r#"{"max_completion_tokens": 5, "max_tokens": 5}"#), [""; 0]);
    }
    assert_eq!(edits("groq", "m", r#"{"max_completion_tokens": 5}"#), [""; 0]);
}

#[test]
fn mistral_random_seed() {
    assert_eq!(edits("mistral", "mistral-large-latest", r#"{"seed": 7}"#), ["seed>random_seed"]);
    assert_eq!(edits("openai", "gpt-4o", r#"{"seed": 7}"#), [""; 0]);
}

#[test]
fn mistral_closed_body() {
    let body =
        r#"{"stream_options": {"include_usage": true}, "user": "u", "store": false, "logit_bias": {"1": 2}}"#;
    assert_eq!(edits("mistral", "m", body), ["~stream_options", "-user", "~store", "-logit_bias"]);
    // It knows these.
    assert_eq!(
        edits("mistral", "m", r#"{"metadata": {}, "n": 2, "logprobs": true, "prompt_cache_key": "k"}"#),
        [""; 0]
    );
}

#[test]
fn groq_unsupported_fields() {
    assert_eq!(edits("groq", "m", r#"{"logit_bias": {"1": 2}}"#), ["-logit_bias"]);
    assert_eq!(
        edits("groq", "m", r#"{"logprobs": false, "top_logprobs": null}"#),
        ["~logprobs", "~top_logprobs"]
    );
    assert_eq!(edits("groq", "m", r#"{"logprobs": true, "top_logprobs": 2, "n": 2}"#), [""; 0]);
}

#[test]
fn one_call_at_a_time() {
    assert_eq!(edits("openai", "o3", r#"{"parallel_tool_calls": true}"#), ["~parallel_tool_calls"]);
    assert_eq!(edits("openai", "gpt-5", r#"{"parallel_tool_calls": false}"#), [""; 0]);
}

#[test]
fn reasoning_is_switched_off_or_the_lowest_level_is_named() {
    const OFF: &str = r#"{"reasoning_effort": "none"}"#;
    const HIGH: &str = r#"{"reasoning_effort": "high"}"#;
    const MINIMAL: &str = r#"{"reasoning_effort": "minimal"}"#;
    const DISABLED: &str = r#"reasoning_effort>thinking={"type":"disabled"}"#;
    for (provider, model, body, expected) in [
        // It is a word of theirs.
        ("openai", "gpt-5.1", OFF, vec![]),
        ("openai", "gpt-5.7-nova", OFF, vec![]),
        ("openai", "somebody-elses", OFF, vec![]),
        ("mistral", "mistral-medium-latest", OFF, vec![]),
        ("xai", "grok-4.3", OFF, vec![]),
        ("openrouter", "deepseek/deepseek-v4-pro", OFF, vec![]),
        // They always reason.
        ("openai", "gpt-5", OFF, vec!["!reasoning_effort minimal"]),
        ("azure", "o4-mini", OFF, vec!["!reasoning_effort low"]),
        ("xai", "grok-4.5", OFF, vec!["!reasoning_effort low"]),
        ("xai", "grok-4-0709", OFF, vec!["!reasoning_effort "]),
        ("groq", "openai/gpt-oss-120b", OFF, vec!["!reasoning_effort low"]),
        ("openrouter", "openai/gpt-5", OFF, vec!["!reasoning_effort minimal"]),
        ("moonshot", "kimi-k3", OFF, vec!["!reasoning_effort low"]),
        ("moonshot", "kimi-k2.7-code", OFF, vec!["!reasoning_effort "]),
        ("openrouter", "google/gemini-2.5-pro", OFF, vec!["!reasoning_effort "]),
        // They never do.
        ("openai", "gpt-4o", OFF, vec!["~reasoning_effort"]),
        ("xai", "grok-4.20-non-reasoning", OFF, vec!["~reasoning_effort"]),
        // They have a switch.
        ("deepseek", "deepseek-v4-pro", OFF, vec![DISABLED]),
        ("deepseek", "deepseek-v5", OFF, vec![DISABLED]),
        ("zai", "glm-4.6", OFF, vec![DISABLED]),
        ("moonshot", "kimi-k2.6", OFF, vec![DISABLED]),
        ("dashscope", "qwen-plus", OFF, vec!["reasoning_effort>enable_thinking=false"]),
        ("groq", "qwen/qwen3-32b", OFF, vec![]),
        ("cohere", "command-a-reasoning-08-2025", OFF, vec![]),
        // Levels are the provider's to judge, where it has levels.
        ("openai", "gpt-5", MINIMAL, vec![]),
        ("openai", "gpt-5.1", MINIMAL, vec![]),
        ("deepseek", "deepseek-v4-pro", MINIMAL, vec![]),
        ("moonshot", "kimi-k3", HIGH, vec![]),
        ("zai", "glm-5.2", HIGH, vec![]),
        ("zai", "glm-4.6", HIGH, vec![r#"-reasoning_effort>thinking={"type":"enabled"}"#]),
        ("dashscope", "qwen-plus", HIGH, vec!["-reasoning_effort>enable_thinking=true"]),
        ("groq", "qwen/qwen3-32b", HIGH, vec![r#"-reasoning_effort>reasoning_effort="default""#]),
        ("groq", "openai/gpt-oss-120b", HIGH, vec![]),
        ("groq", "openai/gpt-oss-2", HIGH, vec![]),
        ("cohere", "command-a-reasoning-08-2025", HIGH, vec![]),
        (
            "cohere",
            "command-a-reasoning-08-2025",
            MINIMAL,
            vec![r#"-reasoning_effort>reasoning_effort="high""#],
        ),
        // What the caller says in the provider's own way holds.
        (
            "deepseek",
            "deepseek-v4-pro",
            r#"{"reasoning_effort": "none", "thinking": {"type": "enabled"}}"#,
            vec![],
        ),
        ("openai", "gpt-5", r#"{"reasoning_effort": null}"#, vec![]),
        ("openai", "gpt-5", r#"{"reasoning_effort": "enormous"}"#, vec![]),
    ] {
        assert_eq!(edits(provider, model, body), expected, "{provider} {model} {body}");
    }
}

#[test]
fn what_thinking_ignores_is_named() {
    let thinks = |extra: &str| {
        edits("deepseek", "deepseek-v4-pro", &format!(r#"{{"temperature": 0.2, "top_p": 0.5{extra}}}"#))
    };
    assert_eq!(thinks(""), ["-temperature"]);
    assert_eq!(thinks(r#", "thinking": {"type": "disabled"}"#), [""; 0]);
}

#[test]
fn zai_tool_choice() {
    assert_eq!(edits("zai", "glm-5", r#"{"tool_choice": "required"}"#), ["!tool_choice"]);
    assert_eq!(edits("zai", "glm-5", r#"{"tool_choice": "auto"}"#), [""; 0]);
}

#[test]
fn cerebras_unsupported_fields() {
    let body = r#"{"frequency_penalty": 0, "logit_bias": {"1": 2}, "parallel_tool_calls": true, "service_tier": "auto"}"#;
    assert_eq!(
        edits("cerebras", "m", body),
        ["~frequency_penalty", "-logit_bias", "~parallel_tool_calls", "~service_tier"]
    );
    assert_eq!(edits("cerebras", "m", r#"{"parallel_tool_calls": false, "service_tier": "flex"}"#), [""; 0]);
}

#[test]
fn cohere_unsupported_fields() {
    assert_eq!(
        edits(
            "cohere",
            "m",
            r#"{"store": false, "metadata": {"a": "b"}, "n": 1, "parallel_tool_calls": false}"#
        ),
        ["~store", "-metadata", "-parallel_tool_calls", "~n"]
    );
    assert_eq!(edits("cohere", "m", r#"{"n": 2, "top_logprobs": 3}"#), ["!n", "!top_logprobs"]);
}

#[test]
fn sambanova_ignored_fields() {
    assert_eq!(
        edits("sambanova", "m", r#"{"presence_penalty": 0.5, "frequency_penalty": 0, "seed": 1}"#),
        ["-presence_penalty", "~frequency_penalty"]
    );
}

#[test]
fn ollama_ignored_fields() {
    assert_eq!(edits("ollama", "m", r#"{"user": "u", "tool_choice": "auto", "n": 1, "seed": 1}"#), ["-user"]);
    assert_eq!(edits("ollama", "m", r#"{"tool_choice": "required", "n": 2}"#), ["!tool_choice", "!n"]);
}

#[test]
fn what_providers_take_beyond_their_wire() {
    for (provider, reasoning, cache_control) in [
        ("openai", ReasoningBack::Never, false),
        ("deepseek", ReasoningBack::Text("reasoning_content"), false),
        ("zai", ReasoningBack::Text("reasoning_content"), false),
        ("moonshot", ReasoningBack::Text("reasoning_content"), false),
        ("cerebras", ReasoningBack::Text("reasoning"), false),
        ("openrouter", ReasoningBack::Details, true),
        ("dashscope", ReasoningBack::Never, true),
        ("mistral", ReasoningBack::Never, false),
    ] {
        let dialect = row(provider).dialect();
        assert_eq!((dialect.reasoning, dialect.cache_control), (reasoning, cache_control), "{provider}");
    }
}

#[test]
fn keys_go_where_the_provider_looks_for_them() {
    for (provider, header, value) in [
        ("openai", "authorization", "Bearer k-1"),
        ("azure", "api-key", "k-1"),
        ("anthropic", "x-api-key", "k-1"),
        ("ollama", "authorization", "Bearer k-1"),
    ] {
        let headers = headers(row(provider), Some(" k-1\n")).unwrap();
        assert_eq!(headers.get(header).unwrap(), value);
        assert!(headers.get(header).unwrap().is_sensitive());
    }
    assert_eq!(headers(row("anthropic"), None).unwrap().get("anthropic-version").unwrap(), "2023-06-01");
    assert!(headers(row("ollama"), None).unwrap().is_empty());
    assert!(headers(row("ollama"), Some("  ")).unwrap().is_empty());
    assert!(headers(row("demo"), Some("k")).unwrap().is_empty());
}

#[test]
fn a_key_that_no_header_can_carry_is_refused_without_being_shown() {
    let error = headers(row("openai"), Some("sk-se\ncret")).unwrap_err();
    assert!(!format!("{error} {error:?}").contains("cret"));
}

/// `docs/providers.md` ends with the tables of [`reference`]. Run the test with `UPDATE_DOCS=1` to
/// write them anew.
#[test]
fn the_provider_page_says_what_the_rows_say() {
    const MARK: &str =
        "<!-- The tables below are written by the test `the_provider_page_says_what_the_rows_say`. -->\n";
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/providers.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (head, tables) = page.split_once(MARK).expect("the mark before the tables");
    let written = format!("\n{}", reference());
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, format!("{head}{MARK}{written}")).unwrap();
    } else {
        assert_eq!(tables, written, "run this test with UPDATE_DOCS=1");
    }
}
