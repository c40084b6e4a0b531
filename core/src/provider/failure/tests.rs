use super::*;

fn of(status: u16, code: &str, kind: &str, message: &str) -> Failure {
    let said = Said {
        code: Some(code).filter(|text| !text.is_empty()),
        kind: Some(kind).filter(|text| !text.is_empty()),
        message,
    };
    failure(StatusCode::from_u16(status).unwrap(), &HeaderMap::new(), said, 0)
}

/// Answers as providers gave or document them.
#[test]
fn failures_are_told_apart() {
    use FailureKind::*;
    for (status, code, kind, message, expected) in [
        (429, "rate_limit_exceeded", "requests", "Rate limit reached for gpt-4o", RateLimited),
        (429, "", "rate_limit_error", "This request would exceed your rate limit", RateLimited),
        (429, "429", "", "Provider returned error", RateLimited),
        // Gemini speaks of a quota when it means a minute's limit.
        (
            429,
            "",
            "RESOURCE_EXHAUSTED",
            "You exceeded your current quota, please check your plan.",
            RateLimited,
        ),
        (429, "insufficient_quota", "insufficient_quota", "You exceeded your current quota", Quota),
        (400, "insufficient_quota", "insufficient_quota", "You exceeded your current quota", Quota),
        (402, "", "", "Insufficient Balance", Quota),
        (400, "", "invalid_request_error", "Your credit balance is too low to access the API.", Quota),
        (429, "", "exceeded_current_quota_error", "suspended", Quota),
        (529, "", "overloaded_error", "Overloaded", Overloaded),
        (200, "", "overloaded_error", "Overloaded", Overloaded),
        (503, "", "", "no healthy upstream", Overloaded),
        (498, "", "", "capacity", Overloaded),
        (403, "unsupported_country_region_territory", "request_forbidden", "Country not supported", Location),
        (400, "400", "FAILED_PRECONDITION", "User location is not supported for the API use.", Location),
        (403, "", "forbidden", "Request not allowed", Location),
        (401, "invalid_api_key", "invalid_request_error", "Incorrect API key provided: sk-…", Auth),
        (400, "invalid-argument", "", "Incorrect API key provided. You can obtain one", Auth),
        (403, "", "permission_error", "no access", Auth),
        (403, "", "", "", Auth),
        (404, "model_not_found", "invalid_request_error", "does not exist", NotFound),
        (400, "model_not_found", "invalid_request_error", "does not exist", NotFound),
        (404, "DeploymentNotFound", "", "The API deployment does not exist", NotFound),
        (404, "", "", "404 page not found", NotFound),
        (400, "context_length_exceeded", "invalid_request_error", "too long", TooLong),
        (400, "", "invalid_request_error", "prompt is too long: 210000 tokens > 200000 maximum", TooLong),
        (400, "400", "exceed_context_size_error", "request (2009 tokens) exceeds", TooLong),
        (
            413,
            "rate_limit_exceeded",
            "tokens",
            "Request too large for model `x` on tokens per minute",
            TooLong,
        ),
        (413, "", "request_too_large", "", TooLong),
        (400, "content_filter", "", "The response was filtered", Filtered),
        (
            400,
            "unsupported_parameter",
            "invalid_request_error",
            "Unsupported parameter: 'max_tokens'",
            BadRequest,
        ),
        (422, "", "invalid_request_error", "extra_forbidden", BadRequest),
        (200, "tool_use_failed", "invalid_request_error", "Tool choice is required", BadRequest),
        (408, "", "", "", Timeout),
        (504, "", "timeout_error", "", Timeout),
        (524, "", "", "a page of HTML", Timeout),
        (500, "500", "server_error", "tools param requires --jinja flag", Server),
        (500, "", "", "your prompt is too long, said the log", Server),
        (502, "", "", "", Server),
        (200, "server_error", "server_error", "The server had an error", Server),
        (200, "", "", "something", Server),
    ] {
        let got = of(status, code, kind, message);
        assert_eq!(got.kind, expected, "{status} {code} {kind} {message}");
    }
}

#[test]
fn each_kind_says_what_can_help() {
    for (status, code, again, other_key, elsewhere) in [
        (429, "", true, true, true),
        (429, "insufficient_quota", false, true, true),
        (503, "", true, false, true),
        (403, "unsupported_country_region_territory", false, false, true),
        (401, "", false, true, true),
        (404, "", false, false, true),
        (400, "context_length_exceeded", false, false, true),
        (400, "content_filter", false, false, false),
        (400, "", false, false, false),
        (408, "", true, false, true),
        (409, "", true, false, true),
        (500, "", true, false, true),
        (501, "", false, false, true),
        (302, "", false, false, true),
    ] {
        let got = of(status, code, "", "");
        assert_eq!(
            (got.again, got.other_key, got.elsewhere),
            (again, other_key, elsewhere),
            "{status} {code}"
        );
    }
}

#[test]
fn the_provider_may_say_itself_whether_to_retry() {
    for (status, word, again) in [(500, "false", false), (400, "true", true), (500, "maybe", true)] {
        let mut headers = HeaderMap::new();
        headers.insert("x-should-retry", word.parse().unwrap());
        let got = failure(StatusCode::from_u16(status).unwrap(), &headers, Said::default(), 0);
        assert_eq!(got.again, again, "{status} {word}");
    }
}

#[test]
fn how_long_to_wait_is_read_in_every_spelling() {
    // 1994-11-06 08:49:37 UTC
    const DATE: u64 = 784_111_777_000_000;
    for (headers, expected) in [
        (&[("retry-after", "20")][..], Some(20_000)),
        (&[("retry-after", " 0.25 ")], Some(250)),
        (&[("retry-after-ms", "1500"), ("retry-after", "20")], Some(1_500)),
        (&[("retry-after-ms", "x"), ("retry-after", "2")], Some(2_000)),
        (&[("retry-after", "Sun, 06 Nov 1994 08:49:47 GMT")], Some(10_000)),
        (&[("retry-after", "Sun, 06 Nov 1994 08:49:07 GMT")], Some(0)),
        (&[("retry-after", "-3")], None),
        (&[("retry-after", "NaN")], None),
        (&[("retry-after", "1e300")], None),
        (&[("retry-after", "soon")], None),
        (&[], None),
    ] {
        let headers: HeaderMap =
            headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        let expected = expected.map(Duration::from_millis);
        assert_eq!(retry_after(&headers, DATE), expected, "{headers:?}");
    }
}
