// Answers, errors and agents' loops through Vercel's `ai`, with its OpenAI provider over chat completions and with its
// Anthropic provider.
import assert from "node:assert/strict";
import { createAnthropic } from "@ai-sdk/anthropic";
import { createOpenAI } from "@ai-sdk/openai";
import { APICallError, Output, generateText, jsonSchema, stepCountIs, streamText, tool } from "ai";
import { KEY, PROVIDERS, SIGNING, URL, script, scriptOf, signatures, test } from "./suite.mjs";

globalThis.AI_SDK_LOG_WARNINGS = false;

const fronts = {
  openai: createOpenAI({ baseURL: `${URL}/v1`, apiKey: KEY }).chat,
  anthropic: createAnthropic({ baseURL: `${URL}/v1`, apiKey: KEY }),
};
const prompt = "Hello";
const place = jsonSchema({
  type: "object",
  properties: { place: { type: "string" } },
  required: ["place"],
  additionalProperties: false,
});


const PICTURE =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

const looksUp = { description: "Looks up.", inputSchema: place };

async function loop(run, options) {
  let turn = 0;
  const look_up = tool({ ...looksUp, execute: async () => `r${turn++}` });
  const answer = await run({ prompt, tools: { look_up }, stopWhen: stepCountIs(6), ...options });
  // Results travel as JSON or as text, as the library likes.
  assert.match((await answer.text).replaceAll('"', ""), /settled: r0, r1, r2, r3, r4/);
  assert.equal((await answer.steps).length, 6);
}

const matrix = Object.entries(fronts).flatMap(([name, front]) => PROVIDERS.map((provider) => [name, front, provider]));

for (const [name, front, provider] of matrix) {
  const model = (words) => front(script(provider, words).model);

  test(`ai: generateText (${name}, ${provider})`, async () => {
    const { text, usage, finishReason } = await generateText({ model: model("ok.n-10.pt-21.ct-10"), prompt });
    assert.equal(text, "The bridge at Kettle Ford was built twice.");
    assert.equal(usage.outputTokens, 10);
    assert.equal(finishReason, "stop");
  });

  test(`ai: streamText (${name}, ${provider})`, async () => {
    const answer = streamText({ model: model("ok.n-10.pt-21.ct-10"), prompt });
    let text = "";
    for await (const piece of answer.textStream) text += piece;
    assert.equal(text, "The bridge at Kettle Ford was built twice.");
    assert.equal((await answer.usage).inputTokens, 21);
  });

  for (const [how, run] of [["generateText", generateText], ["streamText", streamText]]) {
    test(`ai: tools over five turns with ${how} (${name}, ${provider})`, async () => {
      await loop(run, { model: model("loop.turns-5") });
    });
  }

  test(`ai: two calls at once (${name}, ${provider})`, async () => {
    const { toolCalls } = await generateText({ model: model("tools.n-2"), prompt, tools: { look_up: tool(looksUp) } });
    assert.deepEqual(toolCalls.map((call) => call.input), [{ place: "settled" }, { place: "settled" }]);
    assert.equal(new Set(toolCalls.map((call) => call.toolCallId)).size, 2);
  });

  test(`ai: reasoning (${name}, ${provider})`, async () => {
    const { reasoningText, text } = await generateText({ model: model("reason.n-10"), prompt });
    assert.equal(text, "The bridge at Kettle Ford was built twice.");
    // The OpenAI provider shows none over chat completions.
    if (name === "anthropic") assert.match(reasoningText, /^The river rises/);
  });

  test(`ai: a picture (${name}, ${provider})`, async () => {
    const content = [{ type: "text", text: "What is this?" }, { type: "image", image: PICTURE }];
    const seen = script(provider, "ok.n-10");
    await generateText({ model: front(seen.model), messages: [{ role: "user", content }] });
    assert.ok((await seen.requests())[0].body.includes(PICTURE));
  });

  test(`ai: structured output (${name}, ${provider})`, async () => {
    const { output } = await generateText({ model: model("json"), prompt, output: Output.object({ schema: place }) });
    assert.deepEqual(output, { place: "settled" });
  });

  test(`ai: errors (${name}, ${provider})`, async () => {
    for (const [status, retryable] of [[400, false], [404, false], [503, true]]) {
      const asked = front(script(`${provider}-faulty`, `error.status-${status}`).model);
      const error = await generateText({ model: asked, prompt, maxRetries: 0 }).catch((error) => error);
      assert.ok(APICallError.isInstance(error), `${status}: ${error}`);
      assert.equal(error.statusCode, status);
      assert.equal(error.isRetryable, retryable);
    }
  });

  test(`ai: a broken stream is an error (${name}, ${provider})`, async () => {
    const asked = front(script(`${provider}-faulty`, "ok.n-20.midfail-6").model);
    const answer = streamText({ model: asked, prompt, maxRetries: 0, onError: () => {} });
    const kinds = [];
    for await (const part of answer.fullStream) kinds.push(part.type);
    assert.ok(kinds.includes("error"), `${kinds}`);
  });
}

const THINKING = {
  openai: { openai: { reasoningEffort: "high", forceReasoning: true } },
  anthropic: { anthropic: { thinking: { type: "enabled", budgetTokens: 1024 } } },
};

for (const signing of SIGNING) {
  for (const [name, front] of Object.entries(fronts)) {
    for (const [how, run] of [["generateText", generateText], ["streamText", streamText]]) {
      test(`ai: signed thinking over five turns with ${how} (${name}, ${signing})`, async () => {
        const { model, requests } = scriptOf(signing, "loop.turns-5.think");
        await loop(run, { model: front(model), providerOptions: THINKING[name], maxOutputTokens: 4096 });
        assert.equal(await signatures(requests), 5);
      });
    }
  }
}
