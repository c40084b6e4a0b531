//! The tables of `docs/providers.md`, written from the rows themselves. A test compares the two.

use std::fmt::Write;

use super::{Auth, BaseUrl, ROWS, Row, quirks::QUIRKS};
use crate::protocol::Wire;

/// The providers and the quirks as two Markdown tables, each under its heading.
pub fn reference() -> String {
    let mut out = String::new();
    // Writing to a string does not fail.
    let _ = providers(&mut out).and_then(|()| quirks(&mut out));
    out
}

fn providers(out: &mut String) -> std::fmt::Result {
    out.write_str(
        "## The table\n\n\
         | provider | name | environment | base URL | wire | notes |\n\
         | --- | --- | --- | --- | --- | --- |\n",
    )?;
    for row in ROWS {
        let title = match row.doc {
            "" => row.title.to_owned(),
            doc => format!("[{}]({doc})", row.title),
        };
        writeln!(
            out,
            "| {title} | {} | {} | {} | {} | {} |",
            names(row),
            environment(row),
            address(row),
            wire(row.wire),
            notes(row)
        )?;
    }
    Ok(())
}

fn quirks(out: &mut String) -> std::fmt::Result {
    out.write_str(
        "\n## Quirks\n\n\
         What is done to a request, relayed or translated, and why. A parameter that is left out is named in the\n\
         response header `x-tollbridge-dropped`, unless it said what the provider assumes anyway.\n\n\
         | quirk | what is done | where | source |\n\
         | --- | --- | --- | --- |\n",
    )?;
    for quirk in QUIRKS {
        let rows = ROWS.iter().filter(|row| row.quirks.iter().any(|used| used.name == quirk.name));
        let rows = rows.map(|row| row.title).collect::<Vec<_>>().join(", ");
        writeln!(out, "| `{}` | {} | {rows} | {} |", quirk.name, quirk.summary, quirk.source)?;
    }
    Ok(())
}

fn names(row: &Row) -> String {
    code(std::iter::once(row.name).chain(row.aliases.iter().copied()))
}

/// The variables that make the provider work, the preferred one of each kind first.
fn environment(row: &Row) -> String {
    let env = row.env;
    if row.base_url == BaseUrl::BuiltIn {
        return "none".to_owned();
    }
    let aliases = row.env_aliases.iter().map(|prefix| format!("{prefix}_API_KEY"));
    let others = code(aliases.chain(row.key_variables.iter().map(|name| (*name).to_owned())));
    let mut key = format!("`{env}_API_KEY`");
    if !others.is_empty() {
        let _ = write!(key, " (or {others})");
    }
    let mut url = format!("`{env}_BASE_URL`");
    if !row.base_url_variables.is_empty() {
        let _ = write!(url, " (or {})", code(row.base_url_variables));
    }
    match row.base_url {
        BaseUrl::Account { variable, .. } => format!("{key}, `{variable}`"),
        BaseUrl::Required(_) if row.keyless => format!("{url}; {key} if it wants one"),
        BaseUrl::Required(_) => format!("{key}, {url}"),
        BaseUrl::Default(_) if row.base_url_variables.is_empty() => key,
        BaseUrl::Default(_) | BaseUrl::BuiltIn => format!("{key}; {url} elsewhere"),
    }
}

fn address(row: &Row) -> String {
    match row.base_url {
        BaseUrl::Default(url) => format!("`{url}`"),
        BaseUrl::Required(url) => format!("to be given: `{url}`"),
        BaseUrl::Account { template, variable } => {
            format!("`{}`", template.replace("{}", &format!("${variable}")))
        }
        BaseUrl::BuiltIn => "built in".to_owned(),
    }
}

fn wire(wire: Wire) -> &'static str {
    match wire {
        Wire::Chat => "OpenAI chat, relayed",
        Wire::Messages => "Anthropic Messages, translated",
        Wire::Gemini => "Gemini, translated",
    }
}

fn notes(row: &Row) -> String {
    let mut notes = row.notes.to_owned();
    if let Auth::Header(name) = row.auth {
        let space = if notes.is_empty() { "" } else { " " };
        let _ = write!(notes, "{space}The key goes into `{name}`.");
    }
    if !row.inventory && row.base_url != BaseUrl::BuiltIn && !notes.contains("_MODELS`") {
        let space = if notes.is_empty() { "" } else { " " };
        let _ = write!(notes, "{space}It lists no models: name them in `{}_MODELS`.", row.env);
    }
    notes
}

fn code(names: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    names.into_iter().map(|name| format!("`{}`", name.as_ref())).collect::<Vec<_>>().join(", ")
}
