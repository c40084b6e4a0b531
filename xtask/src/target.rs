//! The four places that the gateway runs on.

use crate::process::Failure;
use std::str::FromStr;

/// A platform with an adapter under `targets/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Native,
    Cloudflare,
    Lambda,
    Spin,
}

impl Target {
    pub(crate) const ALL: [Self; 4] = [Self::Native, Self::Cloudflare, Self::Lambda, Self::Spin];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Cloudflare => "cloudflare",
            Self::Lambda => "lambda",
            Self::Spin => "spin",
        }
    }
}

impl FromStr for Target {
    type Err = Failure;

    fn from_str(name: &str) -> Result<Self, Failure> {
        Self::ALL.into_iter().find(|target| target.name() == name).ok_or_else(|| {
            Failure::new(format!(
                "{name} is not a target; the targets are native, cloudflare, lambda and spin"
            ))
        })
    }
}
