"""Drives the gateway with PyPI `openai`."""

import suite
import openai_answers  # noqa: F401  (importing registers the tests)
import openai_errors  # noqa: F401

suite.main()
