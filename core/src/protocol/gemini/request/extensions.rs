//! Google's own settings, which callers of other protocols can send too.
//!
//! They stand at the top of the request (`safety_settings`, `cached_content`), or where Google's
//! OpenAI-compatible API has them: in `extra_body.google`, with `thinking_config` beside them.

use crate::{
    conversation::Request,
    error::ApiError,
    protocol::{
        fields::Report,
        json::{Raw, from_str, wire_object},
    },
};

wire_object! {
    struct WireExtraBody<'a> {
        google: WireGoogle<'a> = "google",
    }

    struct WireGoogle<'a> {
        safety_settings: Raw<'a> = "safety_settings",
        cached_content: Raw<'a> = "cached_content",
        thinking_config: Raw<'a> = "thinking_config",
    }
}

/// What a request says in Google's own words.
#[derive(Debug, Default)]
pub(super) struct Extensions<'r> {
    pub(super) safety_settings: Option<Raw<'r>>,
    pub(super) cached_content: Option<Raw<'r>>,
    pub(super) thinking_config: Option<Raw<'r>>,
}

/// Names of the fields that are read here.
pub(super) const NAMES: [&str; 3] = ["safety_settings", "cached_content", "extra_body"];

impl<'r> Extensions<'r> {
    pub(super) fn of(request: &'r Request<'_>, report: &mut Report<'_>) -> Result<Self, ApiError> {
        let mut found = Self::default();
        for (name, value) in request.extra.iter().filter(|(_, value)| value.get() != "null") {
            match name.as_ref() {
                "safety_settings" => found.safety_settings = Some(value),
                "cached_content" => found.cached_content = Some(value),
                "extra_body" => found.extra_body(value, report)?,
                _ => {}
            }
        }
        Ok(found)
    }

    fn extra_body(&mut self, json: Raw<'r>, report: &mut Report<'_>) -> Result<(), ApiError> {
        let Ok(body) = from_str::<WireExtraBody<'r>>(json.get()) else {
            return report.lost_or_unknown("extra_body");
        };
        for (name, _) in &body.extra {
            report.lost_or_unknown(&format!("extra_body.{name}"))?;
        }
        let google = body.google.unwrap_or_default();
        for (name, _) in &google.extra {
            report.lost_or_unknown(&format!("extra_body.google.{name}"))?;
        }
        self.safety_settings = google.safety_settings.or(self.safety_settings);
        self.cached_content = google.cached_content.or(self.cached_content);
        self.thinking_config = google.thinking_config;
        Ok(())
    }
}
