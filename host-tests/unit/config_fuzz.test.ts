import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { ConfigModule } from "./config_module.ts";
import { sampleAttach, samplePolicy } from "./config_samples.ts";

let module: ConfigModule;

beforeAll(async () => {
  module = await ConfigModule.load();
});

const sample = Buffer.from(JSON.stringify({ policy: samplePolicy(), attach: sampleAttach() }));

/** Any answer will do, as long as there is one and it can be shown: ASCII, with a path. */
function answers(document: unknown): void {
  const mistakes = module.mistakes(document);
  for (const [path, reason] of mistakes) {
    expect(path).toMatch(/^[ -~]+$/);
    expect(reason).toMatch(/^[ -~]+$/);
  }
  expect(mistakes.length).toBeLessThanOrEqual(65);
  expect(module.described() === null).toBe(mistakes.length > 0);
}

describe("no bytes trap the parser", () => {
  it("when they are random", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => answers(Buffer.from(bytes))),
      {
        numRuns: 2000,
      },
    );
  });

  it("when they are any JSON", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => answers(value)),
      { numRuns: 1000 },
    );
  });

  it("when the sample is cut anywhere", () => {
    for (let bytes = 0; bytes < sample.length; bytes++) answers(sample.subarray(0, bytes));
  });

  it("when bytes of the sample are changed", () => {
    const change = fc.tuple(fc.nat(sample.length - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const bytes = Buffer.from(sample);
        for (const [at, byte] of changes) bytes[at] = byte;
        answers(bytes);
      }),
      { numRuns: 3000 },
    );
  });

  it("when pieces of the sample are moved, repeated or dropped", () => {
    const at = fc.nat(sample.length);
    fc.assert(
      fc.property(at, at, at, (from, to, into) => {
        const piece = sample.subarray(Math.min(from, to), Math.max(from, to));
        answers(Buffer.concat([sample.subarray(0, into), piece, sample.subarray(into)]));
        answers(Buffer.concat([sample.subarray(0, into), sample.subarray(Math.max(into, to))]));
      }),
      { numRuns: 1000 },
    );
  });

  it("when any value stands at any known key", () => {
    const keys = "version name models m aliases price input targets route weight spread header";
    const more = "identity metadata path known apiKey upstreams url attach body role policy";
    const key = fc.constantFrom(...keys.split(" "), ...more.split(" "), "", "__proto__");
    const leaf = fc.oneof(fc.string({ maxLength: 8 }), fc.double({ noNaN: true }), fc.boolean());
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 6 },
        leaf,
        fc.array(tie("tree"), { maxLength: 3 }),
        fc.dictionary(key, tie("tree"), { maxKeys: 6 }),
      ),
    }));
    fc.assert(
      fc.property(tree, (policy) => {
        answers({ policy });
        answers({ policy: { ...samplePolicy(), ...Object(policy) } });
      }),
      { numRuns: 1500 },
    );
  });
});
