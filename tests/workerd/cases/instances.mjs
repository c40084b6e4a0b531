// Several isolates that serve one key: docs/targets.md says how far they may overspend together.

import assert from "node:assert/strict";
import { ask, open } from "../caller.mjs";
import { document, earlyInAMinute, serving } from "../gateway.mjs";
import { providing } from "../provider.mjs";

const INSTANCES = 4;
const RPM = 40;
const STREAMS = 5;

/** Asks all isolates in turn, `times` at once, and says how many were answered; the rest must be 429. */
async function let_pass(urls, times) {
  const asks = Array.from({ length: times }, (_, index) => ask(urls[index % urls.length], { mark: `m${index}` }));
  const answers = await Promise.all(asks);
  for (const answer of answers) assert.ok([200, 429].includes(answer.status), answer.text);
  return answers.filter((answer) => answer.status === 200).length;
}

export default {
  "requests of a minute, over all isolates": (options) =>
    providing((provider) =>
      serving(options, { document: document(provider, { max_rpm: RPM }), instances: INSTANCES }, async ({ urls }) => {
        await earlyInAMinute();
        let passed = 0;
        // One after the other first, so that isolates take units ahead; then all at once, for all that is left.
        for (let round = 0; round < 2; round++) passed += await let_pass(urls, INSTANCES);
        passed += await let_pass(urls, 2 * RPM);
        assert.ok(passed <= RPM, `${passed} of ${RPM} passed`);
        // What lies idle in an isolate is a sixth of the limit at most, and a quarter of what was left.
        assert.ok(passed >= RPM - RPM / 4, `only ${passed} of ${RPM} passed`);
        assert.equal(provider.counts.asked, passed);
      }),
    ),

  "streams at once, over all isolates": (options) =>
    providing((provider) =>
      serving(options, { document: document(provider, { max_streams: STREAMS }), instances: INSTANCES }, async ({ urls }) => {
        const opened = await Promise.all(
          Array.from({ length: INSTANCES * STREAMS }, (_, index) => open(urls[index % INSTANCES], { mark: `s${index}` })),
        );
        assert.equal(opened.filter(({ status }) => status === 200).length, STREAMS);
        const texts = await Promise.all(opened.map(({ ended }) => ended));
        assert.equal(texts.filter((text) => text.trimEnd().endsWith("data: [DONE]")).length, STREAMS);
      }),
    ),

  "the store fails and requests pass: each isolate keeps the limit by itself": (options) =>
    providing((provider) =>
      serving(
        options,
        { document: document(provider, { max_rpm: 5 }), instances: INSTANCES, faults: "counters:refuse" },
        async ({ urls }) => {
          await earlyInAMinute();
          assert.equal(await let_pass(urls, INSTANCES * 10), INSTANCES * 5);
        },
      ),
    ),

  "without a store each isolate keeps the limit by itself": (options) =>
    providing((provider) =>
      serving(
        options,
        { document: document(provider, { max_rpm: 5 }), instances: INSTANCES, bare: true },
        async ({ urls }) => {
          await earlyInAMinute();
          assert.equal(await let_pass(urls, INSTANCES * 10), INSTANCES * 5);
        },
      ),
    ),
};
