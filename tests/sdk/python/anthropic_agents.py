"""Agents' loops through `anthropic`: its own tool runner, which would rather have the server hold the conversation, and
clients that send it all again."""

import anthropic
from anthropic import beta_tool
from anthropic_answers import HELLO, TOOLS, texts
from suite import KEY, PROVIDERS, URL, Script, each, equal, once, strict

client = anthropic.Anthropic(base_url=URL, api_key=KEY, max_retries=0, timeout=30)

BUDGET = {"type": "enabled", "budget_tokens": 1024}

ADAPTIVE = {"type": "adaptive"}

#: Models that sign their reasoning, and how each is told to think.
SIGNING = [("anthropic/claude-sonnet-4-5-20250929~", BUDGET), ("anthropic/claude-opus-4-6-20260205~", ADAPTIVE)]

SETTLED = "settled: r0, r1, r2, r3, r4"


def counting_tool():
    turns = iter(range(5))

    @beta_tool
    def look_up(place: str) -> str:
        """Looks a place up.

        Args:
            place: Which one.
        """
        equal(place, "settled")
        return f"r{next(turns)}"

    return look_up


def run(script, stream=False, **options):
    runner = client.beta.messages.tool_runner(
        model=script.model, max_tokens=4096, messages=HELLO, tools=[counting_tool()], stream=stream, **options
    )
    if stream:
        last = [part.get_final_message() for part in runner][-1]
    else:
        last = runner.until_done()
    equal(texts(last), SETTLED)


@each(*PROVIDERS)
def tool_runner(provider):
    run(Script(provider, "loop.turns-5"))


@each(*PROVIDERS)
def tool_runner_with_all_of_the_history(provider):
    script = Script(provider, "loop.turns-5")
    run(script, thread=False)
    equal(len(script.requests()), 6)


@each(*PROVIDERS)
def tool_runner_that_streams(provider):
    run(Script(provider, "loop.turns-5"), stream=True)


@each(*SIGNING)
def tool_runner_with_thinking(signing):
    model, thinking = signing
    run(Script.of(model, "loop.turns-5.think"), thinking=thinking, max_iterations=8)


@each(*SIGNING)
def tool_runner_with_redacted_thinking(signing):
    model, thinking = signing
    run(Script.of(model, "loop.turns-5.think.redacted"), thinking=thinking, stream=True)
