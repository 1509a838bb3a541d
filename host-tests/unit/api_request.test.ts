import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { type Json, type JsonObject, promptOf, promptTokens } from "./api_chat_reference.ts";
import { ApiModule, type RequestFacts } from "./api_module.ts";

let api: ApiModule;
beforeAll(async () => {
  api = await ApiModule.load();
});

/** Texts with what breaks readers: lone surrogates, escapes, and documents inside texts. */
const text = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 40 }),
  fc.string({ unit: "binary", maxLength: 20 }),
  fc
    .array(fc.constantFrom(0x61, 0x20, 0xd83d, 0xde00, 0xfffd, 0x22, 0x5c, 0x0a), { maxLength: 12 })
    .map((units) => String.fromCharCode(...units)),
  fc.constantFrom('{"model":"x","model":"y"}', '"usage":{"prompt_tokens":1}', "]}],", "low", ""),
);

/** A value of some type where another one belongs, with members in it that must not be seen. */
const stray = fc.constantFrom<Json>(null, true, 7, -1.5, [], {}, [["hi", { text: "hi" }]], {
  model: "x",
  stream: true,
  messages: [{ content: "hi" }],
  MODEL: 1,
});

const oddText = fc.oneof({ weight: 5, arbitrary: text }, { weight: 1, arbitrary: stray });

/** An object with some of these members, in any order, and a stranger among them. */
function members(known: Record<string, fc.Arbitrary<Json>>): fc.Arbitrary<JsonObject> {
  const all = { ...known, stranger: stray, "": stray };
  return fc
    .record(all, { requiredKeys: [] })
    .chain((made) => fc.shuffledSubarray(Object.entries(made)))
    .map((entries) => Object.fromEntries(entries) as JsonObject);
}

const called = members({ name: text, arguments: text, input: text });
const image = fc.oneof(text, members({ detail: oddText, url: text }), stray);
const media = fc.oneof(stray, fc.constant("data:"), members({ data: text }));
const part = fc.oneof(
  { weight: 1, arbitrary: oddText },
  {
    weight: 4,
    arbitrary: members({
      type: text,
      text: oddText,
      refusal: text,
      image_url: image,
      input_audio: media,
      file: media,
      audio_url: media,
      video_url: media,
    }),
  },
);
const message = members({
  role: fc.oneof(fc.constantFrom("user", "system", "assistant"), oddText),
  name: oddText,
  content: fc.oneof(oddText, fc.array(part, { maxLength: 4 })),
  refusal: oddText,
  reasoning_content: text,
  reasoning: oddText,
  audio: media,
  tool_calls: fc.oneof(
    stray,
    fc.array(members({ id: text, function: called, custom: called }), { maxLength: 3 }),
  ),
  function_call: fc.oneof(stray, called),
});
const strays = fc.oneof(message, stray);
const options = fc.oneof(
  fc.constant(null),
  members({ include_usage: fc.constantFrom<Json>(true, false, null), include_obfuscation: stray }),
);
const request = members({
  stream: fc.constantFrom<Json>(true, false, null),
  stream_options: options,
  max_tokens: fc.oneof(fc.nat(), stray),
  max_completion_tokens: fc.oneof(fc.nat(), stray),
  messages: fc.oneof(stray, fc.array(strays, { maxLength: 4 })),
  tools: stray,
  functions: stray,
  response_format: stray,
  tool_choice: fc.oneof(stray, text, members({ type: text, name: text, function: called })),
  function_call: fc.oneof(stray, text, called),
  metadata: stray,
});
/** `["model", value]` goes in at any place. */
const body = fc
  .tuple(request, fc.nat(), fc.string({ minLength: 1, maxLength: 20 }), fc.boolean())
  .map(([made, place, model, spaced]) => {
    const entries = Object.entries(made);
    entries.splice(place % (entries.length + 1), 0, ["model", model]);
    const document = Object.fromEntries(entries) as JsonObject;
    return { document, spaced };
  });
const cut = fc.record({
  firstBytes: fc.integer({ min: 1, max: 90 }),
  chunkBytes: fc.integer({ min: 1, max: 90 }),
});

/** The document with two of three characters of its strings in escapes: another spelling of it. */
function escaped(json: string): string {
  return json.replaceAll(/"(?:[^"\\]|\\.)*"/g, (token) => {
    const chars = [...(JSON.parse(token) as string)];
    const written = chars.map((char, at) =>
      at % 3 === 1 ? JSON.stringify(char).slice(1, -1) : char.replaceAll(/[^]/g, unitEscape),
    );
    return `"${written.join("")}"`;
  });
}

function unitEscape(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** The body with a span of bytes replaced, read again. */
function reread(bytes: Buffer, start: number, end: number, by: string): JsonObject {
  const text = Buffer.concat([bytes.subarray(0, start), Buffer.from(by), bytes.subarray(end)]);
  return JSON.parse(text.toString()) as JsonObject;
}

/** Every span that the reader found is where an edit does just what it is meant to do. */
function expectSpans(bytes: Buffer, facts: RequestFacts, document: JsonObject): void {
  const renamed = reread(bytes, facts.modelStart, facts.modelEnd, '"other"');
  expect(renamed).toEqual({ ...document, model: "other" });
  const longer = reread(bytes, facts.rootEnd, facts.rootEnd, ',"added":1');
  expect(longer).toEqual({ ...document, added: 1 });
  const wanted = document["stream_options"];
  expect(facts.streamOptionsInside !== 0).toBe(typeof wanted === "object" && wanted !== null);
  if (facts.streamOptionsInside !== 0) {
    const added = `"added":1${facts.streamOptionsEmpty ? "" : ","}`;
    const inside = reread(bytes, facts.streamOptionsInside, facts.streamOptionsInside, added);
    expect(inside["stream_options"]).toEqual({ ...(wanted as JsonObject), added: 1 });
  }
  expect(facts.streamOptionsNullEnd !== 0).toBe(wanted === null);
  if (facts.streamOptionsNullEnd !== 0) {
    const made = reread(bytes, facts.streamOptionsNullStart, facts.streamOptionsNullEnd, "{}");
    expect(made).toEqual({ ...document, stream_options: {} });
  }
  const asked = (wanted as JsonObject | null | undefined)?.["include_usage"];
  expect(facts.usageAsked).toBe(asked === true);
  expect(facts.usageFalseEnd !== 0).toBe(asked === false || asked === null);
  if (facts.usageFalseEnd !== 0) {
    const turned = reread(bytes, facts.usageFalseStart, facts.usageFalseEnd, "true");
    expect(turned["stream_options"]).toEqual({ ...(wanted as JsonObject), include_usage: true });
  }
}

function expectFacts(facts: RequestFacts, document: JsonObject): void {
  expect(facts.error).toBe("None");
  expect(facts.model.toString()).toBe(document["model"]);
  expect(facts.stream).toBe(document["stream"] === true);
  const limits = [document["max_tokens"], document["max_completion_tokens"]];
  const whole = limits.map((limit) => (Number.isSafeInteger(limit) ? (limit as number) : 0));
  expect(facts.maxOutputTokens).toBe(BigInt(Math.max(0, ...whole)));
}

const encodings = [undefined, "o200k_base", "cl100k_base"] as const;

describe("a chat request, against JSON.parse and tiktoken", () => {
  it("is found, counted and can be edited where it was found", () => {
    fc.assert(
      fc.property(body, cut, fc.nat({ max: 2 }), ({ document, spaced }, cuts, encoding) => {
        const bytes = Buffer.from(JSON.stringify(document, null, spaced ? 1 : 0));
        const facts = api.readRequest(bytes, encoding as 0 | 1 | 2, cuts);
        expectFacts(facts, document);
        expectSpans(bytes, facts, document);
        const count = promptOf(document, encoding !== 0);
        if (!spaced) expect(facts.unreadTokens).toBe(count.unreadTokens);
        if (!spaced) expect(facts.mediaTokens).toBe(count.mediaTokens);
        expect(facts.promptTokens).toBe(promptTokens(count, encodings[encoding]));
        if (!spaced) expect(facts.estimated).toBe(count.estimated);
        const inJson = (one: string): number => Buffer.byteLength(JSON.stringify(one)) - 2;
        expect(facts.textBytes).toBe(count.texts.reduce((sum, one) => sum + inJson(one), 0));
      }),
      { numRuns: 1500, seed: 20260101 },
    );
  });

  it("is the same in escapes", () => {
    fc.assert(
      fc.property(body, cut, ({ document }, cuts) => {
        const bytes = Buffer.from(escaped(JSON.stringify(document)));
        expect(JSON.parse(bytes.toString())).toEqual(document);
        const facts = api.readRequest(bytes, 1, cuts);
        expectFacts(facts, document);
        expectSpans(bytes, facts, document);
        expect(facts.promptTokens).toBe(promptTokens(promptOf(document, true), "o200k_base"));
      }),
      { numRuns: 500, seed: 20260102 },
    );
  });
});

describe("a chat request's model", () => {
  it("is kept up to its bound, however it is written", () => {
    for (const letter of ["a", "é", "模", "😀", '"']) {
      const bytes = Buffer.byteLength(letter);
      const fits = letter.repeat(Math.floor(256 / bytes));
      const read = (model: string, chunkBytes: number): RequestFacts =>
        api.readRequest(Buffer.from(JSON.stringify({ model })), 0, { chunkBytes });
      for (const chunkBytes of [1, 7, 1000]) {
        expect(read(fits, chunkBytes).model.toString()).toBe(fits);
        const longer = read(fits + letter, chunkBytes);
        expect([longer.error, longer.errorOffset]).toEqual(["ModelTooLong", 9]);
      }
    }
  });
});

describe("the readers", () => {
  it("give back all memory they took", () => {
    api.churn(1000);
    const before = api.memoryBytes;
    api.churn(20_000);
    expect(api.memoryBytes).toBe(before);
  });
});
