import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { BytesModule, literals } from "./bytes_module.ts";

const u64Max = 2n ** 64n - 1n;

let module: BytesModule;
beforeAll(async () => {
  module = await BytesModule.load();
});

/** Runs of bytes that are alike but for a bit, a letter's case or their length. */
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 20 }),
  fc.constantFrom(...literals).map((text) => Uint8Array.from(Buffer.from(text))),
  fc
    .tuple(fc.constantFrom(...literals.slice(1)), fc.nat(), fc.constantFrom(0x20, 0x80, 1))
    .map(([text, place, bit]) => {
      const changed = Uint8Array.from(Buffer.from(text));
      changed[place % changed.length]! ^= bit;
      return changed;
    }),
);

/** Case of A-Z alone, as ASCII has it. */
function lowered(text: string): string {
  return text.replaceAll(/[A-Z]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) + 32));
}

describe("runs of bytes", () => {
  it("are equal as Buffer has it", () => {
    fc.assert(
      fc.property(bytes, bytes, (a, b) => {
        const same = module.with(a, (aPtr, aBytes) =>
          module.with(b, (bPtr, bBytes) => module.exports.equal(aPtr, aBytes, bPtr, bBytes)),
        );
        expect(same !== 0).toBe(Buffer.from(a).equals(Buffer.from(b)));
        const self = module.with(a, (ptr, size) => module.exports.equal(ptr, size, ptr, size));
        expect(self).toBe(1);
      }),
      { numRuns: 2000, seed: 20260401 },
    );
  });

  it("are compared with literals, with and without case", () => {
    const { exports } = module;
    fc.assert(
      fc.property(bytes, fc.nat({ max: literals.length - 1 }), (run, at) => {
        const text = Buffer.from(run).toString("latin1");
        const wanted = literals[at]!;
        for (const around of [0x61, 0x00, 0x2d]) {
          const found = module.with(
            run,
            (ptr, size) => [
              exports.equalLiteral(ptr, size, at),
              exports.equalIgnoringCase(ptr, size, at),
              exports.startsIgnoringCase(ptr, size, at),
              exports.visible(ptr, size),
            ],
            around,
          );
          expect(found.map((one) => one !== 0)).toEqual([
            text === wanted,
            lowered(text) === wanted,
            lowered(text).startsWith(wanted),
            /^[!-~]+$/.test(text),
          ]);
        }
      }),
      { numRuns: 3000, seed: 20260402 },
    );
  });

  it("are lowered byte by byte, A to Z alone", () => {
    for (let byte = 0; byte < 256; byte++) {
      const char = String.fromCharCode(byte);
      expect(module.exports.lower(byte)).toBe(lowered(char).charCodeAt(0));
      const single = Uint8Array.of(byte);
      const seen = module.with(single, (ptr) => module.exports.visible(ptr, 1));
      expect(seen !== 0).toBe(byte > 0x20 && byte < 0x7f);
    }
  });

  it("are laid down as literals", () => {
    for (const [at, text] of literals.entries()) {
      const laid = module.read(module.exports.literalPtr(at), module.exports.literalBytes(at));
      expect(laid.toString()).toBe(text);
    }
  });
});

const edges = [0n, 1n, 9n, 10n, u64Max / 10n, u64Max - 1n, u64Max, 2n ** 63n, 2n ** 32n];
const near = fc
  .tuple(
    fc.constantFrom(...edges, ...Array.from({ length: 20 }, (_, at) => 10n ** BigInt(at))),
    fc.integer({ min: -2, max: 2 }),
  )
  .map(([edge, by]) => edge + BigInt(by));

describe("a decimal", () => {
  it("is read where BigInt reads a plain one that fits, and nowhere else", () => {
    const text = fc.oneof(
      near.map(String),
      fc.bigInt({ min: 0n, max: 2n ** 70n }).map(String),
      fc.tuple(fc.nat({ max: 40 }), near).map(([zeros, value]) => "0".repeat(zeros) + value),
      fc.string({ unit: fc.constantFrom(..."0123456789-+.eE x/:"), maxLength: 24 }),
      fc.constantFrom(
        "",
        " 1",
        "1 ",
        "+1",
        "-0",
        "0x1",
        "1_0",
        "1n",
        "\uff11",
        "1\0",
        "9".repeat(400),
      ),
    );
    fc.assert(
      fc.property(text, (one) => {
        const plain = /^[0-9]+$/.test(one) && BigInt(one) <= u64Max;
        expect(module.parseDecimal(Buffer.from(one))).toBe(plain ? BigInt(one) : null);
      }),
      { numRuns: 5000, seed: 20260403 },
    );
  });

  it("is refused for every byte that is no digit", () => {
    for (let byte = 0; byte < 256; byte++) {
      const isDigit = byte >= 0x30 && byte <= 0x39;
      expect(module.parseDecimal(Uint8Array.of(byte))).toBe(isDigit ? BigInt(byte - 0x30) : null);
      expect(module.parseDecimal(Uint8Array.of(0x31, byte)) !== null).toBe(isDigit);
    }
  });

  it("is written as BigInt writes it, and touches nothing behind", () => {
    fc.assert(
      fc.property(fc.oneof(near, fc.bigInt({ min: 0n, max: u64Max })), (value) => {
        fc.pre(value >= 0n && value <= u64Max);
        module.with(Buffer.alloc(24, "#"), (ptr) => {
          const size = module.exports.writeDecimal(ptr, value);
          expect(module.read(ptr - 1, 26).toString()).toBe(`a${`${value}`.padEnd(24, "#")}a`);
          expect(size).toBe(`${value}`.length);
        });
      }),
      { numRuns: 3000, seed: 20260404 },
    );
  });
});

/** FNV-1a with 64 bits, from its description. */
function fnv(bytes: Uint8Array): bigint {
  let hash = 14695981039346656037n;
  for (const byte of bytes) hash = ((hash ^ BigInt(byte)) * 1099511628211n) & u64Max;
  return hash;
}

const asU64 = (value: bigint): bigint => BigInt.asUintN(64, value);

describe("a hash", () => {
  it("is FNV-1a, also over parts", () => {
    const hash = (text: string): bigint =>
      asU64(module.with(Buffer.from(text), (ptr, size) => module.exports.hash(ptr, size)));
    // Vectors that its authors publish.
    expect(hash("")).toBe(0xcbf29ce484222325n);
    expect(hash("a")).toBe(0xaf63dc4c8601ec8cn);
    expect(hash("foobar")).toBe(0x85944171f73967e8n);
    fc.assert(
      fc.property(fc.uint8Array(), fc.uint8Array(), (one, two) => {
        const first = module.with(one, (ptr, size) => module.exports.hash(ptr, size));
        expect(asU64(first)).toBe(fnv(one));
        const both = module.with(two, (ptr, size) => module.exports.hashMore(first, ptr, size));
        expect(asU64(both)).toBe(fnv(Buffer.concat([one, two])));
      }),
      { seed: 20260405 },
    );
  });

  it("is mixed so that each bit turns about half of the others", () => {
    for (let bit = 0n; bit < 64n; bit++) {
      let turned = 0;
      for (let sample = 0n; sample < 64n; sample++) {
        const value = fnv(Buffer.from(`sample ${sample}`));
        const other = module.exports.mix(BigInt.asIntN(64, value ^ (1n << bit)));
        const change = asU64(module.exports.mix(BigInt.asIntN(64, value)) ^ other);
        turned += change.toString(2).replaceAll("0", "").length;
      }
      expect(turned / 64).toBeGreaterThan(28);
      expect(turned / 64).toBeLessThan(36);
    }
  });

  it("is mixed one to one", () => {
    const mixed = new Set<bigint>();
    for (let value = 0n; value < 10_000n; value++) mixed.add(module.exports.mix(value));
    expect(mixed.size).toBe(10_000);
  });
});
