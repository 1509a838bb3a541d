import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { answerTokens, type Choice, derivedFrom, usageOf } from "./api_chat_reference.ts";
import { ApiModule, type Cut, type ResponseFacts, type UsageFacts } from "./api_module.ts";

let api: ApiModule;
beforeAll(async () => {
  api = await ApiModule.load();
});

/** Pieces that join into other tokens, halves of surrogate pairs, and documents inside texts. */
const piece = fc.oneof(
  fc.constantFrom("inter", "nation", "al", " the", "trans", "formation", "", "\ufffd", "\n\n"),
  fc.constantFrom(
    "\ud83e",
    "\udd91",
    "a\ud83e",
    "\udd91b",
    "\udd91\ud83e",
    "\ud83e\udd91",
    "\ud83e\ud83e",
  ),
  fc.constantFrom('"usage":{"prompt_tokens":1}', '"}}],"index":7', "[DONE]"),
  fc.string({ unit: "binary", maxLength: 12 }),
);

type Part = { name: string; json: string; texts: Choice["texts"] };

/** A member of a message, as it is written, and the texts it holds. */
const textMember = fc
  .tuple(
    fc.constantFrom(
      ["content", "content"],
      ["refusal", "refusal"],
      ["reasoning_content", "reasoning"],
      ["reasoning", "reasoning"],
    ),
    piece,
  )
  .map(([[name, kind], text]): Part => {
    return { name: name!, json: JSON.stringify(text), texts: [{ kind: kind!, tool: 0, text }] };
  });
const partsMember = fc.array(piece, { maxLength: 3 }).map((texts): Part => {
  const json = JSON.stringify(texts.map((text) => ({ type: "text", text })));
  return {
    name: "content",
    json,
    texts: texts.map((text) => ({ kind: "content", tool: 0, text })),
  };
});
const toolMember = fc
  .array(fc.tuple(fc.option(fc.nat({ max: 3 })), piece, piece), { maxLength: 3 })
  .map((calls): Part => {
    const texts: Part["texts"] = [];
    const json = calls.map(([index, name, args], at) => {
      const tool = index ?? at;
      for (const text of [name, args]) texts.push({ kind: "tool", tool, text });
      const called = { id: "c", function: { name, arguments: args } };
      return index === null ? called : { index, ...called };
    });
    return { name: "tool_calls", json: JSON.stringify(json), texts };
  });
const functionMember = piece.map((text): Part => {
  const json = JSON.stringify({ name: null, arguments: text });
  return { name: "function_call", json, texts: [{ kind: "tool", tool: 0, text }] };
});
const strayMember = fc
  .constantFrom<[string, string]>(
    ["usage", '{"prompt_tokens":3}'],
    ["model", '"x"'],
    ["index", "5"],
    ["audio", '{"transcript":"hi"}'],
    ["content", "null"],
    ["role", "null"],
  )
  .map(([name, json]): Part => ({ name, json, texts: [] }));

/** A message has a member once, and calls tools in one way. */
function rivals(one: Part, other: Part): boolean {
  const names = [one.name, other.name].map((name) => name.replace("function_call", "tool_calls"));
  return names[0] === names[1];
}

interface Written {
  json: string;
  choices: Choice[];
}

/** A choice whose index stands ahead of its message, behind it, or nowhere. */
const choice = fc
  .record({
    index: fc.option(fc.nat({ max: 2 })),
    behind: fc.boolean(),
    member: fc.constantFrom("delta", "message"),
    parts: fc.array(
      fc.oneof(
        { weight: 4, arbitrary: textMember },
        { weight: 1, arbitrary: partsMember },
        { weight: 2, arbitrary: toolMember },
        { weight: 1, arbitrary: functionMember },
        { weight: 1, arbitrary: strayMember },
      ),
      { maxLength: 3 },
    ),
  })
  .map(({ index, behind, member, parts }) => {
    const kept = parts.filter((part, at) => parts.findIndex((one) => rivals(one, part)) === at);
    const inside = kept.map(({ name, json }) => `"${name}":${json}`).join(", ");
    const message = `"${member}" : {${inside}}`;
    const written = index === null ? [message] : [`"index":${index}`, message];
    if (behind) written.reverse();
    const texts = kept.flatMap((part) => part.texts);
    return { json: `{${written.join(",")}}`, index, texts };
  });

const document = fc.array(choice, { maxLength: 3 }).map((made): Written => {
  const choices = made.map(({ index, texts }, at) => ({ choice: index ?? at, texts }));
  const json = made.map((one) => one.json).join(" , ");
  return { json: `{"id":"1","choices":[${json}],"model":"m"}`, choices };
});

const cut = fc.record({
  firstBytes: fc.integer({ min: 1, max: 60 }),
  chunkBytes: fc.integer({ min: 1, max: 60 }),
});

/** The pieces of a response as one text for each choice and kind, in the order of their bytes. */
function deliveredText({ finds }: ResponseFacts): string {
  const pieces = finds.filter(({ find }) => find === "Piece");
  return Buffer.concat(pieces.map(({ bytes }) => bytes)).toString();
}

const lossy = (text: string): string => Buffer.from(text).toString();

describe("a chat answer's text, against JSON.parse and tiktoken", () => {
  it("is counted as a client joins it, over all documents", () => {
    fc.assert(
      fc.property(fc.array(document, { maxLength: 5 }), cut, fc.boolean(), (made, cuts, small) => {
        const documents = made.map(({ json }): [Buffer, Cut] => {
          JSON.parse(json);
          return [Buffer.from(json), cuts];
        });
        const facts = api.readResponse(documents, small ? 2 : 1);
        const choices = made.flatMap((one) => one.choices);
        const encoding = small ? "cl100k_base" : "o200k_base";
        expect(facts.ownTokens).toBe(answerTokens(choices, encoding));
        expect(facts.exact).toBe(true);
        const texts = choices.flatMap((one) => one.texts.map(({ text }) => lossy(text)));
        expect(deliveredText(facts)).toBe(texts.join(""));
        expect(facts.textBytes).toBe(Buffer.byteLength(texts.join("")));
        expect(facts.finds.filter(({ find }) => find === "RootClose").length).toBe(made.length);
        expect(facts.finds.some(({ find }) => find === "End")).toBe(false);
      }),
      { numRuns: 2000, seed: 20260301 },
    );
  });

  it("is counted apart for many choices, and no longer exact for too many", () => {
    const lanesMax = 128;
    const answer = (count: number): ResponseFacts => {
      const choices = Array.from({ length: count }, (_, index) => ({
        index,
        message: { content: "inter" },
      }));
      const more = choices.map(({ index }) => ({ index, message: { content: "nation" } }));
      const events = [{ choices }, { choices: more }];
      return api.readResponse(
        events.map((event) => [Buffer.from(JSON.stringify(event)), { chunkBytes: 100 }]),
        1,
      );
    };
    const one = answer(1).ownTokens;
    for (const count of [2, 3, lanesMax - 1, lanesMax]) {
      expect(answer(count)).toMatchObject({ ownTokens: count * one, exact: true });
    }
    const many = answer(lanesMax + 1);
    expect(many.exact).toBe(false);
    expect(many.textBytes).toBe((lanesMax + 1) * "internation".length);
    expect(answer(2000).exact).toBe(false);
  });

  it("waits for its index up to a bound, and then goes by its place", () => {
    const content = "inter nation al ".repeat(8000);
    const json = JSON.stringify({ choices: [{ message: { content }, index: 0 }] });
    const facts = api.readResponse([[Buffer.from(json), { chunkBytes: 5000 }]], 1);
    const texts = [{ kind: "content", tool: 0, text: content }];
    expect(facts.ownTokens).toBe(answerTokens([{ choice: 0, texts }], "o200k_base"));
    expect(facts.textBytes).toBe(content.length);
  });
});

const number = fc.oneof(
  fc.nat({ max: 50 }).map(String),
  fc.constantFrom("0", "1000000000", "1000000001", "999999999", "18446744073709551615"),
  fc.constantFrom("-1", "6.0", "1e3", '"5"', "null", "true", "{}", "[5]", "-0", "0.5"),
  fc.constantFrom(`${2n ** 64n}`, `1${"0".repeat(399)}`, "9".repeat(32), `${"9".repeat(31)}.0`),
);

const places: [key: keyof UsageFacts, place: string][] = [
  ["input", "prompt_tokens"],
  ["output", "completion_tokens"],
  ["total", "total_tokens"],
  ["cachedRead", "cached_tokens"],
  ["cachedRead", "prompt_cache_hit_tokens"],
  ["cachedRead", "prompt_tokens_details.cached_tokens"],
  ["cacheWrite", "prompt_tokens_details.cache_write_tokens"],
  ["reasoning", "completion_tokens_details.reasoning_tokens"],
];

/** One report: the raw text of some of its numbers. */
const report = fc.array(fc.option(number), {
  minLength: places.length,
  maxLength: places.length,
});

/** Reports in which the total is, or nearly is, a sum of the others. */
const summed = fc
  .tuple(
    fc.nat({ max: 9 }),
    fc.nat({ max: 9 }),
    fc.nat({ max: 9 }),
    fc.integer({ min: -1, max: 1 }),
  )
  .chain(([input, output, reasoning, by]) =>
    fc.constantFrom(input + output, input + output + reasoning, input + reasoning).map((sum) => {
      const total = String(Math.max(0, sum + by));
      return [String(input), String(output), total, null, null, null, null, String(reasoning)];
    }),
  );

function usageJson(raw: (string | null)[]): string {
  const members: string[] = ['"trap":{"prompt_tokens":7}'];
  const details = new Map<string, string[]>();
  for (const [at, [, place]] of places.entries()) {
    const text = raw[at];
    if (text === null || text === undefined) continue;
    const [outer, inner] = place.split(".");
    if (inner === undefined) members.push(`"${outer}":${text}`);
    else details.set(outer!, [...(details.get(outer!) ?? []), `"${inner}" : ${text}`]);
  }
  for (const [outer, inner] of details) members.unshift(`"${outer}":{${inner.join(",")}}`);
  return `{"usage":{${members.join(",")}}}`;
}

describe("a chat answer's usage", () => {
  it("is its plain counts, the largest of all reports, and what the total proves", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(report, summed), { maxLength: 3 }), cut, (reports, cuts) => {
        const documents = reports.map((raw): [Buffer, Cut] => [Buffer.from(usageJson(raw)), cuts]);
        const facts = api.readResponse(documents, 0);
        const told = reports.flatMap((raw) =>
          places.flatMap(([key], at): [keyof UsageFacts, string][] =>
            raw[at] === null ? [] : [[key, raw[at]!]],
          ),
        );
        const usage = usageOf(told);
        expect(facts.usage).toEqual(usage);
        expect(facts.derived).toEqual(derivedFrom(usage));
      }),
      { numRuns: 3000, seed: 20260302 },
    );
  });
});
