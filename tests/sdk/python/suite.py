"""A test is a function; the suite runs them all, several at once, and counts.

Each test gets its own token, which marks its requests at the stand-in upstream.
"""

import itertools
import json
import os
import re
import sys
import time
import traceback
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import httpx2

URL = os.environ["TOLLBRIDGE_URL"]
KEY = os.environ["TOLLBRIDGE_KEY"]
UPSTREAM = os.environ["TOLLBRIDGE_UPSTREAM"]

#: workerd's server ends connections that were idle for five seconds, and the SDKs' client takes them for alive as
#: long: now and then a request would meet the end of its connection. (Cloudflare's network is not so quick.)
_LIMITS = httpx2.Limits(max_connections=1000, max_keepalive_connections=100, keepalive_expiry=2)

#: A provider of each wire. One of them speaks as the caller does, the others are behind a translation.
PROVIDERS = ["openai", "anthropic", "gemini"]

#: Models that sign their reasoning, and refuse a turn of tools that comes back without.
SIGNING = [
    "anthropic/claude-sonnet-4-5-20250929~",
    "anthropic/claude-opus-4-6-20260205~",
    "gemini/gemini-3-flash-preview~",
]


def client_options(sdk):
    """What all clients of an SDK are made with, beside the address. Nothing is tried again unasked."""
    http_client = sdk.DefaultHttpxClient(limits=_LIMITS)
    return {"api_key": KEY, "max_retries": 0, "timeout": 30, "http_client": http_client}


_tests = []
_numbers = itertools.count()
_run = f"{os.getpid():x}"


class Skip(Exception):
    """The test cannot run here."""


def each(*arguments):
    """Registers a test, once for every argument."""

    def register(function):
        for argument in arguments:
            _tests.append((f"{function.__name__} ({argument})", lambda f=function, a=argument: f(a)))
        return function

    return register


def once(function):
    """Registers a test."""
    _tests.append((function.__name__, function))
    return function


class Script:
    """A script for the stand-in as a model name, with a token of its own."""

    def __init__(self, provider, words):
        self.token = f"tok-py-{_run}-{next(_numbers)}"
        self.upstream_model = f"{words}.id-{self.token}"
        self.model = f"{provider}/{self.upstream_model}"

    @classmethod
    def of(cls, model, words):
        """A script under the name of a model (`provider/model~`), for names that a gateway treats in a way of their
        own."""
        provider, name = model.split("/", 1)
        return cls(provider, name + words)

    def ended(self):
        """How the answer to the last request ended, once it has."""
        for _ in range(100):
            if ending := self.requests()[-1]["ended"]:
                return ending
            time.sleep(0.03)
        return None

    def requests(self):
        """What arrived upstream."""
        with urllib.request.urlopen(f"{UPSTREAM}/control/session?key={self.token}") as answer:
            return json.load(answer)["requests"]


def signatures(script):
    """How many signatures the last request had that the provider had issued."""
    body = script.requests()[-1]["body"]
    return len(re.findall(r'"(?:signature|thoughtSignature|data)":"[A-Za-z0-9+/=]{20,}"', body))


def equal(found, expected, what="value"):
    if found != expected:
        raise AssertionError(f"{what}: expected {expected!r}, found {found!r}")


def strict(answer):
    """The answer, once every member of it fits the library's own types. The libraries build what they are given
    without a look at it."""
    type(answer).model_validate(answer.to_dict(mode="json"))
    return answer


def raises(kind, function):
    """The exception of that kind that the function raises."""
    try:
        function()
    except kind as error:
        return error
    except Exception as error:
        raise AssertionError(f"expected {kind.__name__}, got {type(error).__name__}: {error}") from error
    raise AssertionError(f"expected {kind.__name__}, and nothing was raised")


def _one(test):
    name, function = test
    try:
        function()
        return "passed", name, ""
    except Skip as reason:
        return "skipped", name, str(reason)
    except Exception:
        return "failed", name, traceback.format_exc()


def main():
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    with ThreadPoolExecutor(8) as pool:
        for outcome, name, text in pool.map(_one, _tests):
            counts[outcome] += 1
            if outcome == "failed":
                print(f"FAILED {name}\n{text}")
            elif outcome == "skipped":
                print(f"skipped: {name}: {text}")
    print(", ".join(f"{count} {outcome}" for outcome, count in counts.items()))
    sys.exit(1 if counts["failed"] else 0)
