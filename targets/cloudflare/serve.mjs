// Runs the Worker that wrangler.toml names on workerd, for `cargo xtask serve`.
//
// wrangler's own `dev` puts a second Worker in front, which does not pass on that a caller has left; this is
// the same runtime and the same bundle without it. The configuration is read by wrangler itself.
//
// usage: node serve.mjs TOOLS WRANGLER_TOML PORT [NAME]…, NAME being an environment variable to give the Worker
// SERVE_DATA is the folder of the stores' data; with SERVE_BARE the Worker has no store.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, resolve } from "node:path";

const [tools, configPath, port, ...names] = process.argv.slice(2);
const require = createRequire(resolve(tools, "package.json"));
const { Miniflare } = require("miniflare");
const { unstable_getMiniflareWorkerOptions, unstable_readConfig } = require("wrangler");

const { main } = unstable_readConfig({ config: configPath });
const { workerOptions } = unstable_getMiniflareWorkerOptions(configPath);
if (process.env.SERVE_BARE) {
  for (const stores of ["kvNamespaces", "d1Databases", "durableObjects"]) delete workerOptions[stores];
}
const folder = dirname(main);
const given = Object.fromEntries(names.map((name) => [name, process.env[name]]));
const read = (type, name) => ({ type, path: resolve(folder, name), contents: readFileSync(resolve(folder, name)) });
const miniflare = new Miniflare({
  host: "127.0.0.1",
  port: Number(port),
  // No look-up of where this machine is.
  cf: false,
  defaultPersistRoot: process.env.SERVE_DATA,
  workers: [
    {
      ...workerOptions,
      name: "tollbridge",
      modules: [read("ESModule", "index.js"), read("CompiledWasm", "index_bg.wasm")],
      bindings: { ...workerOptions.bindings, ...given },
    },
  ],
});
await miniflare.ready;
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => miniflare.dispose().then(() => process.exit(0)));
}
