/** Callbacks in any order, on any context, with any answer of the host: never a trap. */
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { cachedModule } from "../../host/module_cache.ts";
import { buildModule } from "../../tools/build.ts";
import { chatPath, chatSetup } from "../flow/chat_setup.ts";
import { callbackCount, serializedPairs, statuses, type Step, StrayHost } from "./stray_host.ts";

/** FUZZ_STEPS=10000000 FUZZ_SEED=7 for a longer search; a failure prints its seed and path. */
const partsMax = 30;
const stepsOfRun = 80;
const fuzz = {
  numRuns: Math.ceil(Number(process.env.FUZZ_STEPS ?? 20_000) / stepsOfRun),
  seed: Number(process.env.FUZZ_SEED ?? 20240513),
};

const memoryBytesMax = 64 << 20;

let module: WebAssembly.Module;
beforeAll(async () => {
  module = cachedModule(await buildModule()).module;
});

const config = (change: object, attach: object): Uint8Array => {
  return Buffer.from(JSON.stringify(chatSetup({ policy: change, attach }).configuration));
};

const bodies = [
  ...['{"model":"gpt-4","stream":true,"messages":[{"role":"user","content":"Hi"}]}', '{"model"'],
  ...['{"model":"gpt-4o"}', "via_upstream", "downstream_remote_disconnect", "upstream_timeout"],
  ...['data: {"model":"m","choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2}}\n\n'],
  ...['data: {"model":"m","usage":null}\r\n\r\n: x\rdata: [DO', '{"a":[', "", "x".repeat(70_000)],
].map((text) => Buffer.from(text));

const configs = [
  config({}, {}),
  config({ unknownModel: "pass", unpriced: "allow", onFailure: "allow" }, { explain: true }),
  config({ count: "off", unmetered: "pass" }, { bodyBytesMax: 1024 }),
];

const heads = (
  [
    [
      [":method", "POST"],
      [":path", chatPath],
      ["x-request-id", "1"],
    ],
    [
      [":method", "POST"],
      [":path", chatPath],
      ["x-tokenstile-route", "a"],
      ["accept-encoding", "br"],
    ],
    [
      [":method", "POST"],
      [":path", "/v1/responses"],
      ["content-length", "99999999999999999999"],
    ],
    [
      [":method", "GET"],
      [":path", "/"],
      ["upgrade", "x"],
    ],
    [
      [":status", "200"],
      ["content-type", "text/event-stream"],
      ["content-length", "5"],
    ],
    [
      [":status", "200"],
      ["content-type", "application/json"],
    ],
    [
      [":status", "503"],
      ["content-encoding", "gzip"],
    ],
    [["", ""]],
    [],
  ] as [string, string][][]
).map(serializedPairs);

/** Bytes that are mostly sensible, so that deep places are reached, and sometimes none at all. */
function bytesOf(sensible: Uint8Array[]): fc.Arbitrary<Uint8Array> {
  return fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom(...sensible) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 60 }) },
  );
}

const anyAnswers = fc.array(fc.constantFrom(...statuses), { maxLength: 6, size: "small" });

/** The callbacks of a stream, as numbers of `StrayHost`: create, request, response, end. */
const lifeOrder = [0, 2, 3, 3, 4, 5, 6, 6, 7, 8, 9, 10];
const upstreamAnswered = Buffer.from("via_upstream");

const anyStep: fc.Arbitrary<Step> = fc.record({
  callback: fc.nat(callbackCount - 1),
  context: fc.nat(5),
  parent: fc.nat(2),
  size: fc.oneof(fc.nat(80), fc.constantFrom(0, 65_536, 70_000, 0xffff_ffff)),
  endOfStream: fc.boolean(),
  bytes: bytesOf([...bodies, ...configs]),
  pairs: bytesOf(heads),
  answers: anyAnswers,
});

const plain = { parent: 0, endOfStream: false, pairs: new Uint8Array(), answers: [] };

/** Two roots with policies, as most hosts begin. */
const begin: Step[] = [1, 2].flatMap((context) => {
  const bytes = configs[context - 1] ?? new Uint8Array();
  return [0, 1].map((callback) => ({ ...plain, context, callback, bytes, size: bytes.length }));
});

const answers = fc.oneof(
  { weight: 3, arbitrary: fc.constant<number[]>([]) },
  { weight: 1, arbitrary: anyAnswers },
);

/** A stream as it should be lived, but for some callbacks left out and some answers of the host. */
const life: fc.Arbitrary<Step[]> = fc
  .record({
    context: fc.integer({ min: 3, max: 5 }),
    parent: fc.integer({ min: 1, max: 2 }),
    request: fc.constantFrom(...bodies.slice(0, 3)),
    response: fc.constantFrom(...bodies),
    head: fc.constantFrom(...heads.slice(4)),
    answers: fc.array(answers, { minLength: 11, maxLength: 11 }),
    kept: fc.shuffledSubarray(lifeOrder, { minLength: 5 }),
    inOrder: fc.integer({ min: 0, max: 9 }),
  })
  .map(({ context, parent, request, response, head, kept, inOrder, ...rest }) => {
    const order = inOrder === 0 ? kept : lifeOrder.filter((callback) => kept.includes(callback));
    return order.map((callback, at) => {
      const isRequest = callback < 5;
      const bytes = callback === 5 ? upstreamAnswered : isRequest ? request : response;
      return {
        ...{ callback, context, parent, bytes, size: bytes.length, endOfStream: at % 3 === 0 },
        pairs: callback === 2 ? (heads[0] ?? head) : head,
        answers: rest.answers[at] ?? [],
      };
    });
  });

describe("callbacks in any order", () => {
  it("never trap, reply twice, or do what ends a gateway", () => {
    const parts = fc.oneof(
      life,
      anyStep.map((step) => [step]),
    );
    const runs = fc.array(parts, { minLength: 4, maxLength: partsMax, size: "max" });
    fc.assert(
      fc.property(runs, fc.boolean(), (steps, begins) => {
        const host = new StrayHost(module);
        for (const step of [...(begins ? begin : []), ...steps.flat()]) host.take(step);
        expect(host.sins).toEqual([]);
        expect(host.memoryBytes).toBeLessThan(memoryBytesMax);
      }),
      fuzz,
    );
  });
});
