/** Tools and response formats that come again: they come to the same as when they were counted. */
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { MemoModule, type MemoRead } from "../unit/memo_module.ts";

let large: MemoModule;
let tiny: MemoModule;
beforeAll(async () => {
  large = await MemoModule.load({ seed: 5 });
  tiny = await MemoModule.load({ seed: 6, entries: 8 });
});

type Json = fc.JsonValue;

const text = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 60 }),
  fc.constantFrom(
    "Get the weather.",
    'say "hi"',
    "\\",
    "好",
    "\ud83d",
    "a\nb",
    "]}",
    "x".repeat(200),
  ),
);
const { schema } = fc.letrec<{ schema: Json }>((tie) => ({
  schema: fc.oneof(
    { depthSize: "small" },
    fc.record({ type: fc.constantFrom("string", "number"), description: text }),
    fc.record({ type: fc.constant("string"), enum: fc.array(fc.oneof(text, fc.integer())) }),
    fc.record({ type: fc.constant("array"), items: tie("schema") }),
    fc.record({
      type: fc.constant("object"),
      properties: fc.dictionary(text, tie("schema"), { maxKeys: 4 }),
      required: fc.array(text, { maxLength: 2 }),
    }),
    fc.record({ anyOf: fc.array(tie("schema"), { maxLength: 3 }), title: text }),
    fc.jsonValue({ maxDepth: 2 }),
  ),
}));

const called = fc.record({ name: text, description: text, parameters: schema });
const tool = fc.oneof(
  { weight: 6, arbitrary: fc.record({ type: fc.constant("function"), function: called }) },
  { weight: 1, arbitrary: called },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
);
/** A tool too large to be remembered whole. */
const huge = fc.nat({ max: 25_000 }).map((bytes) => {
  return {
    type: "function",
    function: { name: "huge", description: "so large ".repeat(bytes / 9) },
  };
});
const tools = fc.oneof(
  { weight: 6, arbitrary: fc.array(tool, { maxLength: 6 }) },
  { weight: 2, arbitrary: fc.array(fc.oneof(tool, huge), { maxLength: 4 }) },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
);
const format = fc.oneof(
  fc.constant({ type: "json_object" }),
  fc.record({ type: fc.constant("json_schema"), json_schema: fc.record({ name: text, schema }) }),
  fc.jsonValue({ maxDepth: 2 }),
);
const body = fc
  .record(
    { tools, functions: tools, response_format: format, messages: fc.constant([]) },
    { requiredKeys: [] },
  )
  .chain((made) => fc.tuple(fc.constant(made), fc.nat({ max: 2 }), fc.nat()))
  .map(([made, spaces, place]) => {
    const entries: [string, unknown][] = Object.entries(made);
    entries.splice(place % (entries.length + 1), 0, ["model", "m"]);
    return Buffer.from(JSON.stringify(Object.fromEntries(entries), null, spaces));
  });

const cut = fc.record({
  firstBytes: fc.integer({ min: 1, max: 3000 }),
  chunkBytes: fc.oneof(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 100, max: 30_000 })),
});
const encoding = fc.constantFrom(1 as const, 2 as const);
/** OpenAI's, ChatML's and Llama's: one of each style of tools. */
const framing = fc.constantFrom(1, 5, 6, 7);

function facts({ hits: _, misses: __, hitBytes: ___, ...found }: MemoRead): object {
  return found;
}

describe("tools and formats that are remembered", () => {
  it("come to the same as without a memory", () => {
    const cuts = fc.array(cut, { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(body, cuts, encoding, framing, (bytes, each, name, manner) => {
        const expected = facts(large.read(bytes, name, { framing: manner, remembers: false }));
        for (const how of each) {
          for (const memo of [large, tiny]) {
            expect(facts(memo.read(bytes, name, { ...how, framing: manner }))).toEqual(expected);
          }
        }
        const again = large.read(bytes, name, { framing: manner });
        expect(facts(again)).toEqual(expected);
        expect(again.misses).toBe(0);
      }),
      { numRuns: 600, seed: 20260311 },
    );
  });

  it("are found one by one, where nothing else has changed that matters", () => {
    const make = (name: string): object => {
      const description = "What this one is for, at some length, so that it is worth its while. ";
      return { type: "function", function: { name, description: description.repeat(4) } };
    };
    const read = (names: string[], name: 1 | 2, manner: number): number[] => {
      const all = { model: "m", tools: names.map(make) };
      const { hits, misses } = large.read(Buffer.from(JSON.stringify(all)), name, {
        framing: manner,
      });
      return [hits, misses];
    };
    large.payer = { low: 900n, high: 1n, owner: 1 };
    expect(read(["one", "two", "three"], 1, 1)).toEqual([0, 3]);
    expect(read(["zero", "three", "two", "one"], 1, 1)).toEqual([3, 1]);
    expect(read(["one"], 2, 1)).toEqual([0, 1]);
    expect(read(["one"], 1, 6)).toEqual([0, 1]);
    expect(read(["one"], 1, 1)).toEqual([1, 0]);
    large.payer = { low: 901n, high: 1n, owner: 1 };
    expect(read(["one"], 1, 1)).toEqual([0, 1]);
  });

  it("with a mistake in them are refused each time", () => {
    large.payer = { low: 902n, high: 1n, owner: 1 };
    const good = JSON.stringify({ type: "function", function: { name: "x".repeat(200) } });
    for (const bad of [good.replace("}", "]"), good.replace("xx", "\\q"), good.replace(":", "")]) {
      for (const chunkBytes of [50, 1000]) {
        for (let turn = 0; turn < 2; turn++) {
          const json = Buffer.from(`{"model":"m","tools":[${good},${bad}]}`);
          const expected = large.read(json, 1, { remembers: false });
          expect(expected.error).not.toBe(0);
          expect(facts(large.read(json, 1, { chunkBytes }))).toEqual(facts(expected));
        }
      }
    }
  });
});
