// Where the configuration comes from, and what is said where there is none.

import assert from "node:assert/strict";
import { ask, get } from "../caller.mjs";
import { KEY, document, serving } from "../gateway.mjs";
import { providing } from "../provider.mjs";

async function refused(url, word) {
  const answer = await ask(url, { mark: "nobody" });
  assert.equal(answer.status, 503, answer.text);
  assert.match(answer.text, word);
}

export default {
  "a document in KV is found, and one that was put right": (options) =>
    providing((provider) =>
      serving(options, {}, async ({ urls: [url], miniflare }) => {
        const store = await miniflare.getKVNamespace("CONFIG");
        await refused(url, /requires no key/);
        await store.put("TOLLBRIDGE_CONFIG", '{"no_such_setting": 1}');
        await refused(url, /cannot be used/);
        await store.put("TOLLBRIDGE_CONFIG", JSON.stringify(document(provider)));
        assert.equal((await ask(url, { mark: "found" })).said, "found");
      }),
    ),

  "variables and secrets alone make a gateway": (options) =>
    providing((provider) => {
      const more = { OPENAI_BASE_URL: `${provider.url}/v1`, TOLLBRIDGE_MASTER_KEY: KEY, GEMINI_MODELS: "gemini-3-flash" };
      return serving(options, { more }, async ({ urls: [url], log }) => {
        assert.equal((await ask(url, { mark: "alone" })).said, "alone");
        assert.ok(log.some((line) => line.includes("variable_unused") && line.includes("GEMINI_MODELS")));
      });
    }),

  "with nothing set it says what to set": (options) =>
    serving(options, { more: { OPENAI_API_KEY: "" } }, ({ urls: [url] }) => refused(url, /set TOLLBRIDGE_CONFIG/)),

  "without any store the answers are the same, and it is said": (options) =>
    providing((provider) =>
      serving(options, { document: document(provider, { max_rpm: 100 }), bare: true }, async ({ urls: [url], log }) => {
        assert.equal((await ask(url, { mark: "bare" })).said, "bare");
        const { status, body } = await get(url, "/health/ready");
        assert.equal(status, 200);
        assert.deepEqual([body.ledger, body.cache, body.limits], ["none", "none", "instance"]);
        const line = log.find((line) => line.includes("bindings_missing"));
        for (const name of ["CACHE", "LEDGER", "COUNTERS"]) assert.ok(line?.includes(name), `${name} in ${line}`);
      }),
    ),

  "with all stores each is named ready": (options) =>
    providing((provider) =>
      serving(options, { document: document(provider, { max_rpm: 100 }) }, async ({ urls: [url], log }) => {
        const { status, body } = await get(url, "/health/ready");
        assert.equal(status, 200);
        assert.deepEqual([body.ledger, body.cache, body.limits], ["ok", "ok", "ok"]);
        assert.ok(!log.some((line) => line.includes("bindings_missing")));
      }),
    ),
};
