//! Where a caller stands, in the headers of its own protocol.
//!
//! OpenAI says durations (`x-ratelimit-reset-requests: 12.5s`; "Rate limits in headers"), Anthropic
//! moments (`anthropic-ratelimit-requests-reset: 2026-11-21T08:06:00Z`; "Rate limits: response
//! headers"). Both are about requests here. A provider's own headers about requests are the account's
//! of the gateway's operator, and are taken away where the caller has a limit of its own, so that
//! each name has one meaning; those about tokens stay.

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::{govern::limits::Standing, ledger::push_second, ports::Micros, protocol::Front};

/// The names of limit, remaining and reset.
type Names = [HeaderName; 3];

const OPENAI: Names = [
    HeaderName::from_static("x-ratelimit-limit-requests"),
    HeaderName::from_static("x-ratelimit-remaining-requests"),
    HeaderName::from_static("x-ratelimit-reset-requests"),
];

const ANTHROPIC: Names = [
    HeaderName::from_static("anthropic-ratelimit-requests-limit"),
    HeaderName::from_static("anthropic-ratelimit-requests-remaining"),
    HeaderName::from_static("anthropic-ratelimit-requests-reset"),
];

/// Says it, in place of what a provider said.
pub(super) fn describe(headers: &mut HeaderMap, front: Front, standing: Standing, now: Micros) {
    for name in OPENAI.iter().chain(&ANTHROPIC) {
        headers.remove(name);
    }
    let mut reset = String::new();
    let [limit_name, remaining_name, reset_name] = match front {
        Front::Chat => {
            push_duration(standing.reset_at.saturating_sub(now), &mut reset);
            OPENAI
        }
        Front::Messages => {
            push_second(standing.reset_at, &mut reset);
            ANTHROPIC
        }
    };
    headers.insert(limit_name, HeaderValue::from(standing.limit));
    headers.insert(remaining_name, HeaderValue::from(standing.remaining));
    if let Ok(reset) = HeaderValue::try_from(reset) {
        headers.insert(reset_name, reset);
    }
}

/// As OpenAI writes them: `250ms`, `12.5s`, `1m0s`, to the millisecond.
fn push_duration(micros: Micros, out: &mut String) {
    let ms = micros.div_ceil(1_000);
    let mut number = |number: u64| out.push_str(itoa::Buffer::new().format(number));
    if ms > 0 && ms < 1_000 {
        number(ms);
        out.push_str("ms");
        return;
    }
    let (minutes, seconds, mut rest) = (ms / 60_000, ms / 1_000 % 60, ms % 1_000);
    if minutes > 0 {
        number(minutes);
        out.push('m');
    }
    out.push_str(itoa::Buffer::new().format(seconds));
    if rest > 0 {
        out.push('.');
        let mut place = 100;
        while rest > 0 {
            out.push(char::from(b'0' + (rest / place) as u8));
            rest %= place;
            place /= 10;
        }
    }
    out.push('s');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_written_as_openai_writes_them() {
        for (micros, want) in [
            (0, "0s"),
            (1, "1ms"),
            (250_000, "250ms"),
            (999_001, "1s"),
            (1_000_000, "1s"),
            (12_500_000, "12.5s"),
            (8_640_000, "8.64s"),
            (1_007_000, "1.007s"),
            (60_000_000, "1m0s"),
            (360_000_000, "6m0s"),
            (61_250_000, "1m1.25s"),
        ] {
            let mut text = String::new();
            push_duration(micros, &mut text);
            assert_eq!(text, want, "{micros}");
        }
    }

    #[test]
    fn each_protocol_has_its_own_and_the_providers_are_gone() {
        let standing = Standing { limit: 60, remaining: 7, reset_at: 1_795_248_360_000_000 };
        for (front, want) in [
            (
                Front::Chat,
                [
                    ("x-ratelimit-limit-requests", "60"),
                    ("x-ratelimit-remaining-requests", "7"),
                    ("x-ratelimit-reset-requests", "51s"),
                ],
            ),
            (
                Front::Messages,
                [
                    ("anthropic-ratelimit-requests-limit", "60"),
                    ("anthropic-ratelimit-requests-remaining", "7"),
                    ("anthropic-ratelimit-requests-reset", "2026-11-21T08:06:00Z"),
                ],
            ),
        ] {
            let mut headers = HeaderMap::new();
            for name in OPENAI.into_iter().chain(ANTHROPIC) {
                headers.insert(name, HeaderValue::from_static("the provider's"));
            }
            let tokens = HeaderName::from_static("x-ratelimit-remaining-tokens");
            headers.insert(tokens.clone(), HeaderValue::from_static("5"));
            describe(&mut headers, front, standing, 1_795_248_309_000_000);
            assert_eq!(headers.remove(tokens).unwrap(), "5");
            let found: Vec<_> = want.iter().map(|(name, _)| headers.get(*name).unwrap()).collect();
            assert_eq!(found, want.map(|(_, value)| value));
            assert_eq!(headers.len(), 3);
        }
    }
}
