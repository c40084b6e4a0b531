// The Worker that wrangler.toml names, as Miniflare wants to be told of it: wrangler reads the configuration
// itself, and what runs is the bundle that is deployed.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";

/** wrangler and Miniflare, from the folder that they are installed in. */
export function load(tools) {
  const require = createRequire(resolve(tools, "package.json"));
  return { wrangler: require("wrangler"), Miniflare: require("miniflare").Miniflare };
}

/**
 * Options of one Worker: the bundle in a folder, with these variables, listening on a port of its own.
 *
 * Miniflare's own port leads through a Worker of its own, which does not pass on that a caller has left, and
 * compresses answers. A socket of workerd's leads to ours.
 */
export function gateway({ wrangler }, { config, bundle, port, variables = {}, bare = false }) {
  const { workerOptions } = wrangler.unstable_getMiniflareWorkerOptions(config);
  const read = (type, name) => {
    const path = resolve(bundle, name);
    return { type, path, contents: readFileSync(path) };
  };
  const stores = bare ? { kvNamespaces: {}, d1Databases: {}, durableObjects: {} } : {};
  return {
    ...workerOptions,
    ...stores,
    name: "tollbridge",
    modules: [read("ESModule", "index.js"), read("CompiledWasm", "index_bg.wasm")],
    bindings: { ...workerOptions.bindings, ...variables },
    unsafeDirectSockets: [{ host: "127.0.0.1", port }],
  };
}

/** Where the stores keep what outlives a run; without a folder nothing does. */
export function persistence(folder) {
  if (!folder) return {};
  return {
    kvPersist: join(folder, "kv"),
    d1Persist: join(folder, "d1"),
    durableObjectsPersist: join(folder, "do"),
  };
}
