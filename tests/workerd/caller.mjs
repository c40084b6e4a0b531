// Callers, each with a connection of its own.

import { request } from "node:http";
import { KEY } from "./gateway.mjs";

/** Sends a chat completion; resolves to its status, headers, text, and what the model said. */
export function ask(url, { mark, size = 0, stream = false }) {
  return new Promise((resolve, reject) => {
    begin(url, { mark, size, stream }, reject, (response) => {
      const chunks = [];
      response.on("error", reject);
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("end", () => {
        const text = Buffer.concat(chunks).toString();
        const { statusCode: status, headers } = response;
        resolve({ status, headers, text, said: status === 200 ? said(text, stream) : undefined });
      });
    });
  });
}

/** Sends one, and leaves without a word: before the answer, or at its first bytes. */
export function leave(url, { mark, size = 0, inTheMiddle }) {
  return new Promise((resolve) => {
    const asked = begin(url, { mark, size, stream: true }, resolve, (response) => {
      response.on("error", resolve);
      response.once("data", () => asked.socket.resetAndDestroy());
    });
    if (!inTheMiddle) setTimeout(() => asked.socket?.resetAndDestroy(), 120);
    asked.on("close", resolve);
  });
}

/** Opens a stream, and resolves to its status and a way to read it to its end. */
export function open(url, { mark }) {
  return new Promise((resolve, reject) => {
    begin(url, { mark, size: 0, stream: true }, reject, (response) => {
      const chunks = [];
      response.on("data", (chunk) => chunks.push(chunk));
      const ended = new Promise((done) => response.on("close", () => done(Buffer.concat(chunks).toString())));
      resolve({ status: response.statusCode, ended });
    });
  });
}

/** Sends a GET; resolves to its status and JSON. */
export async function get(url, path, key = KEY) {
  const response = await fetch(url + path, { headers: { authorization: `Bearer ${key}` } });
  return { status: response.status, body: await response.json() };
}

function begin(url, { mark, size, stream }, onError, onResponse) {
  const content = `${mark} ${"x".repeat(size)}`;
  const body = JSON.stringify({ model: "parrot", stream, messages: [{ role: "user", content }] });
  const headers = {
    authorization: `Bearer ${KEY}`,
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
  };
  const asked = request(`${url}/v1/chat/completions`, { method: "POST", headers, agent: false }, onResponse);
  asked.on("error", onError);
  asked.end(body);
  return asked;
}

function said(text, stream) {
  if (!stream) return JSON.parse(text).choices[0].message.content;
  const data = text.split("\n").filter((line) => line.startsWith("data: ")).map((line) => line.slice(6));
  if (data.pop() !== "[DONE]") return `cut: ${text}`;
  return data.map((line) => JSON.parse(line).choices[0]?.delta?.content ?? "").join("");
}
