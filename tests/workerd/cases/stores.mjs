// The stores' own engines, looked at from their side.

import assert from "node:assert/strict";
import { ask } from "../caller.mjs";
import { document, serving } from "../gateway.mjs";
import { providing } from "../provider.mjs";

const NOW = 1_795_000_000_000_000;

export default {
  "values in KV are given their time": (options) =>
    providing((provider) =>
      serving(options, { document: document(provider), faults: "" }, async ({ urls: [url], miniflare }) => {
        const asked = await fetch(`${url}/faults/stores/cache/before/kept/${NOW}`, { method: "POST" });
        assert.equal(asked.status, 200, await asked.text());
        const store = await miniflare.getKVNamespace("CACHE");
        const { keys } = await store.list();
        const expirations = keys.filter(({ name }) => name.includes("kept")).map((key) => key.expiration);
        assert.ok(expirations.length > 0, "nothing was kept");
        for (const expiration of expirations) {
          const left = expiration - Date.now() / 1000;
          assert.ok(left > 60 && left < 31 * 86_400, `${left} s are left`);
        }
      }),
    ),

  "rows and hourly sums are in D1 once a request is settled": (options) =>
    providing((provider) =>
      serving(options, { document: document(provider) }, async ({ urls: [url], miniflare }) => {
        assert.equal((await ask(url, { mark: "kept" })).said, "kept");
        const database = await miniflare.getD1Database("LEDGER");
        const count = (table) => database.prepare(`SELECT count(*) AS n FROM ${table}`).first("n").catch(() => 0);
        for (let tries = 0; tries < 100 && (await count("usage")) === 0; tries++) {
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
        assert.deepEqual([await count("usage"), await count("usage_hour")], [1, 1]);
      }),
    ),
};
