// Gateways on workerd: one isolate or several, over the same stores.

import { createHash } from "node:crypto";
import { gateway, load } from "../../targets/cloudflare/local.mjs";

export const KEY = "sk-tb-workerd-2b7e15";

/** A document with one provider and one key, and more. */
export function document(provider, key = {}, more = {}) {
  const digest = `sha256:${createHash("sha256").update(KEY).digest("hex")}`;
  return {
    keys: [{ name: "workerd", digest, tenant: "/workerd", ...key }],
    providers: { openai: { base_url: `${provider.url}/v1`, api_key: { secret: "OPENAI_API_KEY" } } },
    log_format: "json",
    ...more,
  };
}

/**
 * Starts `instances` isolates with a document, `more` variables, or neither, runs `work` with their addresses, what they logged, and Miniflare, and ends them.
 * All isolates but the first find the first one's objects, as those of a deployment do.
 */
export async function serving(options, { document, more, instances = 1, bare = false, faults }, work) {
  const tools = load(options.tools);
  const variables = { OPENAI_API_KEY: "sk-provider", ...more };
  if (document) variables.TOLLBRIDGE_CONFIG = JSON.stringify(document);
  if (faults !== undefined) variables.TOLLBRIDGE_FAULTS = faults;
  const bundle = faults === undefined ? options.bundle : options.faults;
  const main = gateway(tools, { config: options.config, bundle, port: 0, variables, bare });
  const objects = Object.entries(main.durableObjects).map(([name, object]) => [
    name,
    { ...object, scriptName: main.name },
  ]);
  const others = Array.from({ length: instances - 1 }, (_, index) => ({
    ...main,
    name: `${main.name}-${index + 2}`,
    durableObjects: Object.fromEntries(objects),
  }));
  const log = [];
  const gather = (stream) => stream.on("data", (data) => log.push(...data.toString().split("\n").filter(Boolean)));
  const miniflare = new tools.Miniflare({
    host: "127.0.0.1",
    port: 0,
    cf: false,
    handleRuntimeStdio: (out, err) => [out, err].forEach(gather),
    workers: [main, ...others],
  });
  try {
    await miniflare.ready;
    const names = [main, ...others].map((worker) => worker.name);
    const urls = await Promise.all(names.map((name) => miniflare.unsafeGetDirectURL(name)));
    await work({ urls: urls.map((url) => url.origin), log, miniflare });
  } finally {
    await miniflare.dispose();
  }
}

/** A moment after which something of fifteen seconds fits into the minute of the clock. */
export async function earlyInAMinute() {
  const left = 60_000 - (Date.now() % 60_000);
  if (left < 15_000) await new Promise((resolve) => setTimeout(resolve, left + 200));
}
