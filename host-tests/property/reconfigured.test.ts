/**
 * A host may configure one root context again while streams of it are open. They go on under what
 * they began with, and nothing of it may be gone when they are settled.
 */
import { readFileSync } from "node:fs";
import { beforeAll, expect, it } from "vitest";
import { buildModule } from "../../tools/build.ts";
import { chatBody, chatSetup } from "../flow/chat_setup.ts";
import { serializedPairs, type Step, StrayHost } from "./stray_host.ts";

let module: WebAssembly.Module;

beforeAll(async () => {
  module = new WebAssembly.Module(readFileSync(await buildModule()));
});

const create = 0;
const configure = 1;
const requestHeaders = 2;
const requestBody = 3;
const log = 8;
const streams = Array.from({ length: 20 }, (_, index) => index + 5);

const pairs = serializedPairs([
  [":method", "POST"],
  [":path", "/v1/chat/completions"],
  ["content-type", "application/json"],
]);

function step(callback: number, context: number, bytes: Uint8Array, parent = 0): Step {
  const size = bytes.length;
  const endOfStream = callback === requestBody;
  return { callback, context, parent, size, endOfStream, bytes, pairs, answers: [] };
}

/** A policy that is all names of one length, to lie just where the first one lay. */
function otherPolicy(nameLength: number): Uint8Array {
  const aliases = Array.from({ length: 600 }, (_, at) => String(at).padStart(nameLength, "~"));
  const models = { x: { price: { input: 1, output: 1 }, aliases } };
  const attach = { role: "single", body: "hold" };
  return Buffer.from(JSON.stringify({ policy: { version: 1, name: "other", models }, attach }));
}

it.each([8, 16, 24, 40, 56])("a stream outlives policies with names of %i bytes", (length) => {
  const host = new StrayHost(module);
  const none = new Uint8Array();
  const body = Buffer.from(chatBody({ stream: true }));
  host.take(step(create, 1, none));
  host.take(step(configure, 1, Buffer.from(JSON.stringify(chatSetup().configuration))));
  for (const id of streams) {
    host.take(step(create, id, none, 1));
    host.take(step(requestHeaders, id, none));
    host.take(step(requestBody, id, body));
  }
  for (let times = 0; times < 30; times++) host.take(step(configure, 1, otherPolicy(length)));
  for (const id of streams) host.take(step(log, id, Buffer.from("via_upstream")));
  expect(host.sins).toEqual([]);
});
