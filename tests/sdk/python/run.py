"""Drives the gateway with PyPI `openai` and PyPI `anthropic`."""

import anthropic_agents  # noqa: F401  (importing registers the tests)
import anthropic_answers  # noqa: F401
import anthropic_errors  # noqa: F401
import openai_agents  # noqa: F401
import openai_answers  # noqa: F401
import openai_errors  # noqa: F401
import suite

suite.main()
