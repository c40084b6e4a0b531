use super::*;

#[test]
fn every_table_is_sorted_and_every_provider_named_in_it_is_known_or_announced() {
    for table in BUILT_IN {
        for pair in table.windows(2) {
            assert!(pair[0].id < pair[1].id, "{} must come before {}", pair[1].id, pair[0].id);
        }
        for model in *table {
            // Gemini's row comes with its wire.
            let known = super::super::find(&model.provider).is_some() || model.provider == "gemini";
            assert!(known, "{}: no row {:?}", model.id, model.provider);
        }
    }
}

#[test]
fn no_name_is_in_two_tables() {
    let all: Vec<_> = BUILT_IN.iter().flat_map(|table| table.iter().map(|model| &model.id)).collect();
    let unique: std::collections::BTreeSet<_> = all.iter().collect();
    assert_eq!(all.len(), unique.len());
}

#[test]
fn the_longest_name_that_ends_with_a_word_wins() {
    let found = |name: &str| find(name).map(|model| &*model.id);
    for (name, id) in [
        ("gpt-4o", Some("gpt-4o")),
        ("gpt-4o-2024-11-20", Some("gpt-4o")),
        ("gpt-4o-mini-2024-07-18", Some("gpt-4o-mini")),
        ("gpt-5", Some("gpt-5")),
        ("gpt-5-2025-08-07", Some("gpt-5")),
        ("gpt-5.1", Some("gpt-5.1")),
        ("gpt-5.7-nova", Some("gpt-5.")),
        ("gpt-50", None),
        ("gpt-", None),
        ("", None),
        ("o3-mini", Some("o3-mini")),
        ("o3-deep-research", Some("o3")),
        ("o30", None),
        ("ft:gpt-4.1-mini-2025-04-14:acme::abc", Some("gpt-4.1-mini")),
        ("openai/gpt-5-nano:free", Some("gpt-5-nano")),
        ("accounts/fireworks/models/gpt-oss-120b", Some("gpt-oss-120b")),
        ("claude-opus-4-20250514", Some("claude-opus-4")),
        ("claude-opus-4-5-20251101", Some("claude-opus-4-5")),
        ("claude-opus-5-5", Some("claude-opus-5-5")),
        ("claude-sonnet-4@20250514", Some("claude-sonnet-4")),
        ("gemini-3.8-flash", Some("gemini-3.8-flash")),
        ("gemini-3.1-pro-preview-customtools", Some("gemini-3.1-pro")),
        ("mistral-large-latest", Some("mistral-large")),
        ("mistral-large-4-0", Some("mistral-large-4")),
        ("grok-4.20-0309-reasoning", Some("grok-4.20")),
        ("grok-4-0709", Some("grok-4")),
        ("zzz", None),
        ("ö", None),
        ("gpt-4ö", None),
    ] {
        assert_eq!(found(name), id, "{name}");
    }
}

proptest::proptest! {
    #[test]
    fn the_search_finds_what_a_look_at_every_entry_finds(
        head in proptest::sample::select(
            BUILT_IN.iter().flat_map(|table| table.iter()).map(|model| model.id.to_string()).collect::<Vec<_>>()
        ),
        cut in 0usize..24,
        tail in "[-.:@_a-z0-9ö]{0,6}",
    ) {
        let name: String = head.chars().take(head.chars().count().saturating_sub(cut)).chain(tail.chars()).collect();
        for table in BUILT_IN {
            let plain = table
                .iter()
                .filter(|model| name.starts_with(&*model.id) && ends_well(&name, model.id.len()))
                .max_by_key(|model| model.id.len());
            proptest::prop_assert_eq!(longest(table, &name).map(|model| &model.id), plain.map(|model| &model.id));
        }
    }
}

#[test]
fn refusals_depend_on_reasoning() {
    let refuses =
        |name: &str, param, effort| find(name).is_some_and(|model| model.would_refuse(param, effort));
    for (name, param, effort, expected) in [
        ("o3", Param::Temperature, None, true),
        ("gpt-5", Param::Temperature, None, true),
        ("gpt-4o", Param::Temperature, None, false),
        // The default effort of 5.1 to 5.4 is none.
        ("gpt-5.2", Param::Temperature, None, false),
        ("gpt-5.2", Param::Temperature, Some(Effort::High), true),
        // Its default is not none.
        ("gpt-5.5", Param::Temperature, None, true),
        ("gpt-5.5", Param::Temperature, Some(Effort::None), false),
        ("gpt-5.5", Param::MaxTokens, Some(Effort::None), true),
        ("claude-sonnet-4-5", Param::Temperature, None, false),
        ("claude-sonnet-4-5", Param::Temperature, Some(Effort::High), true),
        ("claude-opus-4-7", Param::Temperature, None, true),
        ("claude-opus-4-7", Param::ThinkingBudget, None, true),
        ("claude-opus-4-6", Param::ThinkingBudget, None, false),
        ("claude-opus-5-5", Param::ForcedTool, None, true),
        ("claude-opus-4-6", Param::ForcedTool, Some(Effort::High), false),
        ("claude-sonnet-4-5", Param::ForcedTool, Some(Effort::High), true),
        ("gemini-3.8-flash", Param::TopK, None, true),
        ("gemini-2.5-pro", Param::TopK, None, false),
        ("kimi-k2.6", Param::Temperature, None, true),
        ("grok-4.20-non-reasoning", Param::PresencePenalty, None, false),
        ("grok-4.20-reasoning", Param::PresencePenalty, None, true),
    ] {
        assert_eq!(refuses(name, param, effort), expected, "{name} {param:?} {effort:?}");
    }
}

#[test]
fn the_nearest_effort_costs_no_more_where_that_can_be_and_is_never_none_by_chance() {
    use Effort::{High, Low, Max, Medium, Minimal, None as Off, Xhigh};
    let set = Efforts::of(&[Off, Low, High]);
    for (asked, given) in [
        (Off, Some(Off)),
        (Minimal, Some(Low)),
        (Low, Some(Low)),
        (Medium, Some(Low)),
        (Xhigh, Some(High)),
        (Max, Some(High)),
    ] {
        assert_eq!(set.nearest(asked), given, "{asked:?}");
    }
    assert_eq!(Efforts::of(&[Low]).nearest(Off), None);
    assert_eq!(Efforts::UNKNOWN.nearest(High), None);
}

fn read(json: &str) -> Result<Catalogue, CatalogueError> {
    Catalogue::from_json(serde_json::from_str(json).unwrap())
}

#[test]
fn a_file_adds_models_and_changes_facts() {
    let catalogue = read(
        r#"{"models": [
            {"id": "z-1", "provider": "openai"},
            {"id": "a-1", "provider": "anthropic", "context": 10, "max_output": 5,
             "refuses": ["temperature", "forced_tool"], "refuses_while_reasoning": ["top_p"],
             "reasoning": {"control": "effort", "efforts": ["none", "xhigh"], "default": "xhigh", "always": false},
             "retires": "2027-08-01"},
            {"id": "gpt-5-mini", "max_output": 64000}
        ]}"#,
    )
    .unwrap();
    let model = catalogue.find("vendor/a-1-2026").unwrap();
    assert_eq!(model.context, Some(10));
    assert!(model.refuses.contains(Param::ForcedTool) && !model.refuses.contains(Param::TopP));
    assert!(model.would_refuse(Param::TopP, None));
    assert!(!model.would_refuse(Param::TopP, Some(Effort::None)));
    assert_eq!(model.retires.map(|date| date.to_string()).as_deref(), Some("2027-08-01"));
    assert_eq!(catalogue.find("z-1").unwrap().reasoning, Reasoning::NO);

    let (ours, built_in) = (catalogue.find("gpt-5-mini-2025-08-07").unwrap(), find("gpt-5-mini").unwrap());
    assert_eq!(ours, &Model { max_output: Some(64_000), ..built_in.clone() });
    assert_eq!(catalogue.find("gpt-4o"), find("gpt-4o"), "what the file does not name stays");
    assert_eq!(catalogue.models().count(), Catalogue::builtin().models().count() + 2);
}

#[test]
fn a_file_may_stand_in_place_of_what_ships() {
    let catalogue = read(r#"{"mode": "replace", "models": [{"id": "z-1", "provider": "openai"}]}"#).unwrap();
    assert_eq!(catalogue.find("gpt-4o"), None);
    assert_eq!(catalogue.models().count(), 1);
}

#[test]
fn a_bad_file_is_refused_with_what_is_wrong() {
    for (json, part) in [
        (
            r#"{"models": [{"id": "a", "provider": "openai"}, {"id": "a", "provider": "groq"}]}"#,
            "\"a\" twice",
        ),
        (r#"{"models": [{"id": "", "provider": "openai"}]}"#, "empty id"),
        (r#"{"models": [{"id": "a"}]}"#, "add its `provider`"),
        (r#"{"models": [{"id": "a", "provider": "opnai"}]}"#, "did you mean \"openai\"?"),
        (r#"{"mode": "replace", "models": [{"id": "gpt-4o"}]}"#, "add its `provider`"),
        (r#"{"models": [{"id": "a", "provider": "openai", "refuse": []}]}"#, "refuse"),
        (r#"{"models": [{"id": "a", "provider": "openai", "retires": "2027-13-01"}]}"#, "YYYY-MM-DD"),
        (r#"{"models": [{"id": "a", "provider": "openai", "refuses": ["temprature"]}]}"#, "temprature"),
        (r#"{"mode": "add", "models": []}"#, "add"),
        ("[]", "cannot be read"),
    ] {
        let error = read(json).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
}

/// The tables end up in every build for an edge, where each kilobyte is loaded on a cold start.
#[test]
fn the_built_in_tables_are_small() {
    let sources = [
        include_str!("anthropic.rs"),
        include_str!("google.rs"),
        include_str!("openai.rs"),
        include_str!("others.rs"),
    ];
    // As values they are larger than as source, and compress as well: the larger of the two counts.
    let as_values = Catalogue::builtin().models().map(|model| format!("{model:?}")).collect::<String>();
    for text in [sources.concat(), as_values] {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        std::io::Write::write_all(&mut gzip, text.as_bytes()).unwrap();
        let size = gzip.finish().unwrap().len();
        assert!(size <= 150 * 1024, "{size} bytes gzipped");
    }
}

#[test]
fn the_built_in_catalogue_and_the_free_function_agree() {
    let catalogue = Catalogue::builtin();
    for model in catalogue.models() {
        assert_eq!(find(&model.id).map(|found| &found.id), Some(&model.id));
    }
}
