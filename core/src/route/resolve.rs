//! From a model name to candidates.
//!
//! In order: an alias; `provider/model` where the part before the slash is a configured instance;
//! then a bare name, through the operator's lists, the providers' inventories and the catalogue.
//! A name that several providers have is nobody's: it is refused with the names that would work.

use std::collections::BTreeSet;

use super::{Inventories, Listing};
use crate::{
    config::{Policy, Provider},
    error::{ApiError, ErrorKind},
    nearest::nearest,
    ports::Micros,
};

/// One provider's model to try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The provider's place in the policy.
    pub provider: usize,
    /// The model as that provider spells it.
    pub model: String,
}

/// What a name turned out to be.
#[derive(Debug)]
pub enum Resolution {
    /// Models to try, the preferred one first. Not empty.
    Candidates {
        /// The models.
        candidates: Vec<Candidate>,
        /// Whether the name is an alias.
        alias: bool,
    },
    /// These providers must be asked for their inventory first.
    Ask(Vec<usize>),
    /// Nobody's, or several providers'.
    Refused(Box<ApiError>),
}

/// Looks a name up.
pub fn resolve(policy: &Policy, inventories: &Inventories, name: &str, now: Micros) -> Resolution {
    let known = Known { policy, inventories, now };
    let Some(alias) = policy.aliases.get(name) else {
        return match known.model(name) {
            Found::One(candidate) => Resolution::Candidates { candidates: vec![candidate], alias: false },
            Found::Ask(providers) => Resolution::Ask(providers),
            Found::Several(models) => Resolution::Refused(Box::new(known.ambiguous(name, &models))),
            Found::None => Resolution::Refused(Box::new(known.unknown(name))),
        };
    };
    let mut candidates = Vec::with_capacity(alias.targets.len());
    for target in &alias.targets {
        match known.model(target) {
            Found::One(candidate) => candidates.push(candidate),
            Found::Ask(providers) => return Resolution::Ask(providers),
            Found::Several(models) => return Resolution::Refused(Box::new(known.ambiguous(target, &models))),
            // A fallback that nobody has must not take the others with it.
            Found::None => {}
        }
    }
    if candidates.is_empty() {
        return Resolution::Refused(Box::new(known.unknown(name)));
    }
    Resolution::Candidates { candidates, alias: true }
}

enum Found {
    One(Candidate),
    Several(Vec<Candidate>),
    Ask(Vec<usize>),
    None,
}

struct Known<'a> {
    policy: &'a Policy,
    inventories: &'a Inventories,
    now: Micros,
}

impl Known<'_> {
    fn providers(&self) -> impl Iterator<Item = (usize, &Provider)> {
        self.policy.providers.iter().enumerate()
    }

    fn model(&self, name: &str) -> Found {
        if let Some((prefix, model)) = name.split_once('/')
            && !model.is_empty()
            && let Some((provider, _)) = self.providers().find(|(_, provider)| provider.name == prefix)
        {
            return Found::One(Candidate { provider, model: model.to_owned() });
        }
        self.bare(name)
    }

    fn bare(&self, name: &str) -> Found {
        let listed = self.providers().filter(|(_, provider)| provider.models.iter().any(|m| m == name));
        if let Some(found) = pick(listed.map(|(at, _)| at), name) {
            return found;
        }
        let asked =
            || self.providers().filter(|(_, provider)| provider.models.is_empty() && has_inventory(provider));
        let unasked: Vec<usize> = asked()
            .filter(|(at, _)| matches!(self.inventories.listing(*at, self.now), Listing::Unasked))
            .map(|(at, _)| at)
            .collect();
        if !unasked.is_empty() {
            return Found::Ask(unasked);
        }
        let stocked = asked().filter(|(at, _)| match self.inventories.listing(*at, self.now) {
            Listing::Known(models) => models.binary_search_by(|m| m.as_str().cmp(name)).is_ok(),
            Listing::Unknown | Listing::Unasked => false,
        });
        if let Some(found) = pick(stocked.map(|(at, _)| at), name) {
            return found;
        }
        self.by_maker(name).unwrap_or(Found::None)
    }

    /// The provider whose models these are by the catalogue; failing that, the only provider
    /// whose models nobody knows.
    fn by_maker(&self, name: &str) -> Option<Found> {
        if let Some(maker) = self.policy.catalogue.find(name).map(|model| &model.provider) {
            let kin = self.providers().filter(|(_, p)| p.row.name == *maker && p.models.is_empty());
            if let Some(found) = pick(kin.map(|(at, _)| at), name) {
                return Some(found);
            }
        }
        let unknown = self.providers().filter(|(at, provider)| {
            let unlisted = provider.models.is_empty() && !provider.is_built_in();
            unlisted
                && (!has_inventory(provider)
                    || matches!(self.inventories.listing(*at, self.now), Listing::Unknown))
        });
        let unknown: Vec<usize> = unknown.map(|(at, _)| at).collect();
        match unknown.as_slice() {
            [only] => Some(Found::One(Candidate { provider: *only, model: name.to_owned() })),
            _ => None,
        }
    }

    fn unknown(&self, name: &str) -> ApiError {
        let names = self.names();
        let hint = match nearest(name, names.iter().map(String::as_str)) {
            Some(near) => format!(" Did you mean `{near}`?"),
            None if names.is_empty() => {
                " Name a model as `provider/model`, with a provider that is configured.".to_owned()
            }
            None => " `GET /v1/models` lists the models that can be named.".to_owned(),
        };
        let shown: String = name.chars().take(128).collect();
        let problem = match name.split_once('/') {
            Some((prefix, _)) if crate::provider::find(prefix).is_some() => {
                format!("The model `{shown}` cannot be reached: no provider `{prefix}` is configured.")
            }
            _ => format!("The model `{shown}` does not exist or no configured provider has it."),
        };
        refused(problem + &hint)
    }

    fn ambiguous(&self, name: &str, candidates: &[Candidate]) -> ApiError {
        let names: Vec<String> = candidates.iter().map(|c| format!("`{}`", self.qualified(c))).collect();
        refused(format!(
            "Several providers have a model `{name}`: name one of {}, or let an alias decide.",
            names.join(", ")
        ))
    }

    fn qualified(&self, candidate: &Candidate) -> String {
        let provider = self.policy.providers.get(candidate.provider);
        format!("{}/{}", provider.map_or("", |p| p.name.as_str()), candidate.model)
    }

    /// All names that are known to work, to find the nearest among.
    fn names(&self) -> BTreeSet<String> {
        let mut names: BTreeSet<String> = self.policy.aliases.keys().cloned().collect();
        for (at, provider) in self.providers() {
            let listing = self.inventories.listing(at, self.now);
            let inventory: &[String] = match &listing {
                Listing::Known(models) if provider.models.is_empty() => models,
                _ => &[],
            };
            for model in provider.models.iter().chain(inventory) {
                names.insert(format!("{}/{model}", provider.name));
                names.insert(model.clone());
            }
        }
        names
    }
}

fn pick(providers: impl Iterator<Item = usize>, name: &str) -> Option<Found> {
    let mut candidates: Vec<Candidate> =
        providers.map(|provider| Candidate { provider, model: name.to_owned() }).collect();
    match candidates.len() {
        0 => None,
        1 => candidates.pop().map(Found::One),
        _ => Some(Found::Several(candidates)),
    }
}

fn has_inventory(provider: &Provider) -> bool {
    provider.row.inventory && !provider.is_built_in()
}

fn refused(message: String) -> ApiError {
    ApiError::new(ErrorKind::NotFound, message).with_code("model_not_found").with_param("model")
}
