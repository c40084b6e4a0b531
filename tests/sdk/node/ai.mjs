// Answers and errors through Vercel's `ai` with its OpenAI provider, over chat completions.
import assert from "node:assert/strict";
import { createOpenAI } from "@ai-sdk/openai";
import { APICallError, Output, generateText, jsonSchema, stepCountIs, streamText, tool } from "ai";
import { KEY, PROVIDERS, URL, script, test } from "./suite.mjs";

const gateway = createOpenAI({ baseURL: `${URL}/v1`, apiKey: KEY });
const prompt = "Hello";
const place = jsonSchema({
  type: "object",
  properties: { place: { type: "string" } },
  required: ["place"],
  additionalProperties: false,
});

for (const provider of PROVIDERS) {
  const model = (words) => gateway.chat(script(provider, words).model);

  test(`ai: generateText (${provider})`, async () => {
    const { text, usage, finishReason } = await generateText({ model: model("ok.n-10.pt-21.ct-10"), prompt });
    assert.equal(text, "The bridge at Kettle Ford was built twice.");
    assert.equal(usage.outputTokens, 10);
    assert.equal(finishReason, "stop");
  });

  test(`ai: streamText (${provider})`, async () => {
    const answer = streamText({ model: model("ok.n-10.pt-21.ct-10"), prompt });
    let text = "";
    for await (const piece of answer.textStream) text += piece;
    assert.equal(text, "The bridge at Kettle Ford was built twice.");
    assert.equal((await answer.usage).inputTokens, 21);
  });

  for (const [name, run] of [["generateText", generateText], ["streamText", streamText]]) {
    test(`ai: tools over five turns with ${name} (${provider})`, async () => {
      let turn = 0;
      const look_up = tool({ description: "Looks up.", inputSchema: place, execute: async () => `r${turn++}` });
      const answer = await run({
        model: model("loop.turns-5"),
        prompt,
        tools: { look_up },
        stopWhen: stepCountIs(8),
      });
      // Results travel as JSON or as text, as the library likes.
      assert.match((await answer.text).replaceAll('"', ""), /settled: r0, r1, r2, r3, r4/);
      assert.equal((await answer.steps).length, 6);
    });
  }

  test(`ai: structured output (${provider})`, async () => {
    const { output } = await generateText({ model: model("json"), prompt, output: Output.object({ schema: place }) });
    assert.deepEqual(output, { place: "settled" });
  });

  test(`ai: errors (${provider})`, async () => {
    for (const [status, retryable] of [[400, false], [404, false], [503, true]]) {
      const asked = gateway.chat(script(`${provider}-faulty`, `error.status-${status}`).model);
      const error = await generateText({ model: asked, prompt, maxRetries: 0 }).catch((error) => error);
      assert.ok(APICallError.isInstance(error), `${status}: ${error}`);
      assert.equal(error.statusCode, status);
      assert.equal(error.isRetryable, retryable);
    }
  });

  test(`ai: a broken stream is an error (${provider})`, async () => {
    const asked = gateway.chat(script(`${provider}-faulty`, "ok.n-20.midfail-6").model);
    const answer = streamText({ model: asked, prompt, maxRetries: 0, onError: () => {} });
    const kinds = [];
    for await (const part of answer.fullStream) kinds.push(part.type);
    assert.ok(kinds.includes("error"), `${kinds}`);
  });
}
