//! The places that the gateway runs on.

use crate::process::Failure;
use std::str::FromStr;

/// A platform with an adapter under `targets/`, or what is left of one elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Native,
    Cloudflare,
    Lambda,
    Spin,
    /// Spin where it has no SQLite and ends a request after 30 s, as Akamai hosts it.
    SpinHosted,
}

impl Target {
    /// The four that are compared.
    pub(crate) const ALL: [Self; 4] = [Self::Native, Self::Cloudflare, Self::Lambda, Self::Spin];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Cloudflare => "cloudflare",
            Self::Lambda => "lambda",
            Self::Spin => "spin",
            Self::SpinHosted => "spin-hosted",
        }
    }
}

impl FromStr for Target {
    type Err = Failure;

    fn from_str(name: &str) -> Result<Self, Failure> {
        let mut known = Self::ALL.into_iter().chain([Self::SpinHosted]);
        known.find(|target| target.name() == name).ok_or_else(|| {
            Failure::new(format!(
                "{name} is not a target; the targets are native, cloudflare, lambda, spin and spin-hosted"
            ))
        })
    }
}
