/** Where a string ends whose content is taken raw, and what text that content means. */
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { MemoModule } from "./memo_module.ts";

let module: MemoModule;
beforeAll(async () => {
  module = await MemoModule.load();
});

/** One byte at a time. */
function plainQuote(raw: Uint8Array, escaped: boolean): [number | null, boolean] {
  for (const [at, byte] of raw.entries()) {
    if (!escaped && byte === 0x22) return [at, false];
    escaped = !escaped && byte === 0x5c;
  }
  return [null, escaped];
}

const behind = fc.constantFrom(0x22, 0x5c, 0x61);

describe("the closing quote", () => {
  it("is the first that no backslash takes away, wherever that is", () => {
    for (let size = 0; size < 70; size++) {
      for (let run = 0; run < 40; run++) {
        const raw = Buffer.from(`${"x".repeat(size)}${"\\".repeat(run)}"yz"`);
        for (const escaped of [false, true]) {
          expect(module.quote(raw, 0x22, escaped)).toEqual(plainQuote(raw, escaped));
        }
      }
    }
  });

  it("is found among any backslashes and quotes", () => {
    const bytes = fc.array(fc.constantFrom(0x5c, 0x5c, 0x22, 0x61, 0xff), { maxLength: 100 });
    const quiet = fc.array(fc.constantFrom(0x5c, 0x5c, 0x61), { maxLength: 100 });
    const raw = fc.tuple(quiet, bytes).map(([first, then]) => Uint8Array.from([...first, ...then]));
    fc.assert(
      fc.property(raw, fc.boolean(), behind, (content, escaped, around) => {
        expect(module.quote(content, around, escaped)).toEqual(plainQuote(content, escaped));
      }),
      { numRuns: 5000, seed: 1 },
    );
  });

  it("is found in chunks as in one", () => {
    const raw = fc.array(fc.constantFrom(0x5c, 0x5c, 0x61), { maxLength: 80 });
    fc.assert(
      fc.property(raw, fc.nat({ max: 80 }), behind, (content, cut, around) => {
        const whole = Uint8Array.from([...content, 0x22]);
        const [first, then] = [whole.subarray(0, cut), whole.subarray(cut)];
        const [at, escapes] = module.quote(first, around, false);
        const [later, left] = module.quote(then, around, escapes);
        const found = at ?? (later === null ? null : later + first.length);
        const [expected, open] = plainQuote(whole, false);
        expect(found).toBe(expected);
        if (expected === null) expect(left).toBe(open);
      }),
      { numRuns: 3000, seed: 2 },
    );
  });
});

const piece = fc.oneof(
  fc.constantFrom(
    "a",
    " ",
    "é",
    "好",
    "\\n",
    '\\"',
    "\\\\",
    "\\/",
    "\\u00e9",
    "\\u0000",
    "\\uFFfd",
  ),
  fc.constantFrom("\\ud83d\\ude00", "\\udbff\\udfff", "\\ud800\\udc00", "plain text of some bytes"),
);
const odd = fc.oneof(
  fc.constantFrom("\\ud83d", "\\ude00", "\\ude00\\ud83d", "\\ud83d\\u0041", "\\ud83d\\n", "\\x"),
  fc.constantFrom(
    "\\u12",
    "\\u12g4",
    "\\ud83d\\ude0",
    "\\ud83d\\",
    "\\",
    "\n",
    "\0",
    '"',
    "\u001f",
  ),
);
const content = fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(""));

describe("the text of a raw content", () => {
  it("is what JSON.parse reads", () => {
    fc.assert(
      fc.property(content, behind, (raw, around) => {
        const text = module.unescape(Buffer.from(raw), around);
        expect(String(text)).toBe(JSON.parse(`"${raw}"`));
      }),
      { numRuns: 4000, seed: 3 },
    );
  });

  it("keeps bytes that are not UTF-8 as they are", () => {
    const raw = Buffer.from([0xff, 0x61, 0x5c, 0x6e, 0xe4, 0xb8, 0x80, 0xc3, 0x28]);
    const text = Buffer.from([0xff, 0x61, 0x0a, 0xe4, 0xb8, 0x80, 0xc3, 0x28]);
    expect(module.unescape(raw, 0x22)).toEqual(text);
  });

  it("is left to the scanner where anything is odd", () => {
    fc.assert(
      fc.property(content, odd, content, behind, (before, wrong, after, around) => {
        expect(module.unescape(Buffer.from(`${before}${wrong} ${after}`), around)).toBe(null);
        const atEnd = Buffer.from(before + wrong);
        expect(module.unescape(atEnd, around)).toBe(null);
      }),
      { numRuns: 3000, seed: 4 },
    );
  });
});
