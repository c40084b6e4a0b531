// What the conformance suite excuses Workers from, and why a provider's stream is never handed on as it is, shown on
// plain workerd with a Worker that has none of our code.
//
// Each case says what ought to be and holds that it is not so. One that fails is good news: the platform has
// learnt it, and the excuse in the suite's table can go.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createServer } from "node:http";
import { connect } from "node:net";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const TEXT = "hello";
/** A frame of one block, stored as it is (RFC 8878). */
const ZSTD = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x20, 5, 0x29, 0, 0, ...Buffer.from(TEXT)]);

/** Runs `work` with the port of a workerd that serves `worker.js`. */
async function workerd({ tools }, work) {
  const port = await freePort();
  const config = join(dirname(fileURLToPath(import.meta.url)), "config.capnp");
  const program = join(tools, "node_modules/.bin/workerd");
  const process = spawn(program, ["serve", config, `--socket-addr=http=127.0.0.1:${port}`], { stdio: "inherit" });
  try {
    for (let tries = 0; (await talk(port, "GET / HTTP/1.1\r\nhost: x\r\n\r\n", 100)) === ""; tries++) {
      assert.ok(tries < 100, "workerd does not answer");
      await sleep(50);
    }
    await work(port);
  } finally {
    process.kill();
  }
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Writes `text` on a connection, and resolves to all that came back within the time. */
function talk(port, text, milliseconds = 800) {
  return new Promise((resolve) => {
    let said = "";
    const socket = connect(port, "127.0.0.1", () => socket.write(text));
    socket.on("data", (data) => (said += data));
    socket.on("error", () => resolve(said));
    socket.on("close", () => resolve(said));
    setTimeout(() => socket.destroy(), milliseconds);
  });
}

async function decoded(options, encoding, bytes) {
  let text;
  const server = createServer((_, response) => response.setHeader("content-encoding", encoding).end(bytes));
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  await workerd(options, async (port) => {
    const url = `http://127.0.0.1:${server.address().port}/`;
    text = await (await fetch(`http://127.0.0.1:${port}/fetch?url=${encodeURIComponent(url)}`)).text();
  });
  server.close();
  return text === TEXT;
}

/** What a caller gets on the wire of a stream that broke off, where the Worker hands on what `path` says. */
async function brokenOff(options, path) {
  let said;
  const server = createServer(async (_, response) => {
    response.setHeader("content-type", "text/event-stream");
    for (let piece = 0; piece < 4; piece++) {
      response.write(TEXT);
      await sleep(50);
    }
    response.destroy();
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  await workerd(options, async (port) => {
    const url = encodeURIComponent(`http://127.0.0.1:${server.address().port}/`);
    said = await talk(port, `GET ${path}?url=${url} HTTP/1.1\r\nhost: x\r\n\r\n`);
  });
  server.close();
  assert.ok(said.includes(TEXT), said);
  return said;
}

/** How an answer in chunks ends that is whole. */
const WHOLE = "\r\n0\r\n\r\n";

export default {
  "a provider's stream that breaks off ought not to end as if it were whole, and does": async (options) => {
    for (const path of ["/hand-on", "/hand-on-branch"]) {
      assert.ok((await brokenOff(options, path)).endsWith(WHOLE), `${path} does not now: let it be handed on`);
    }
  },

  "fetch decodes gzip": async (options) => assert.ok(await decoded(options, "gzip", gzipSync(TEXT))),

  "fetch ought to decode zstd, and does not": async (options) =>
    assert.ok(!(await decoded(options, "zstd", ZSTD)), "it does now: let the suite ask for it"),

  "Expect: 100-continue ought to be answered, and is not": (options) =>
    workerd(options, async (port) => {
      const head = "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\nexpect: 100-continue\r\n\r\n";
      assert.ok(!(await talk(port, head)).includes("100 Continue"), "it is now: let the suite ask for it");
    }),

  "an answer over HTTP/1.0 ought to end with its connection, and ends with a chunk": (options) =>
    workerd(options, async (port) => {
      const said = await talk(port, "GET /stream HTTP/1.0\r\nhost: x\r\n\r\n");
      assert.ok(said.includes("streamed"), said);
      assert.ok(!said.endsWith("streamed"), "it does now: let the suite ask for it");
    }),

  "a length beside chunks ought to end the connection, and a second request is served": (options) =>
    workerd(options, async (port) => {
      const second = "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n\r\nabc";
      const head = `POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\ncontent-length: ${second.length + 5}`;
      const said = await talk(port, `${head}\r\n\r\n0\r\n\r\n${second}`);
      assert.ok(said.includes("served 3"), "it does now: let the suite ask for it");
    }),
};
