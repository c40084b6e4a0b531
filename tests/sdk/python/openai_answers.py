"""Answers through `openai`: whole, streamed, tools, structured output."""

import asyncio
import json

import openai
from pydantic import BaseModel
from suite import KEY, PROVIDERS, URL, Script, client_options, each, equal, once, strict

client = openai.OpenAI(base_url=f"{URL}/v1", **client_options(openai))

HELLO = [{"role": "user", "content": "Hello"}]

#: One pixel.
PICTURE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="

TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "look_up",
            "description": "Looks a place up.",
            "parameters": {"type": "object", "properties": {"place": {"type": "string"}}, "required": ["place"]},
        },
    }
]


@each(*PROVIDERS)
def whole(provider):
    script = Script(provider, "ok.n-10.pt-21.ct-10")
    answer = strict(client.chat.completions.create(model=script.model, messages=HELLO))
    equal(answer.choices[0].message.content, "The bridge at Kettle Ford was built twice.")
    equal(answer.choices[0].finish_reason, "stop")
    equal(answer.model, script.upstream_model)
    equal((answer.usage.prompt_tokens, answer.usage.completion_tokens, answer.usage.total_tokens), (21, 10, 31))


@each(*PROVIDERS)
def streamed(provider):
    script = Script(provider, "ok.n-10.pt-21.ct-10")
    stream = client.chat.completions.create(
        model=script.model, messages=HELLO, stream=True, stream_options={"include_usage": True}
    )
    chunks = [strict(chunk) for chunk in stream]
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    equal(text, "The bridge at Kettle Ford was built twice.")
    equal(chunks[0].choices[0].delta.role, "assistant")
    equal([c.choices[0].finish_reason for c in chunks if c.choices and c.choices[0].finish_reason], ["stop"])
    equal([c.usage.completion_tokens for c in chunks if c.usage], [10])
    equal(len({chunk.id for chunk in chunks}), 1, "ids of one stream")


@each(*PROVIDERS)
def streamed_without_usage(provider):
    script = Script(provider, "ok.n-10")
    chunks = list(client.chat.completions.create(model=script.model, messages=HELLO, stream=True))
    equal([chunk for chunk in chunks if not chunk.choices or chunk.usage], [], "chunks with usage or without choices")


@each(*PROVIDERS)
def stream_helper(provider):
    script = Script(provider, "texttool")
    with client.chat.completions.stream(model=script.model, messages=HELLO, tools=TOOLS) as stream:
        kinds = {event.type for event in stream}
        final = stream.get_final_completion()
    if not {"content.delta", "tool_calls.function.arguments.done"} <= kinds:
        raise AssertionError(f"events: {kinds}")
    equal(final.choices[0].message.content, "The bridge at Kettle Ford")
    equal(json.loads(final.choices[0].message.tool_calls[0].function.arguments), {"place": "settled"})


@each(*PROVIDERS)
def parallel_calls(provider):
    script = Script(provider, "tools.n-3")
    answer = client.chat.completions.create(model=script.model, messages=HELLO, tools=TOOLS)
    calls = strict(answer).choices[0].message.tool_calls
    equal(len({call.id for call in calls if call.id}), 3, "different ids")
    stream = client.chat.completions.create(model=script.model, messages=HELLO, tools=TOOLS, stream=True)
    deltas = [call for chunk in stream if chunk.choices for call in chunk.choices[0].delta.tool_calls or []]
    equal(len({delta.id for delta in deltas if delta.id}), 3, "different ids")
    equal(sorted({delta.index for delta in deltas}), [0, 1, 2])


class Stay(BaseModel):
    place: str
    days: int


@each(*PROVIDERS)
def structured_output(provider):
    script = Script(provider, "json")
    answer = client.chat.completions.parse(model=script.model, messages=HELLO, response_format=Stay)
    equal(answer.choices[0].message.parsed, Stay(place="settled", days=7))


@each(*PROVIDERS)
def reasoning(provider):
    script = Script(provider, "reason")
    message = client.chat.completions.create(model=script.model, messages=HELLO).choices[0].message
    equal(message.reasoning_content[:9], "The river")


@each(*PROVIDERS)
def picture(provider):
    image = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PICTURE}"}}
    content = [{"type": "text", "text": "What is this?"}, image]
    script = Script(provider, "ok.n-10")
    client.chat.completions.create(model=script.model, messages=[{"role": "user", "content": content}])
    equal(PICTURE in script.requests()[0]["body"], True, "the picture upstream")


@each(*PROVIDERS)
def unicode(provider):
    script = Script(provider, "unicode.piece-1")
    stream = client.chat.completions.create(model=script.model, messages=HELLO, stream=True)
    text = "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)
    equal("橋を渡る 🌉👩🏽‍🚀" in text, True, text)


@each(*PROVIDERS)
def twenty_at_once(provider):
    async def one(index):
        script = Script(provider, f"ok.n-{10 + index}.gap-5")
        stream = await asynchronous.chat.completions.create(model=script.model, messages=HELLO, stream=True)
        return sum([1 async for chunk in stream if chunk.choices and chunk.choices[0].delta.content])

    async def all_of_them():
        return await asyncio.gather(*(one(index) for index in range(20)))

    asynchronous = openai.AsyncOpenAI(base_url=f"{URL}/v1", api_key=KEY, max_retries=0, timeout=30)
    equal(asyncio.run(all_of_them()), [10 + index for index in range(20)])


@once
def models():
    ids = [model.id for model in client.models.list()]
    equal({"openai-east/only-east", "gemini/only-gemini", "smart-chat"} <= set(ids), True, str(ids))
    equal(client.models.retrieve("openai-west/maker/slashed/model").object, "model")


@once
def what_happened_is_told_in_headers():
    script = Script("openai", "ok")
    raw = client.chat.completions.with_raw_response.create(model=script.model, messages=HELLO)
    equal(raw.headers["x-tollbridge-provider"], "openai")
    equal(raw.headers["x-tollbridge-attempts"], "1")
    equal(raw.parse()._request_id, raw.headers["x-request-id"])
