// The first requests of an isolate come all at once: nothing is made yet, neither configuration nor inventory is
// loaded, and no request may wait for what another one does.

import assert from "node:assert/strict";
import { ask, get, leave } from "../caller.mjs";
import { document, serving } from "../gateway.mjs";
import { providing, said } from "../provider.mjs";

const SIZE = 100_000;
const STAY = 50;
const STREAMS = 20;
const LEAVE = 10;

async function crowd(url, counts) {
  const staying = Array.from({ length: STAY }, (_, index) => {
    const stream = index < STREAMS;
    const mark = `mark-${index}`;
    return ask(url, { mark, size: SIZE, stream }).then((answer) => ({ mark, stream, answer }));
  });
  const leaving = Array.from({ length: LEAVE }, (_, index) =>
    leave(url, { mark: `gone-${index}`, size: SIZE, inTheMiddle: index % 2 === 0 }),
  );
  const answers = await Promise.all(staying);
  await Promise.all(leaving);
  for (const { mark, stream, answer } of answers) {
    assert.equal(answer.status, 200, `${mark}: ${answer.text}`);
    assert.equal(answer.said, stream ? said(mark) : mark);
  }
  assert.equal((await ask(url, { mark: "after", size: SIZE })).said, "after");
  await eventually(() => counts.finished + counts.dropped === counts.asked);
  assert.equal(counts.finished, STAY + 1, "answers that were given to their end");
  assert.ok(counts.dropped >= LEAVE / 2, `${counts.dropped} were dropped with their callers`);
}

async function eventually(holds) {
  for (let tries = 0; tries < 100 && !holds(); tries++) await new Promise((resolve) => setTimeout(resolve, 50));
  assert.ok(holds());
}

export default {
  "50 at once and 10 who leave, the document in a variable": (options) =>
    providing((provider) =>
      serving(options, { document: document(provider) }, ({ urls }) => crowd(urls[0], provider.counts)),
    ),

  "50 at once and 10 who leave, the document in KV": (options) =>
    providing((provider) =>
      serving(options, {}, async ({ urls, miniflare }) => {
        const store = await miniflare.getKVNamespace("CONFIG");
        await store.put("TOLLBRIDGE_CONFIG", JSON.stringify(document(provider)));
        await crowd(urls[0], provider.counts);
        assert.equal((await get(urls[0], "/v1/models")).status, 200);
      }),
    ),
};
