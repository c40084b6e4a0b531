//! `docs/configuration.md`, written from the tables that the settings are read by.

use std::fmt::Write;

use tollbridge_core::{
    config::{
        Field, Shape,
        env::{OWN_PREFIX, variables_of},
        fields::{
            ALIAS, CATALOGUE, CORS, FETCH_MEDIA, KEY, LIMITS, MODEL_ENTRY, PROVIDER, REASONING, RETRY, ROOT,
            TIMEOUTS,
        },
    },
    provider::{BaseUrl, ROWS},
};

use super::{DEFAULT_FILE, FILE_VARIABLE, fields::NATIVE};

/// The settings reference, in Markdown.
pub(crate) fn reference() -> String {
    let mut out = format!(
        "<!-- Written by `tollbridge config reference`; a test holds it to the code. -->\n\
         # Configuration\n\n\
         Every setting has a default. A provider's key in the environment is all that is needed:\n\n\
         ```sh\nOPENAI_API_KEY=sk-… TOLLBRIDGE_MASTER_KEY=… tollbridge\n```\n\n\
         Settings are read from `{DEFAULT_FILE}` in the working folder if it is there (or from the \
         file that `--config` or `{FILE_VARIABLE}` names), and from the environment, which wins. \
         An empty variable is the same as none. What is not known is refused, with the nearest \
         known name: settings in the file, and variables that begin with `{OWN_PREFIX}`. \
         `tollbridge check` says everything that is wrong without starting.\n\n"
    );
    table(
        &mut out,
        "This server",
        "Read by `tollbridge` itself; the other targets have no use for them.",
        NATIVE,
        "",
    );
    table(&mut out, "The gateway", "", ROOT, "");
    providers(&mut out);
    table(
        &mut out,
        "`keys`",
        "A list. `tollbridge key new` prints a fresh key once, and what to put here.",
        KEY,
        "keys[].",
    );
    table(
        &mut out,
        "`aliases`",
        "By the alias's name: a model (`smart: openai/gpt-5`), a list of models, or:",
        ALIAS,
        "aliases.NAME.",
    );
    table(
        &mut out,
        "`catalogue`",
        "What is known about models, where the built-in tables are too old or know less than you \
         do: `catalogue: models.json`, or the same written out.",
        CATALOGUE,
        "catalogue.",
    );
    table(&mut out, "`catalogue.models`", "", MODEL_ENTRY, "catalogue.models[].");
    table(&mut out, "`catalogue.models[].reasoning`", "", REASONING, "catalogue.models[].reasoning.");
    table(&mut out, "`timeouts`", "", TIMEOUTS, "timeouts.");
    table(&mut out, "`retry`", "", RETRY, "retry.");
    table(&mut out, "`limits`", "", LIMITS, "limits.");
    table(&mut out, "`cors`", "", CORS, "cors.");
    table(&mut out, "`fetch_media`", FETCHING, FETCH_MEDIA, "fetch_media.");
    let _ = writeln!(out, "## The file\n\n```yaml\n{EXAMPLE}```\n");
    out.push_str(FILE);
    out.push_str(DOCUMENT);
    out
}

fn table(out: &mut String, title: &str, about: &str, fields: &[Field], prefix: &str) {
    let _ = writeln!(out, "## {title}\n");
    if !about.is_empty() {
        let _ = writeln!(out, "{about}\n");
    }
    out.push_str("| setting | variable | value | default | meaning |\n| --- | --- | --- | --- | --- |\n");
    for field in fields {
        let variable = match field.env {
            Some(part) if prefix == PROVIDER_PREFIX => format!("`…_{part}`"),
            Some(variable) => format!("`{variable}`"),
            None => String::new(),
        };
        let default = match (field.default, field.required) {
            ("", true) => "required".to_owned(),
            ("", false) => String::new(),
            (default, _) => format!("`{default}`"),
        };
        let (value, about) = (kind(&field.shape), field.about);
        let _ = writeln!(out, "| `{prefix}{}` | {variable} | {value} | {default} | {about} |", field.name);
    }
    out.push('\n');
}

const PROVIDER_PREFIX: &str = "providers.NAME.";

fn providers(out: &mut String) {
    table(
        out,
        "`providers`",
        "By the provider's name. Variables begin with the kind's prefix (see the table below): \
         `OPENAI_API_KEY`, `OPENAI_BASE_URL`. Further keys are numbered (`OPENAI_API_KEY_2`) and \
         used in turn. A name between the prefix and the setting makes a further instance: \
         `OPENAI_EAST_API_KEY` is the key of the provider `openai-east`. Any other service that \
         speaks OpenAI's API is an `openai-compatible`: `OPENAI_COMPATIBLE_MY_LLM_BASE_URL` makes \
         the provider `my-llm`. A provider that the file declares under a name of your own has \
         that name's prefix: `MY_LLM_API_KEY`. `MODELS` is a comma-separated list.",
        PROVIDER,
        PROVIDER_PREFIX,
    );
    out.push_str("| kind | provider | variables | other names that are read | address |\n| --- | --- | --- | --- | --- |\n");
    for row in ROWS.iter().filter(|row| row.base_url != BaseUrl::BuiltIn) {
        let prefixes = row.env_aliases.iter().map(|prefix| format!("{prefix}_…"));
        let whole = row.key_variables.iter().chain(row.base_url_variables).map(|name| (*name).to_owned());
        let address = match row.base_url {
            BaseUrl::Default(url) => format!("`{url}`"),
            BaseUrl::Required(url) => format!("required, such as `{url}`"),
            BaseUrl::Account { template, .. } => format!("`{template}`"),
            BaseUrl::BuiltIn => String::new(),
        };
        let _ = writeln!(
            out,
            "| `{}` | {}{} | {} | {} | {address} |",
            row.name,
            row.title,
            if row.keyless { " (no key needed)" } else { "" },
            codes(variables_of(row)),
            codes(prefixes.chain(whole)),
        );
    }
    out.push('\n');
}

fn codes(names: impl IntoIterator<Item = String>) -> String {
    names.into_iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// A value's kind in a word or two.
fn kind(shape: &Shape) -> String {
    match shape {
        Shape::Scalar(scalar) => scalar.what.replace('|', "\\|"),
        Shape::Flag => "`true` or `false`".to_owned(),
        Shape::Secret => "a secret".to_owned(),
        Shape::List(Shape::Object(_)) => "a list, see below".to_owned(),
        Shape::List(item) => format!("a list: each {}", kind(item)),
        Shape::Map(_, Shape::Scalar(scalar)) => format!("names, each with {}", scalar.what),
        Shape::Map(..) => "names with values, see below".to_owned(),
        Shape::Object(_) => "see below".to_owned(),
        Shape::Either(shapes) => match shapes.first() {
            Some(first) => format!("{}, or a list", kind(first)),
            None => String::new(),
        },
    }
}

const FETCHING: &str = "Some providers fetch no addresses: Ollama and Moonshot no images, none of the chat \
    wire documents. With this the gateway fetches for them and sends the data. The connection goes to the \
    very address that was found to be public, so private networks, this machine and a cloud's metadata are \
    out of reach whatever a name leads to; through a proxy nothing is fetched, as nobody could check. On \
    Workers the platform reaches public addresses only; on Spin `allowed_outbound_hosts` must name the hosts.";

/// A configuration with something of everything.
pub(super) const EXAMPLE: &str = r#"master_key: ${TOLLBRIDGE_MASTER_KEY}

providers:
  openai:
    api_key:
      - ${OPENAI_API_KEY}
      - ${OPENAI_API_KEY_SPARE}
  my-llm:
    type: openai-compatible
    base_url: ${MY_LLM_URL:-http://localhost:8000/v1}
    api_key: ${MY_LLM_API_KEY}
    models: [llama-4]

aliases:
  smart: [openai/gpt-5, my-llm/llama-4]

keys:
  - name: ci
    digest: sha256:0000000000000000000000000000000000000000000000000000000000000000
    tenant: /platform/ci
    models: [smart, my-llm/*]
    expires_at: 2027-01-31T00:00:00Z

timeouts:
  idle: 1m
"#;

const FILE: &str = r#"`${NAME}` stands for a variable's value, `${NAME:-text}` for the text where the variable is not set,
`$${` for the two characters `${`. Inside `[…]` or `{…}` YAML wants it in quotes. A variable that the file refers to is used where the file says:
`OPENAI_API_KEY` makes no provider `openai` of its own when the file gives it to another. Anchors,
tags, further documents and keys that stand twice are refused.

"#;

const DOCUMENT: &str = r#"## The document

The file and the environment make one JSON document, which is what the core reads on every target.
`tollbridge config render` prints it for the others (a binding, a variable or a stored object
there), and [`config.schema.json`](../config.schema.json) describes it. It names secrets and never
holds one: `{"secret": "OPENAI_API_KEY"}` is the environment variable or platform secret of that
name. A secret that is written out in the file is used by this server, but the document has it under
the name that its variable would have (`MY_LLM_API_KEY`), and `config render` says which names must
be set where the document goes. Gateway keys stand in it as SHA-256 digests only.
"#;
