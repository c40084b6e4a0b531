//! The settings of this target alone: where it listens and keeps its files.

use std::{
    net::{IpAddr, Ipv4Addr},
    path::PathBuf,
};

use serde_json::{Map, Value};
use tollbridge_core::config::{Field, Scalar, Shape};

static HOST: Scalar = Scalar {
    what: "an IP address, such as `127.0.0.1` or `0.0.0.0`, or `localhost`",
    number: false,
    choices: &[],
    valid: |text| host(text).is_some(),
    shown: true,
};

static PORT: Scalar = Scalar {
    what: "a port from 0 to 65535 (0 takes any that is free)",
    number: true,
    choices: &[],
    valid: |text| text.parse::<u16>().is_ok(),
    shown: true,
};

static FOLDER: Scalar = Scalar {
    what: "a folder",
    number: false,
    choices: &[],
    valid: |text| !text.is_empty() && !text.contains('\0'),
    shown: true,
};

/// What stands at the top of the file beside the document's own settings.
pub(crate) static NATIVE: &[Field] = &[
    Field {
        name: "host",
        shape: Shape::Scalar(&HOST),
        env: Some("HOST"),
        required: false,
        default: "127.0.0.1",
        about: "The address to listen on. Any but this machine's own asks for a key.",
    },
    Field {
        name: "port",
        shape: Shape::Scalar(&PORT),
        env: Some("PORT"),
        required: false,
        default: "8080",
        about: "The port to listen on.",
    },
    Field {
        name: "data_dir",
        shape: Shape::Scalar(&FOLDER),
        env: Some("DATA_DIR"),
        required: false,
        default: "data",
        about: "The folder of the files of the usage ledger and the cache. It is made if it is not there.",
    },
];

/// Reads an address to listen on.
pub(crate) fn host(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    if text.eq_ignore_ascii_case("localhost") {
        return Some(Ipv4Addr::LOCALHOST.into());
    }
    text.trim_matches(['[', ']']).parse().ok()
}

/// The values of these settings.
pub(crate) struct Listening {
    pub(crate) host: IpAddr,
    pub(crate) port: u16,
    pub(crate) data_dir: PathBuf,
}

impl Listening {
    /// Takes them out of what has passed the check, so that the core's own settings remain.
    pub(crate) fn take(value: &mut Map<String, Value>) -> Self {
        let mut texts = NATIVE.iter().map(|field| match value.remove(field.name) {
            Some(Value::String(text)) => text,
            Some(Value::Number(number)) => number.to_string(),
            _ => field.default.to_owned(),
        });
        let mut next = || texts.next().unwrap_or_default();
        Self {
            host: host(&next()).unwrap_or(Ipv4Addr::LOCALHOST.into()),
            port: next().parse().unwrap_or_default(),
            data_dir: PathBuf::from(next()),
        }
    }
}
