// Answers and errors through `@anthropic-ai/sdk`.
import assert from "node:assert/strict";
import Anthropic from "@anthropic-ai/sdk";
import { betaTool } from "@anthropic-ai/sdk/helpers/beta/json-schema";
import { jsonSchemaOutputFormat } from "@anthropic-ai/sdk/helpers/json-schema";
import { KEY, PROVIDERS, SIGNING, URL, ended, script, scriptOf, signatures, test } from "./suite.mjs";

const client = (options = {}) =>
  new Anthropic({ baseURL: URL, apiKey: KEY, maxRetries: 0, timeout: 30_000, ...options });
const messages = [{ role: "user", content: "Hello" }];
const max_tokens = 500;
const schema = { type: "object", properties: { place: { type: "string" } }, required: ["place"] };
const tools = [{ name: "look_up", description: "Looks a place up.", input_schema: schema }];
const kinds = [
  [400, Anthropic.BadRequestError, "invalid_request_error"],
  [401, Anthropic.AuthenticationError, "authentication_error"],
  [403, Anthropic.PermissionDeniedError, "permission_error"],
  [404, Anthropic.NotFoundError, "not_found_error"],
  [500, Anthropic.InternalServerError, "api_error"],
  [529, Anthropic.InternalServerError, "overloaded_error"],
];

async function runTools(model, options = {}) {
  let turn = 0;
  const look_up = betaTool({
    name: "look_up",
    description: "Looks a place up.",
    inputSchema: schema,
    run: () => `r${turn++}`,
  });
  const runner = client().beta.messages.toolRunner({ model, max_tokens: 4096, messages, tools: [look_up], ...options });
  const last = await runner.runUntilDone();
  assert.equal(last.content.find((block) => block.type === "text").text, "settled: r0, r1, r2, r3, r4");
}

for (const provider of PROVIDERS) {
  test(`anthropic: whole (${provider})`, async () => {
    const { model, upstreamModel } = script(provider, "ok.n-10.pt-21.ct-10");
    const answer = await client().messages.create({ model, max_tokens, messages });
    assert.equal(answer.content[0].text, "The bridge at Kettle Ford was built twice.");
    assert.equal(answer.model, upstreamModel);
    assert.equal(answer.stop_reason, "end_turn");
    assert.deepEqual([answer.usage.input_tokens, answer.usage.output_tokens], [21, 10]);
  });

  test(`anthropic: streamed (${provider})`, async () => {
    const { model } = script(provider, "ok.n-10.pt-21.ct-10");
    const kinds = [];
    for await (const event of await client().messages.create({ model, max_tokens, messages, stream: true })) {
      if (kinds.at(-1) !== event.type && event.type !== "ping") kinds.push(event.type);
    }
    const block = ["content_block_start", "content_block_delta", "content_block_stop"];
    assert.deepEqual(kinds, ["message_start", ...block, "message_delta", "message_stop"]);
  });

  test(`anthropic: the stream helper puts blocks together (${provider})`, async () => {
    const { model } = script(provider, "texttool");
    const final = await client().messages.stream({ model, max_tokens, messages, tools }).finalMessage();
    assert.equal(final.content[0].text, "The bridge at Kettle Ford");
    assert.deepEqual(final.content[1].input, { place: "settled" });
    assert.equal(final.stop_reason, "tool_use");
  });

  test(`anthropic: two calls at once (${provider})`, async () => {
    const { model } = script(provider, "tools.n-2");
    const final = await client().messages.stream({ model, max_tokens, messages, tools }).finalMessage();
    assert.deepEqual(final.content.map((block) => block.name), ["look_up", "look_up"]);
    assert.notEqual(final.content[0].id, final.content[1].id);
  });

  test(`anthropic: thinking (${provider})`, async () => {
    const { model } = script(provider, "reason");
    const final = await client().messages.stream({ model, max_tokens, messages }).finalMessage();
    assert.match(final.content.find((block) => block.type === "thinking").thinking, /^The river rises/);
  });

  test(`anthropic: structured output (${provider})`, async () => {
    const { model } = script(provider, "json");
    const output_config = { format: jsonSchemaOutputFormat({ ...schema, additionalProperties: false }) };
    const answer = await client().messages.parse({ model, max_tokens, messages, output_config });
    assert.deepEqual(answer.parsed_output, { place: "settled" });
  });

  test(`anthropic: toolRunner over five turns (${provider})`, () => runTools(script(provider, "loop.turns-5").model));

  test(`anthropic: toolRunner with all of the history (${provider})`, async () => {
    const { model, requests } = script(provider, "loop.turns-5");
    await runTools(model, { thread: false });
    assert.equal((await requests()).length, 6);
  });

  test(`anthropic: typed errors (${provider})`, async () => {
    for (const [status, kind, type] of kinds) {
      const instance = status === 401 || status === 403 ? "denied" : "faulty";
      const { model } = script(`${provider}-${instance}`, `error.status-${status}`);
      const error = await client().messages.create({ model, max_tokens, messages }).catch((error) => error);
      assert.ok(error instanceof kind, `${status}: ${error}`);
      assert.equal(error.error.error.type, type);
    }
  });

  test(`anthropic: what was retried is not retried again (${provider})`, async () => {
    const { model, requests } = script(`${provider}-faulty`, "error.status-503");
    const asked = client({ maxRetries: 2 }).messages.create({ model, max_tokens, messages });
    await assert.rejects(asked, Anthropic.InternalServerError);
    assert.equal((await requests()).length, 4);
  });

  test(`anthropic: a broken stream throws (${provider})`, async () => {
    for (const words of ["ok.n-20.midfail-6", "ok.n-20.cut-6", "ok.n-20.ends-6"]) {
      const { model } = script(`${provider}-faulty`, words);
      const read = () => client().messages.stream({ model, max_tokens, messages }).finalMessage();
      await assert.rejects(read, Anthropic.AnthropicError, words);
    }
  });

  test(`anthropic: an aborted stream ends the upstream's (${provider})`, async () => {
    const { model, requests } = script(provider, "ok.n-400.gap-20");
    const stream = client().messages.stream({ model, max_tokens, messages });
    let seen = 0;
    for await (const _ of stream) if (++seen === 5) break;
    stream.abort();
    assert.equal(await ended(requests), "dropped");
  });
}

for (const signing of SIGNING) {
  test(`anthropic: toolRunner with signed thinking (${signing})`, async () => {
    const { model, requests } = scriptOf(signing, "loop.turns-5.think");
    await runTools(model, { thinking: { type: "enabled", budget_tokens: 1024 } });
    assert.equal(await signatures(requests), 5);
  });
}

test("anthropic: a count, and models in its dialect", async () => {
  for (const provider of ["anthropic", "gemini"]) {
    const counted = await client().messages.countTokens({ model: script(provider, "ok.pt-31").model, messages });
    assert.equal(counted.input_tokens, 31);
  }
  const ids = [];
  for await (const model of client().models.list()) ids.push(model.id);
  assert.ok(ids.includes("anthropic/only-claude"), `${ids}`);
  assert.equal((await client().models.retrieve("only-claude")).type, "model");
});
