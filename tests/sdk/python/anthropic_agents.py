"""Agents' loops through `anthropic`: its own tool runner, which would rather have the server hold the conversation, and
clients that send it all again."""

import anthropic
from anthropic import beta_tool
from anthropic_answers import HELLO, TOOLS, texts
from suite import PROVIDERS, SIGNING, URL, Script, client_options, each, equal, once, signatures, strict

client = anthropic.Anthropic(base_url=URL, **client_options(anthropic))

#: How a model is told to think: the older ones by a budget.
BUDGET = {"type": "enabled", "budget_tokens": 1024}

ADAPTIVE = {"type": "adaptive"}

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


def told(model):
    return BUDGET if "sonnet-4-5" in model else ADAPTIVE


@each(*SIGNING)
def tool_runner_with_thinking(model):
    script = Script.of(model, "loop.turns-5.think")
    run(script, thinking=told(model), max_iterations=8)
    equal(signatures(script), 5, "steps whose signature came back")


@each(*SIGNING)
def streamed_tool_runner_with_thinking(model):
    script = Script.of(model, "loop.turns-5.think")
    run(script, thinking=told(model), stream=True)
    equal(signatures(script), 5, "steps whose signature came back")


@each(*(model for model in SIGNING if model.startswith("anthropic/")))
def tool_runner_with_redacted_thinking(model):
    script = Script.of(model, "loop.turns-5.think.redacted")
    run(script, thinking=told(model), stream=True)
    equal(signatures(script), 5, "steps whose signature came back")


@once
def loop_that_forgets_its_thinking():
    """Some clients keep text and calls only. Claude would refuse them itself; Gemini is given what it had said."""
    script = Script.of("gemini/gemini-3-flash-preview~", "loop.turns-5.think")
    messages = list(HELLO)

    def ask():
        return strict(
            client.messages.create(
                model=script.model, max_tokens=4096, messages=messages, tools=TOOLS, thinking=ADAPTIVE
            )
        )

    for turn in range(5):
        calls = [block for block in ask().content if block.type == "tool_use"]
        content = [{"type": "tool_use", "id": call.id, "name": call.name, "input": call.input} for call in calls]
        results = [{"type": "tool_result", "tool_use_id": call.id, "content": f"r{turn}"} for call in calls]
        messages += [{"role": "assistant", "content": content}, {"role": "user", "content": results}]
    equal(texts(ask()), SETTLED)
    equal(signatures(script), 5, "steps whose signature came back")
