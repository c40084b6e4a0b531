"""Agents' loops through `openai`: five turns with tools, by clients that keep what they were given and by clients that
rebuild their messages from role, content and calls."""

import json

import openai
from openai_answers import HELLO, TOOLS
from suite import PROVIDERS, SIGNING, URL, Script, client_options, each, equal, signatures, strict

client = openai.OpenAI(base_url=f"{URL}/v1", **client_options(openai))


def kept(message):
    return message


def rebuilt(message):
    calls = [
        {
            "id": call.id,
            "type": "function",
            "function": {"name": call.function.name, "arguments": call.function.arguments},
        }
        for call in message.tool_calls
    ]
    return {"role": "assistant", "content": message.content, "tool_calls": calls}


def loop(script, resent, ask):
    messages = list(HELLO)
    for turn in range(5):
        message = ask(script, messages)
        messages.append(resent(message))
        for call in message.tool_calls:
            equal(json.loads(call.function.arguments), {"place": "settled"})
            messages.append({"role": "tool", "tool_call_id": call.id, "content": f"r{turn}"})
    equal(ask(script, messages).content, "settled: r0, r1, r2, r3, r4")
    equal(len(script.requests()), 6)


def whole(script, messages, **options):
    answer = client.chat.completions.create(model=script.model, messages=messages, tools=TOOLS, **options)
    return strict(answer).choices[0].message


def streamed(script, messages, **options):
    with client.chat.completions.stream(model=script.model, messages=messages, tools=TOOLS, **options) as stream:
        return stream.get_final_completion().choices[0].message


@each(*PROVIDERS)
def loop_that_keeps_messages(provider):
    loop(Script(provider, "loop.turns-5"), kept, whole)


@each(*PROVIDERS)
def loop_that_rebuilds_messages(provider):
    loop(Script(provider, "loop.turns-5"), rebuilt, whole)


@each(*PROVIDERS)
def streamed_loop(provider):
    loop(Script(provider, "loop.turns-5"), rebuilt, streamed)


def thinking_loop(model, resent, ask):
    script = Script.of(model, "loop.turns-5.think")
    loop(script, resent, lambda *asked: ask(*asked, reasoning_effort="high"))
    equal(signatures(script), 5, "steps whose signature came back")


@each(*SIGNING)
def thinking_loop_that_keeps_messages(model):
    thinking_loop(model, kept, whole)


@each(*SIGNING)
def thinking_loop_that_rebuilds_messages(model):
    thinking_loop(model, rebuilt, whole)


@each(*SIGNING)
def streamed_thinking_loop_that_rebuilds_messages(model):
    thinking_loop(model, rebuilt, streamed)
