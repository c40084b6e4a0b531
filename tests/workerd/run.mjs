// What only a test that holds workerd itself can show of the Worker: isolates that are cold, several of them over
// one set of stores, where its configuration comes from, and what is the platform's doing and not ours.
//
// The conformance suite sees a gateway from outside, whatever its target. Here Miniflare is told what to run
// (`gateway.mjs`), the provider is a small server that keeps count (`provider.mjs`), and each file of `cases`
// exports its cases by name. `repros` shows on plain workerd, with a Worker of a few lines, what the suite
// excuses Workers from.
//
// usage: node run.mjs --tools FOLDER --config WRANGLER_TOML --bundle FOLDER --faults FOLDER [--only TEXT]

import { parseArgs } from "node:util";
import * as cold from "./cases/cold.mjs";
import * as config from "./cases/config.mjs";
import * as instances from "./cases/instances.mjs";
import * as stores from "./cases/stores.mjs";
import * as repros from "./repros/repros.mjs";

const text = { type: "string" };
const { values } = parseArgs({ options: { tools: text, config: text, bundle: text, faults: text, only: text } });
const counts = { passed: 0, failed: 0 };
for (const [group, cases] of Object.entries({ cold, config, instances, stores, repros })) {
  for (const [name, run] of Object.entries(cases.default)) {
    const title = `${group}: ${name}`;
    if (!title.includes(values.only ?? "")) continue;
    try {
      await run(values);
      counts.passed += 1;
    } catch (error) {
      counts.failed += 1;
      console.log(`FAILED  ${title}\n  ${error.stack ?? error}`);
    }
  }
}
console.log(`${counts.passed} passed, ${counts.failed} failed, 0 skipped`);
process.exit(counts.failed === 0 ? 0 : 1);
