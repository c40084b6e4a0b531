"""Errors through `openai`: the typed exceptions, and who retries what."""

import openai
from suite import PROVIDERS, URL, Script, client_options, each, equal, once, raises

HELLO = [{"role": "user", "content": "Hello"}]


def client(**options):
    return openai.OpenAI(**{"base_url": f"{URL}/v1"} | client_options(openai) | options)


def ask(script, using=None, **options):
    return (using or client()).chat.completions.create(model=script.model, messages=HELLO, **options)


#: An upstream's status, and the exception that it is.
KINDS = [
    (400, openai.BadRequestError),
    (401, openai.AuthenticationError),
    (403, openai.PermissionDeniedError),
    (404, openai.NotFoundError),
    (409, openai.ConflictError),
    (500, openai.InternalServerError),
    (503, openai.InternalServerError),
]


@each(*PROVIDERS)
def typed_exceptions(provider):
    for status, kind in KINDS:
        for stream in (False, True):
            instance = "denied" if status in (401, 403) else "faulty"
            script = Script(f"{provider}-{instance}", f"error.status-{status}")
            error = raises(kind, lambda: ask(script, stream=stream))
            equal(error.status_code, status)
            equal(isinstance(error.body, dict) and bool(error.body["message"]), True, f"body {error.body}")


@each("openai-limits-4", "anthropic-limits-3", "gemini-limits-3")
def rate_limits_carry_their_headers(provider):
    script = Script(provider, "error.status-429.retry-3600.limits")
    error = raises(openai.RateLimitError, lambda: ask(script))
    equal(error.response.headers["retry-after"], "3600")


@once
def a_wrong_key():
    error = raises(openai.AuthenticationError, lambda: ask(Script("openai", "ok"), client(api_key="sk-tb-wrong")))
    equal("sk-tb-wrong" in str(error), False, "the key in the message")


@once
def an_unknown_model():
    error = raises(openai.NotFoundError, lambda: client().chat.completions.create(model="no-such-model", messages=HELLO))
    equal(error.code, "model_not_found")
    raises(openai.NotFoundError, lambda: client().models.retrieve("no-such-model"))


@each(*PROVIDERS)
def the_gateway_retries_so_that_the_client_need_not(provider):
    script = Script(f"{provider}-faulty", "failthen.times-2.status-503")
    equal(ask(script).choices[0].finish_reason, "stop")
    equal(len(script.requests()), 3)


@each(*PROVIDERS)
def the_client_does_not_retry_what_was_retried(provider):
    script = Script(f"{provider}-faulty", "error.status-503")
    raises(openai.InternalServerError, lambda: ask(script, client(max_retries=2)))
    equal(len(script.requests()), 4)


@once
def the_client_obeys_the_upstream():
    script = Script("openai-faulty", "error.status-500.noretry")
    raises(openai.InternalServerError, lambda: ask(script, client(max_retries=2)))
    equal(len(script.requests()), 1)


@each(*PROVIDERS)
def a_broken_stream_raises(provider):
    for words in ("ok.n-20.midfail-6", "ok.n-20.cut-6", "ok.n-20.ends-6"):
        script = Script(f"{provider}-faulty", words)
        raises(openai.APIError, lambda: list(ask(script, stream=True)))


@each(*PROVIDERS)
def a_client_that_gives_up_ends_the_upstream_request(provider):
    script = Script(f"{provider}-faulty", "ok.hang-head")
    raises(openai.APITimeoutError, lambda: ask(script, client(timeout=0.7)))
    equal(len(script.requests()), 1)
