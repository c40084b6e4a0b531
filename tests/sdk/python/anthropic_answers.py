"""Answers through `anthropic`: whole, streamed, tools, structured output, thinking, pictures, counts."""

import anthropic
from pydantic import BaseModel
from suite import PROVIDERS, URL, Script, client_options, each, equal, once, strict

client = anthropic.Anthropic(base_url=URL, **client_options(anthropic))

HELLO = [{"role": "user", "content": "Hello"}]

SCHEMA = {"type": "object", "properties": {"place": {"type": "string"}}, "required": ["place"]}

TOOLS = [{"name": "look_up", "description": "Looks a place up.", "input_schema": SCHEMA}]

#: One pixel.
PICTURE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def ask(script, messages=HELLO, **options):
    return client.messages.create(model=script.model, max_tokens=500, messages=messages, **options)


def texts(message):
    return "".join(block.text for block in message.content if block.type == "text")


@each(*PROVIDERS)
def message_whole(provider):
    script = Script(provider, "ok.n-10.pt-21.ct-10")
    message = strict(ask(script, system="Be brief."))
    equal(texts(message), "The bridge at Kettle Ford was built twice.")
    equal((message.type, message.role, message.stop_reason), ("message", "assistant", "end_turn"))
    equal(message.model, script.upstream_model)
    equal((message.usage.input_tokens, message.usage.output_tokens), (21, 10))


@each(*PROVIDERS)
def message_streamed(provider):
    script = Script(provider, "ok.n-10.pt-21.ct-10")
    events = [strict(event) for event in ask(script, stream=True)]
    kinds = [event.type for event in events if event.type != "ping"]
    deltas = ["content_block_delta"] * kinds.count("content_block_delta")
    equal(
        kinds,
        ["message_start", "content_block_start", *deltas, "content_block_stop", "message_delta", "message_stop"],
    )
    end = next(event for event in events if event.type == "message_delta")
    equal((end.delta.stop_reason, end.usage.output_tokens), ("end_turn", 10))
    text = "".join(event.delta.text for event in events if event.type == "content_block_delta")
    equal(text, "The bridge at Kettle Ford was built twice.")


@each(*PROVIDERS)
def message_stream_helper(provider):
    script = Script(provider, "texttool")
    with client.messages.stream(model=script.model, max_tokens=500, messages=HELLO, tools=TOOLS) as stream:
        kinds = {event.type for event in stream}
        message = strict(stream.get_final_message())
    if not {"text", "input_json", "content_block_stop", "message_stop"} <= kinds:
        raise AssertionError(f"events: {kinds}")
    equal([block.type for block in message.content], ["text", "tool_use"])
    equal(message.content[1].input, {"place": "settled"})
    equal(message.stop_reason, "tool_use")


@each(*PROVIDERS)
def message_parallel_calls(provider):
    script = Script(provider, "tools.n-3")
    message = strict(ask(script, tools=TOOLS))
    equal([block.type for block in message.content], ["tool_use"] * 3)
    equal(len({block.id for block in message.content}), 3, "different ids")
    events = list(ask(script, tools=TOOLS, stream=True))
    opened = [event for event in events if event.type == "content_block_start"]
    equal([event.index for event in opened], [0, 1, 2])
    closed = [event.index for event in events if event.type == "content_block_stop"]
    equal(closed, [0, 1, 2])


@each(*PROVIDERS)
def message_forced_tool(provider):
    other = {**TOOLS[0], "name": "note"}
    script = Script(provider, "tool")
    message = ask(script, tools=[*TOOLS, other], tool_choice={"type": "tool", "name": "note"})
    equal([block.name for block in message.content], ["note"])


class Stay(BaseModel):
    place: str
    days: int


@each(*PROVIDERS)
def message_structured_output(provider):
    script = Script(provider, "json")
    message = client.messages.parse(model=script.model, max_tokens=500, messages=HELLO, output_format=Stay)
    equal(message.parsed_output, Stay(place="settled", days=7))


@each(*PROVIDERS)
def message_reasoning(provider):
    script = Script(provider, "reason")
    message = strict(ask(script))
    equal([block.type for block in message.content], ["thinking", "text"])
    equal(message.content[0].thinking[:9], "The river")
    with client.messages.stream(model=script.model, max_tokens=500, messages=HELLO) as stream:
        thought = "".join(event.thinking for event in stream if event.type == "thinking")
    equal(thought[:9], "The river")


@each(*PROVIDERS)
def message_with_a_picture(provider):
    source = {"type": "base64", "media_type": "image/png", "data": PICTURE}
    content = [{"type": "image", "source": source}, {"type": "text", "text": "What is this?"}]
    script = Script(provider, "ok.n-10")
    equal(ask(script, [{"role": "user", "content": content}]).stop_reason, "end_turn")
    equal(PICTURE in script.requests()[0]["body"], True, "the picture upstream")


@each(*PROVIDERS)
def message_with_a_picture_in_a_result(provider):
    source = {"type": "base64", "media_type": "image/png", "data": PICTURE}
    result = [{"type": "text", "text": "A pixel:"}, {"type": "image", "source": source}]
    conversation = [
        *HELLO,
        {"role": "assistant", "content": [{"type": "tool_use", "id": "toolu_1", "name": "look_up", "input": {}}]},
        {
            "role": "user",
            "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": result, "is_error": True}],
        },
    ]
    script = Script(provider, "ok.n-10")
    equal(ask(script, conversation, tools=TOOLS).stop_reason, "end_turn")
    equal(PICTURE in script.requests()[0]["body"], True, "the picture upstream")


@each(*PROVIDERS)
def stop_reasons(provider):
    for words, reason in [("length", "max_tokens"), ("filter", "refusal")]:
        equal(strict(ask(Script(provider, words))).stop_reason, reason)


@each(*PROVIDERS)
def message_unicode(provider):
    script = Script(provider, "unicode.piece-1")
    with client.messages.stream(model=script.model, max_tokens=500, messages=HELLO) as stream:
        text = "".join(stream.text_stream)
    equal("橋を渡る 🌉👩🏽‍🚀" in text, True, text)


@each("anthropic", "gemini")
def count_by_who_counts(provider):
    script = Script(provider, "ok.pt-31")
    count = client.messages.count_tokens(model=script.model, messages=HELLO, tools=TOOLS, system="Be brief.")
    equal(strict(count).input_tokens, 31)


@once
def count_by_estimate():
    script = Script("openai", "ok")
    raw = client.messages.with_raw_response.count_tokens(model=script.model, messages=HELLO, tools=TOOLS)
    equal(5 < raw.parse().input_tokens < 200, True, f"{raw.parse()}")
    equal(raw.headers["x-tollbridge-estimated"], "true")


@once
def models_in_its_dialect():
    ids = [strict(model).id for model in client.models.list()]
    equal({"anthropic/only-claude", "gemini/only-gemini", "smart-chat"} <= set(ids), True, str(ids))
    equal(strict(client.models.retrieve("only-claude")).type, "model")
