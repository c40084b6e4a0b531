"""Errors through `anthropic`: the typed exceptions, and who retries what."""

import anthropic
from suite import KEY, PROVIDERS, URL, Script, client_options, each, equal, once, raises

HELLO = [{"role": "user", "content": "Hello"}]


def client(**options):
    return anthropic.Anthropic(**{"base_url": URL} | client_options(anthropic) | options)


def ask(script, using=None, **options):
    return (using or client()).messages.create(model=script.model, max_tokens=500, messages=HELLO, **options)


#: An upstream's status, the exception that it is, and the type in the body.
KINDS = [
    (400, anthropic.BadRequestError, "invalid_request_error"),
    (401, anthropic.AuthenticationError, "authentication_error"),
    (403, anthropic.PermissionDeniedError, "permission_error"),
    (404, anthropic.NotFoundError, "not_found_error"),
    (413, anthropic.APIStatusError, "request_too_large"),
    (500, anthropic.InternalServerError, "api_error"),
    (503, anthropic.InternalServerError, None),
    (529, anthropic.InternalServerError, "overloaded_error"),
]


@each(*PROVIDERS)
def message_exceptions(provider):
    for status, kind, name in KINDS:
        for stream in (False, True):
            instance = "denied" if status in (401, 403) else "faulty"
            script = Script(f"{provider}-{instance}", f"error.status-{status}")
            error = raises(kind, lambda: ask(script, stream=stream))
            equal(error.status_code, status)
            equal((error.body["type"], bool(error.body["error"]["message"])), ("error", True), f"{error.body}")
            if name:
                equal(error.body["error"]["type"], name)


@each("openai-limits-5", "anthropic-limits-5", "gemini-limits-5")
def message_rate_limits_carry_their_headers(provider):
    script = Script(provider, "error.status-429.retry-3600.limits")
    error = raises(anthropic.RateLimitError, lambda: ask(script))
    equal(error.body["error"]["type"], "rate_limit_error")
    equal(error.response.headers["retry-after"], "3600")


@once
def message_with_a_wrong_key():
    error = raises(
        anthropic.AuthenticationError, lambda: ask(Script("openai", "ok"), client(api_key="sk-tb-wrong"))
    )
    equal("sk-tb-wrong" in str(error), False, "the key in the message")


@once
def message_key_in_either_header():
    for options in ({"auth_token": KEY, "api_key": None}, {"default_headers": {"x-api-key": KEY}}):
        equal(ask(Script("openai", "ok"), client(**options)).stop_reason, "end_turn")


@once
def message_to_an_unknown_model():
    def asked():
        client().messages.create(model="no-such-model", max_tokens=5, messages=HELLO)

    error = raises(anthropic.NotFoundError, asked)
    equal(error.body["error"]["type"], "not_found_error")
    raises(anthropic.NotFoundError, lambda: client().models.retrieve("no-such-model"))


@each(*PROVIDERS)
def message_that_the_gateway_retries(provider):
    script = Script(f"{provider}-faulty", "failthen.times-2.status-503")
    equal(ask(script).stop_reason, "end_turn")
    equal(len(script.requests()), 3)


@each(*PROVIDERS)
def message_that_the_client_does_not_retry_again(provider):
    script = Script(f"{provider}-faulty", "error.status-529")
    raises(anthropic.InternalServerError, lambda: ask(script, client(max_retries=2)))
    equal(len(script.requests()), 4)


@each(*PROVIDERS)
def message_whose_stream_breaks(provider):
    for words in ("ok.n-20.midfail-6", "ok.n-20.cut-6", "ok.n-20.ends-6"):
        script = Script(f"{provider}-faulty", words)
        raises(anthropic.APIError, lambda: list(ask(script, stream=True)))


@each(*PROVIDERS)
def message_that_is_given_up(provider):
    script = Script(f"{provider}-faulty", "ok.hang-head")
    raises(anthropic.APITimeoutError, lambda: ask(script, client(timeout=0.7)))
    equal(len(script.requests()), 1)


@each(*PROVIDERS)
def message_whose_stream_is_left(provider):
    script = Script(provider, "ok.n-400.gap-20")
    with ask(script, stream=True) as stream:
        for seen, _ in enumerate(stream):
            if seen == 5:
                break
    equal(script.ended(), "dropped")
