// A test is an async function; the suite runs them in turn and counts. Each script has a token of
// its own, which marks its requests at the stand-in upstream.

export const URL = process.env.TOLLBRIDGE_URL;
export const KEY = process.env.TOLLBRIDGE_KEY;
const UPSTREAM = process.env.TOLLBRIDGE_UPSTREAM;

// A provider of the caller's own wire, and one behind a translation.
export const PROVIDERS = ["openai", "anthropic"];

const tests = [];
let number = 0;

export function test(name, run) {
  tests.push({ name, run });
}

export function script(provider, words) {
  const token = `tok-js-${process.pid.toString(16)}-${number++}`;
  const upstreamModel = `${words}.id-${token}`;
  const requests = async () =>
    (await (await fetch(`${UPSTREAM}/control/session?key=${token}`)).json()).requests;
  return { model: `${provider}/${upstreamModel}`, upstreamModel, requests };
}

export async function main() {
  let [passed, failed] = [0, 0];
  const one = async ({ name, run }) => {
    try {
      await run();
      passed += 1;
    } catch (error) {
      failed += 1;
      console.log(`FAILED ${name}\n${error.stack}`);
    }
  };
  const queue = [...tests];
  const worker = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) await one(next);
  };
  await Promise.all(Array.from({ length: 6 }, worker));
  console.log(`${passed} passed, ${failed} failed, 0 skipped`);
  process.exit(failed ? 1 : 0);
}
