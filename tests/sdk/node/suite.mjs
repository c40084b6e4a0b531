// A test is an async function; the suite runs them in turn and counts. Each script has a token of
// its own, which marks its requests at the stand-in upstream.

export const URL = process.env.TOLLBRIDGE_URL;
export const KEY = process.env.TOLLBRIDGE_KEY;
const UPSTREAM = process.env.TOLLBRIDGE_UPSTREAM;

// A provider of each wire. One of them speaks as the caller does, the others are behind a translation.
export const PROVIDERS = ["openai", "anthropic", "gemini"];

// Models that sign their reasoning and want it back beside the calls it led to.
export const SIGNING = ["anthropic/claude-sonnet-4-5-20250929~", "gemini/gemini-3-flash-preview~"];

// How many signatures the last request had that the provider had issued.
export async function signatures(requests) {
  const { body } = (await requests()).at(-1);
  return body.match(/"(?:signature|thoughtSignature)":"[A-Za-z0-9+/=]{20,}"/g)?.length ?? 0;
}

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

// A script under the name of a model (`provider/model~`), for names that a gateway treats in a way of their own.
export function scriptOf(model, words) {
  const [provider, name] = model.split("/");
  return script(provider, name + words);
}

// How the answer to the last request ended, once it has.
export async function ended(requests) {
  for (let wait = 0; wait < 100 && (await requests()).at(-1).ended === null; wait++) {
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  return (await requests()).at(-1).ended;
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
