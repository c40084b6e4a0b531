//! What the settings' values look like, one by one.

use crate::{
    config::{pattern::ModelPattern, policy::Retry, shape::Scalar, value},
    govern::TenantPath,
    model::{Date, Effort, Param},
};

const TEXT: Scalar =
    Scalar { what: "a text", number: false, choices: &[], valid: value::is_line, shown: true };

pub(super) static LINE: Scalar = TEXT;

pub(super) static INSTANCE: Scalar = Scalar {
    what: "a provider's name: lower-case letters, digits, `-`, `_` and `.`, such as `my-llm`",
    valid: value::is_instance_name,
    ..TEXT
};

pub(super) static MODEL: Scalar = Scalar {
    what: "a model's name without spaces, such as `gpt-5` or `openai/gpt-5`",
    valid: value::is_model_name,
    ..TEXT
};

pub(super) static PATTERN: Scalar = Scalar {
    what: "a model's name, in which `*` stands for any text, such as `openai/*` or `gpt-*`",
    valid: |text| ModelPattern::parse(text).is_ok(),
    ..TEXT
};

pub(super) static URL: Scalar = Scalar {
    what: "an address such as `https://llm.example.com/v1`, without user, password or query",
    valid: value::is_url,
    shown: false,
    ..TEXT
};

pub(super) static ORIGIN: Scalar = Scalar {
    what: "an origin such as `https://app.example.com`, without a slash at its end, or `*` for any",
    valid: value::is_origin,
    ..TEXT
};

pub(super) static DIGEST: Scalar = Scalar {
    what: "`sha256:` and 64 hexadecimal digits, as `tollbridge key new` prints them (never the key itself)",
    valid: |text| value::digest(text).is_some(),
    shown: false,
    ..TEXT
};

pub(super) static TENANT: Scalar = Scalar {
    what: "a tenant path such as `/team/app/user`",
    valid: |text| TenantPath::parse(text).is_ok(),
    ..TEXT
};

pub(super) static TIME: Scalar = Scalar {
    what: "a time such as `2027-01-31T00:00:00Z`, or a date",
    valid: |text| value::time(text).is_some(),
    ..TEXT
};

pub(super) static DURATION: Scalar = Scalar {
    what: "a duration of a day at most: `250ms`, `30s`, `10m`, `1h`, or a number of seconds",
    number: true,
    valid: |text| value::duration(text).is_some(),
    ..TEXT
};

/// A limit of zero would refuse every request.
pub(super) static TIMEOUT: Scalar = Scalar {
    what: "a duration from 1ms to a day: `250ms`, `30s`, `10m`, `1h`, or a number of seconds",
    number: true,
    valid: |text| value::duration(text).is_some_and(|duration| !duration.is_zero()),
    ..TEXT
};

pub(super) static SIZE: Scalar = Scalar {
    what: "a size from 1 byte to 4 GB: `500K`, `10M`, `1G`, or a number of bytes",
    number: true,
    valid: |text| value::size(text).is_some(),
    ..TEXT
};

pub(super) static RETRIES: Scalar = Scalar {
    what: "a number from 0 to 3",
    number: true,
    valid: |text| text.parse::<u8>().is_ok_and(|retries| retries < Retry::MOST),
    ..TEXT
};

pub(super) static QUOTA: Scalar = Scalar {
    what: "a number from 1 to 1000000",
    number: true,
    valid: |text| value::count(text).is_some(),
    ..TEXT
};

pub(super) static ON_STORE_FAILURE: Scalar =
    Scalar { what: "`pass` or `refuse`", choices: &["pass", "refuse"], ..TEXT };

pub(super) static ON_UNSUPPORTED: Scalar =
    Scalar { what: "`auto`, `drop` or `reject`", choices: &["auto", "drop", "reject"], ..TEXT };

pub(super) static LOG_FORMAT: Scalar =
    Scalar { what: "`json` or `text`", choices: &["json", "text"], ..TEXT };

pub(super) static MODE: Scalar =
    Scalar { what: "`merge` or `replace`", choices: &["merge", "replace"], ..TEXT };

pub(super) static FEW: Scalar = Scalar {
    what: "a number from 1 to 64",
    number: true,
    valid: |text| text.parse::<u8>().is_ok_and(|count| (1..=64).contains(&count)),
    ..TEXT
};

pub(super) static COUNT: Scalar = Scalar {
    what: "a number of tokens",
    number: true,
    valid: |text| text.parse::<u32>().is_ok_and(|tokens| tokens > 0),
    ..TEXT
};

pub(super) static DAY: Scalar =
    Scalar { what: "a day such as `2027-01-31`", valid: |text| text.parse::<Date>().is_ok(), ..TEXT };

pub(super) static PARAM: Scalar = Scalar {
    what: "a parameter, such as `temperature` or `forced_tool`",
    valid: |text| Param::named(text).is_some(),
    ..TEXT
};

pub(super) static EFFORT: Scalar = Scalar {
    what: "`none`, `minimal`, `low`, `medium`, `high`, `xhigh` or `max`",
    valid: |text| Effort::named(text).is_some(),
    ..TEXT
};

pub(super) static CONTROL: Scalar = Scalar {
    what: "`none`, `fixed`, `switch`, `effort`, `budget` or `effort_or_budget`",
    choices: &["none", "fixed", "switch", "effort", "budget", "effort_or_budget"],
    ..TEXT
};
