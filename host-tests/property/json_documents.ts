import fc from "fast-check";

/** Escapes and characters that meet every branch of a string reader. */
const pieces = fc.oneof(
  { weight: 4, arbitrary: fc.string({ unit: "grapheme", maxLength: 40 }).map(escaped) },
  {
    weight: 2,
    arbitrary: fc.constantFrom("\\n", '\\"', "\\\\", "\\/", "\\b", "\\f", "\\r", "\\t"),
  },
  { weight: 2, arbitrary: fc.nat(0xffff).map(unicodeEscape) },
  {
    weight: 1,
    arbitrary: fc.constantFrom("\\ud83d\\ude00", "\\uD83D", "\\uDE00", "😀", "é", "日"),
  },
  { weight: 1, arbitrary: fc.nat(300).map((count) => "plain text ".repeat(30).slice(0, count)) },
);

const strings = fc.array(pieces, { maxLength: 8 }).map((parts) => `"${parts.join("")}"`);

const numbers = fc
  .tuple(
    fc.constantFrom("", "-"),
    fc.oneof(fc.constant("0"), fc.bigInt({ min: 1n, max: 10n ** 40n }).map(String)),
    fc.oneof(fc.constant(""), fc.stringMatching(/^\.[0-9]{1,20}$/)),
    fc.oneof(fc.constant(""), fc.stringMatching(/^[eE][+-]?[0-9]{1,3}$/)),
  )
  .map((parts) => parts.join(""));

const blank = fc.oneof(
  { weight: 5, arbitrary: fc.constant("") },
  { weight: 1, arbitrary: fc.stringMatching(/^[ \t\r\n]{1,40}$/) },
);

/** Valid documents as text, with white space, escapes and repeated names where they may be. */
export const documents: fc.Arbitrary<string> = fc.letrec<{ value: string; spaced: string }>(
  (tie) => ({
    spaced: fc.tuple(blank, tie("value"), blank).map((parts) => parts.join("")),
    value: fc.oneof(
      { maxDepth: 6, withCrossShrink: true },
      fc.oneof(strings, numbers, fc.constantFrom("true", "false", "null")),
      fc.array(tie("spaced"), { maxLength: 6 }).map((values) => `[${values.join(",")}]`),
      fc
        .array(fc.tuple(blank, strings, blank, tie("spaced")), { maxLength: 6 })
        .map((members) => `{${members.map(([a, s, b, v]) => `${a}${s}${b}:${v}`).join(",")}}`),
    ),
  }),
).spaced;

/** One change to a document's bytes: the byte there is replaced, removed, or another put before. */
export interface Mutation {
  at: number;
  kind: "replace" | "remove" | "insert";
  byte: number;
}

export const mutations: fc.Arbitrary<Mutation[]> = fc.array(
  fc.record({
    at: fc.nat(),
    kind: fc.constantFrom("replace", "remove", "insert"),
    byte: fc.oneof(
      fc.constantFrom(...Buffer.from('{}[],:"\\/0123456789-+.eEtfnul \t\r\n')),
      fc.nat(255),
    ),
  }),
  { minLength: 1, maxLength: 3 },
);

export function mutated(document: Buffer, changes: Mutation[]): Buffer {
  let bytes = [...document];
  for (const { at, kind, byte } of changes) {
    const index = at % (bytes.length + 1);
    const removed = kind === "insert" ? 0 : 1;
    bytes = [
      ...bytes.slice(0, index),
      ...(kind === "remove" ? [] : [byte]),
      ...bytes.slice(index + removed),
    ];
  }
  return Buffer.from(bytes);
}

function escaped(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function unicodeEscape(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, "0")}`;
}
