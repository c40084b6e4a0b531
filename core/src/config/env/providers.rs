//! Providers from variables with their prefixes.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Declared, Notice, Setting, Variables, set, value};
use crate::{
    config::{fields::PROVIDER, resolve::row_of, shape::Field},
    nearest::distance,
    provider::{BaseUrl, ROWS, Row},
};

/// Which setting of a provider a variable makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    /// The setting of the provider's table with this variable part.
    Field(&'static str),
    /// A further key: `API_KEY_2`.
    FurtherKey(u32),
    /// What fills the blank in the kind's address.
    Account,
}

const KEY: Part = Part::Field("API_KEY");
const BASE_URL: Part = Part::Field("BASE_URL");

/// What a variable says, and how it ranks among several that say the same: the lowest is read.
struct Meaning {
    provider: String,
    row: Option<&'static Row>,
    part: Part,
    rank: usize,
}

/// What the variables say of one provider.
#[derive(Default)]
struct Described<'a> {
    row: Option<&'static Row>,
    parts: BTreeMap<Part, (usize, &'a str)>,
}

/// Reads the providers' settings.
pub(super) fn read(variables: &Variables, declared: &Declared) -> (Vec<Setting>, Vec<Notice>) {
    let prefixes = prefixes(declared);
    let mut described: BTreeMap<String, Described<'_>> = BTreeMap::new();
    let mut notices = Vec::new();
    for name in variables.keys().filter(|name| set(variables, name).is_some()) {
        let Some(meaning) = whole_name(name).or_else(|| prefixed(name, &prefixes)) else {
            notices.extend(near_miss(name, &prefixes));
            continue;
        };
        if declared.used.contains(name) && !declared.providers.contains(&meaning.provider) {
            continue;
        }
        let provider = described.entry(meaning.provider).or_default();
        provider.row = provider.row.or(meaning.row);
        provider.take(meaning.part, meaning.rank, name, &mut notices);
    }
    let mut settings = Vec::new();
    for (name, provider) in described {
        let is_declared = declared.providers.contains(&name);
        match provider.missing(&name) {
            Some(_) if provider.only_account() => {}
            Some(notice) if !is_declared => notices.push(notice),
            _ => provider.settings(&name, is_declared, variables, &mut settings),
        }
    }
    (settings, notices)
}

/// A prefix and whose it is.
struct Prefix {
    text: String,
    rank: usize,
    owner: Owner,
}

enum Owner {
    Row(&'static Row),
    Declared(String),
}

/// All prefixes, the longest first.
fn prefixes(declared: &Declared) -> Vec<Prefix> {
    let of_rows = ROWS.iter().filter(|row| row.base_url != BaseUrl::BuiltIn).flat_map(|row| {
        let owned = move |(rank, prefix): (usize, &str)| Prefix {
            text: format!("{prefix}_"),
            rank,
            owner: Owner::Row(row),
        };
        row.env_prefixes().enumerate().map(owned)
    });
    let of_declared = declared.providers.iter().map(|name| Prefix {
        text: format!("{}_", prefix_of(name)),
        rank: 0,
        owner: Owner::Declared(name.clone()),
    });
    let mut prefixes: Vec<Prefix> = of_declared.chain(of_rows).collect();
    prefixes.sort_by_key(|prefix| std::cmp::Reverse(prefix.text.len()));
    prefixes
}

/// The prefix that the variables of a provider of this name have: `MY_LLM` for `my-llm`.
pub fn prefix_of(provider: &str) -> String {
    provider.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect()
}

/// Reads `PREFIX_[INSTANCE_]PART`.
fn prefixed(name: &str, prefixes: &[Prefix]) -> Option<Meaning> {
    prefixes.iter().find_map(|Prefix { text, rank, owner }| {
        let (instance, part) = split_part(name.strip_prefix(text.as_str())?)?;
        let instance = instance.to_ascii_lowercase().replace('_', "-");
        let (provider, row) = match owner {
            Owner::Declared(name) if instance.is_empty() => (name.clone(), None),
            Owner::Declared(_) => return None,
            Owner::Row(row) if instance.is_empty() => (row.name.to_owned(), Some(*row)),
            // Any other provider's name is the operator's own.
            Owner::Row(row) if row.name == "openai-compatible" => (instance, Some(*row)),
            Owner::Row(row) => (format!("{}-{instance}", row.name), Some(*row)),
        };
        Some(Meaning { provider, row, part, rank: *rank })
    })
}

/// Splits `EAST_API_KEY_2` into the instance and what of it is meant.
fn split_part(rest: &str) -> Option<(&str, Part)> {
    let behind = |rest: &'_ str, part: &str| -> Option<usize> {
        let before = rest.strip_suffix(part)?;
        let instance = before.strip_suffix('_').unwrap_or(before);
        let fits = before.is_empty() || (before.ends_with('_') && is_instance(instance));
        fits.then_some(instance.len())
    };
    for part in PROVIDER.iter().filter_map(|field| field.env) {
        if let Some(end) = behind(rest, part) {
            return Some((rest.get(..end)?, Part::Field(part)));
        }
    }
    let (numbered, number) = rest.rsplit_once('_')?;
    let end = behind(numbered, "API_KEY")?;
    Some((rest.get(..end)?, Part::FurtherKey(number.parse().ok()?)))
}

fn is_instance(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_uppercase() || c.is_ascii_digit())
        && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
}

/// Reads the variables that some kinds have beside those with their prefix.
fn whole_name(name: &str) -> Option<Meaning> {
    // These rank behind every prefix.
    const BEHIND: usize = 1_000;
    ROWS.iter().find_map(|row| {
        let at = |names: &[&str]| names.iter().position(|known| *known == name).map(|rank| rank + BEHIND);
        let (part, rank) = match (at(row.key_variables), at(row.base_url_variables), row.base_url) {
            (Some(rank), _, _) => (KEY, rank),
            (_, Some(rank), _) => (BASE_URL, rank),
            (_, _, BaseUrl::Account { variable, .. }) if variable == name => (Part::Account, 0),
            _ => return None,
        };
        Some(Meaning { provider: row.name.to_owned(), row: Some(row), part, rank })
    })
}

impl<'a> Described<'a> {
    fn take(&mut self, part: Part, rank: usize, variable: &'a str, notices: &mut Vec<Notice>) {
        let loser = match self.parts.get_mut(&part) {
            None => {
                self.parts.insert(part, (rank, variable));
                return;
            }
            Some(read) if rank < read.0 => std::mem::replace(read, (rank, variable)).1,
            Some(_) => variable,
        };
        let instead = self.parts.get(&part).map_or(loser, |(_, variable)| variable);
        notices.push(Notice::Shadowed { variable: loser.to_owned(), instead: instead.to_owned() });
    }

    fn has_key(&self) -> bool {
        self.parts.keys().any(|part| matches!(part, Part::FurtherKey(_)) || *part == KEY)
    }

    fn has_base_url(&self) -> bool {
        self.parts.contains_key(&BASE_URL)
    }

    /// An account is also what the provider's own tools want to know: no sign that it is wanted
    /// here.
    fn only_account(&self) -> bool {
        self.parts.keys().all(|part| *part == Part::Account)
    }

    /// What is missing for a provider that nothing else describes.
    fn missing(&self, name: &str) -> Option<Notice> {
        let row = self.row?;
        let prefix = match row.name {
            "openai-compatible" if name != row.name => format!("{}_{}", row.env, prefix_of(name)),
            row_name => format!("{}{}", row.env, prefix_of(name.strip_prefix(row_name).unwrap_or_default())),
        };
        let addressed = match row.base_url {
            BaseUrl::Account { .. } => self.parts.contains_key(&Part::Account),
            other => other.default().is_some(),
        };
        let missing = if !self.has_base_url() && !addressed {
            match row.base_url {
                BaseUrl::Account { variable, .. } if name == row.name => variable.to_owned(),
                _ => format!("{prefix}_BASE_URL"),
            }
        } else if self.has_key() || (row.keyless && self.has_base_url()) {
            return None;
        } else {
            format!("{prefix}_API_KEY")
        };
        let variable = self.parts.values().next().map(|(_, variable)| (*variable).to_owned())?;
        Some(Notice::Incomplete { variable, provider: name.to_owned(), missing })
    }

    fn settings(&self, name: &str, declared: bool, variables: &Variables, out: &mut Vec<Setting>) {
        let mut put = |key: &str, value: Value, variable: &str| {
            let path = vec!["providers".to_owned(), name.to_owned(), key.to_owned()];
            out.push(Setting { path, value, variable: variable.to_owned() });
        };
        // A file's own `type` stands; a name that tells the kind needs none.
        if let (false, Some(row), Some((_, variable))) = (declared, self.row, self.parts.values().next())
            && !row_of(name, None).is_ok_and(|told| told.name == row.name)
        {
            put("type", json!(row.name), variable);
        }
        if let (Some((_, variable)), false, Some(row)) =
            (self.parts.get(&Part::Account), self.has_base_url(), self.row)
            && let Some(url) = set(variables, variable).and_then(|text| row.base_url.for_account(text))
        {
            put("base_url", json!(url), variable);
        }
        let keys: Vec<&str> = (self.parts.iter())
            .filter(|(part, _)| matches!(part, Part::FurtherKey(_)) || **part == KEY)
            .map(|(_, (_, variable))| *variable)
            .collect();
        let names: Vec<Value> = keys.iter().map(|variable| json!({ "secret": variable })).collect();
        match (keys.first(), names.as_slice()) {
            (Some(variable), [one]) => put("api_key", one.clone(), variable),
            (Some(variable), _) => put("api_key", Value::Array(names), variable),
            (None, _) => {}
        }
        for (field, part) in PROVIDER.iter().filter_map(|field| Some((field, field.env?))) {
            if let Some((_, variable)) = self.parts.get(&Part::Field(part))
                && Part::Field(part) != KEY
                && let Some(text) = set(variables, variable)
            {
                put(field.name, value(&field.shape, variable, text), variable);
            }
        }
    }
}

/// A variable whose part is a slip away from one that exists.
fn near_miss(name: &str, prefixes: &[Prefix]) -> Option<Notice> {
    let (prefix, rest) =
        prefixes.iter().find_map(|prefix| Some((prefix, name.strip_prefix(prefix.text.as_str())?)))?;
    let starts = std::iter::once(0).chain(rest.match_indices('_').map(|(at, _)| at + 1));
    let tails = starts.filter_map(|at| rest.split_at_checked(at));
    tails
        .flat_map(|(before, tail)| PROVIDER.iter().filter_map(move |field| Some((before, tail, field.env?))))
        .find(|(_, tail, part)| distance(tail, part) == 1)
        .map(|(before, _, part)| Notice::NearMiss {
            variable: name.to_owned(),
            meant: format!("{}{before}{part}", prefix.text),
        })
}

/// The variables of one kind of provider, for the reference: its prefix's and the others.
pub fn variables_of(row: &'static Row) -> Vec<String> {
    let parts = PROVIDER.iter().filter(|field| reads(row, field)).filter_map(|field| field.env);
    let own = parts.map(|part| format!("{}_{part}", row.env));
    let account = match row.base_url {
        BaseUrl::Account { variable, .. } => Some(variable.to_owned()),
        _ => None,
    };
    own.chain(account).collect()
}

/// Whether a setting means anything to this kind of provider.
fn reads(row: &Row, field: &Field) -> bool {
    field.name != "api_version" || row.style == crate::provider::Style::Azure
}
