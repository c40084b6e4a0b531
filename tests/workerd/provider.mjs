// A provider of the chat wire that repeats what it was told, and keeps count.

import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

/** How many events a streamed answer has, one to somebody who will leave, and how far apart they are. */
const EVENTS = 12;
const ENDLESS = 400;
const GAP_MS = 25;

/** Starts one, and ends it when `work` is done. */
export async function providing(work) {
  const counts = { asked: 0, finished: 0, dropped: 0, lists: 0 };
  const server = createServer((request, response) => answer(counts, request, response).catch(() => response.destroy()));
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    await work({ url: `http://127.0.0.1:${server.address().port}`, counts });
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

async function answer(counts, request, response) {
  if (request.method === "GET") {
    counts.lists += 1;
    // Long enough for all that come at once to find no list yet.
    await sleep(150);
    response.setHeader("content-type", "application/json");
    return response.end(JSON.stringify({ object: "list", data: [{ id: "parrot", object: "model" }] }));
  }
  counts.asked += 1;
  response.on("close", () => (response.writableFinished ? counts.finished++ : counts.dropped++));
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const { messages, stream } = JSON.parse(Buffer.concat(chunks));
  const mark = messages[0].content.split(" ")[0];
  const usage = { prompt_tokens: 7, completion_tokens: EVENTS, total_tokens: 7 + EVENTS };
  const head = { id: "chatcmpl-1", created: 1, model: "parrot" };
  if (!stream) {
    await sleep(GAP_MS * 4);
    const choice = { index: 0, message: { role: "assistant", content: mark }, finish_reason: "stop" };
    response.setHeader("content-type", "application/json");
    return response.end(JSON.stringify({ ...head, object: "chat.completion", choices: [choice], usage }));
  }
  response.setHeader("content-type", "text/event-stream");
  const event = (choices, more) =>
    response.write(`data: ${JSON.stringify({ ...head, object: "chat.completion.chunk", choices, ...more })}\n\n`);
  const events = mark.startsWith("gone") ? ENDLESS : EVENTS;
  for (let index = 0; index < events && !response.destroyed; index++) {
    event([{ index: 0, delta: { role: "assistant", content: `${mark};` }, finish_reason: null }]);
    await sleep(GAP_MS);
  }
  event([{ index: 0, delta: {}, finish_reason: "stop" }]);
  event([], { usage });
  response.end("data: [DONE]\n\n");
}

/** What a whole streamed answer to `mark` says. */
export const said = (mark) => `${mark};`.repeat(EVENTS);
