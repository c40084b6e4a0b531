// Answers and errors through `openai`.
import assert from "node:assert/strict";
import OpenAI from "openai";
import { KEY, PROVIDERS, SIGNING, URL, ended, script, scriptOf, signatures, test } from "./suite.mjs";

const client = (options = {}) =>
  new OpenAI({ baseURL: `${URL}/v1`, apiKey: KEY, maxRetries: 0, timeout: 30_000, ...options });
const messages = [{ role: "user", content: "Hello" }];
const schema = { type: "object", properties: { place: { type: "string" } }, required: ["place"] };
const tools = [{ type: "function", function: { name: "look_up", parameters: schema } }];
const kinds = [
  [400, OpenAI.BadRequestError],
  [401, OpenAI.AuthenticationError],
  [403, OpenAI.PermissionDeniedError],
  [404, OpenAI.NotFoundError],
  [409, OpenAI.ConflictError],
  [500, OpenAI.InternalServerError],
];

for (const provider of PROVIDERS) {
  test(`openai: whole (${provider})`, async () => {
    const { model, upstreamModel } = script(provider, "ok.n-10.pt-21.ct-10");
    const answer = await client().chat.completions.create({ model, messages });
    assert.equal(answer.choices[0].message.content, "The bridge at Kettle Ford was built twice.");
    assert.equal(answer.model, upstreamModel);
    assert.equal(answer.usage.total_tokens, 31);
  });

  test(`openai: streamed (${provider})`, async () => {
    const { model } = script(provider, "ok.n-10.pt-21.ct-10");
    const stream_options = { include_usage: true };
    const stream = await client().chat.completions.create({ model, messages, stream: true, stream_options });
    let [text, usage] = ["", undefined];
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? "";
      usage = chunk.usage ?? usage;
    }
    assert.equal(text, "The bridge at Kettle Ford was built twice.");
    assert.equal(usage.completion_tokens, 10);
  });

  test(`openai: runTools over five turns (${provider})`, async () => {
    const { model, requests } = script(provider, "loop.turns-5");
    let turn = 0;
    const runner = client().chat.completions.runTools({
      model,
      messages,
      tools: [
        {
          type: "function",
          function: { name: "look_up", parameters: schema, parse: JSON.parse, function: () => `r${turn++}` },
        },
      ],
    });
    assert.equal(await runner.finalContent(), "settled: r0, r1, r2, r3, r4");
    assert.equal((await requests()).length, 6);
  });

  test(`openai: the stream helper puts calls together (${provider})`, async () => {
    const { model } = script(provider, "texttool");
    const stream = client().chat.completions.stream({ model, messages, tools });
    const final = await stream.finalChatCompletion();
    assert.equal(final.choices[0].message.content, "The bridge at Kettle Ford");
    assert.deepEqual(JSON.parse(final.choices[0].message.tool_calls[0].function.arguments), { place: "settled" });
  });

  test(`openai: structured output (${provider})`, async () => {
    const { model } = script(provider, "json");
    const format = { ...schema, additionalProperties: false };
    const response_format = { type: "json_schema", json_schema: { name: "stay", strict: true, schema: format } };
    const answer = await client().chat.completions.parse({ model, messages, response_format });
    assert.deepEqual(JSON.parse(answer.choices[0].message.content), { place: "settled" });
  });

  test(`openai: typed errors (${provider})`, async () => {
    for (const [status, kind] of kinds) {
      const instance = [401, 403].includes(status) ? "denied" : "faulty";
      const { model } = script(`${provider}-${instance}`, `error.status-${status}`);
      const error = await client().chat.completions.create({ model, messages }).catch((error) => error);
      assert.ok(error instanceof kind, `${status} is ${error?.constructor?.name}`);
      assert.equal(error.status, status);
    }
  });

  test(`openai: retries are the gateway's (${provider})`, async () => {
    const failing = script(`${provider}-faulty`, "failthen.times-2.status-503");
    await client().chat.completions.create({ model: failing.model, messages });
    const spent = script(`${provider}-faulty`, "error.status-503");
    const asked = client({ maxRetries: 2 }).chat.completions.create({ model: spent.model, messages });
    await assert.rejects(asked, OpenAI.InternalServerError);
    assert.equal((await spent.requests()).length, 4);
  });

  test(`openai: a broken stream throws (${provider})`, async () => {
    for (const words of ["ok.n-20.midfail-6", "ok.n-20.cut-6", "ok.n-20.ends-6"]) {
      const { model } = script(`${provider}-faulty`, words);
      const stream = await client().chat.completions.create({ model, messages, stream: true });
      const read = async () => {
        for await (const _ of stream);
      };
      await assert.rejects(read, OpenAI.APIError, words);
    }
  });

  test(`openai: an aborted stream ends the upstream's (${provider})`, async () => {
    const { model, requests } = script(provider, "ok.n-400.gap-20");
    const stream = await client().chat.completions.create({ model, messages, stream: true });
    let seen = 0;
    for await (const _ of stream) if (++seen === 5) break;
    assert.equal(await ended(requests), "dropped");
  });
}

for (const signing of SIGNING) {
  test(`openai: runTools with signed thinking (${signing})`, async () => {
    const { model, requests } = scriptOf(signing, "loop.turns-5.think");
    let turn = 0;
    const look_up = { name: "look_up", parameters: schema, parse: JSON.parse, function: () => `r${turn++}` };
    const tools = [{ type: "function", function: look_up }];
    const asked = { model, messages, tools, reasoning_effort: "high" };
    assert.equal(await client().chat.completions.runTools(asked).finalContent(), "settled: r0, r1, r2, r3, r4");
    assert.equal(await signatures(requests), 5);
  });
}

test("openai: models", async () => {
  const ids = [];
  for await (const model of client().models.list()) ids.push(model.id);
  assert.ok(ids.includes("openai-east/only-east"), `${ids}`);
  assert.equal((await client().models.retrieve("smart-chat")).object, "model");
});
