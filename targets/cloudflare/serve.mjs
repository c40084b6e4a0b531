// Runs the Worker that wrangler.toml names on workerd, for `cargo xtask serve`.
//
// wrangler's own `dev` puts a second Worker in front, which does not pass on that a caller has left; this is
// the same runtime and the same bundle without it.
//
// usage: node serve.mjs --tools FOLDER --config WRANGLER_TOML --bundle FOLDER --port N [--data FOLDER] [--bare]
//        [NAME]…, NAME being an environment variable to give the Worker

import { parseArgs } from "node:util";
import { gateway, load, persistence } from "./local.mjs";

const text = { type: "string" };
const { values, positionals } = parseArgs({
  options: { tools: text, config: text, bundle: text, port: text, data: text, bare: { type: "boolean" } },
  allowPositionals: true,
});
const tools = load(values.tools);
const variables = Object.fromEntries(positionals.map((name) => [name, process.env[name]]));
const worker = gateway(tools, { ...values, port: Number(values.port), variables });
const miniflare = new tools.Miniflare({
  host: "127.0.0.1",
  port: 0,
  // No look-up of where this machine is.
  cf: false,
  ...persistence(values.data),
  workers: [worker],
});
await miniflare.ready;
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => miniflare.dispose().then(() => process.exit(0)));
}
