import { readFileSync } from "node:fs";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { buildUnit } from "../../tools/build.ts";

interface Unit {
  memory: WebAssembly.Memory;
  _initialize(): void;
  scratch(bytes: number): number;
  price(ptr: number, bytes: number): bigint;
  scaled(ptr: number, bytes: number, decimals: number, expected: bigint): number;
  setPrice(input: bigint, cachedInput: bigint, cacheWrite: bigint, output: bigint): void;
  cost(input: bigint, cachedInput: bigint, cacheWrite: bigint, output: bigint): bigint;
}

type Four = [bigint, bigint, bigint, bigint];

const u64Max = 2n ** 64n - 1n;
const refused = null;
let unit: Unit;
let room: number;

beforeAll(async () => {
  const wasm = readFileSync(await buildUnit("cost"));
  const { instance } = await WebAssembly.instantiate(wasm, {});
  unit = instance.exports as unknown as Unit;
  unit._initialize();
  room = unit.scratch(1024);
});

function write(text: string): number {
  return Buffer.from(unit.memory.buffer).write(text, room, "latin1");
}

function priceOf(text: string): bigint | null {
  const nanoUsd = BigInt.asUintN(64, unit.price(room, write(text)));
  return nanoUsd === u64Max ? refused : nanoUsd;
}

function costOf(price: Four, tokens: Four): bigint {
  unit.setPrice(...price);
  return BigInt.asUintN(64, unit.cost(...tokens));
}

function trueCost(price: Four, tokens: Four): bigint {
  const sum = price.reduce((total, each, at) => total + each * tokens[at]!, 0n);
  const roundedUp = (sum + 999_999n) / 1_000_000n;
  return roundedUp > u64Max ? u64Max : roundedUp;
}

/**
 * What a decimal text means in units of 10^-9, by big integers; null where it is no such number.
 */
function trueNano(text: string): bigint | null {
  const match = /^(0|[1-9]\d*)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text);
  if (!match) return refused;
  const [, whole = "", fraction = "", exponent = "0"] = match;
  const digits = BigInt(whole + fraction);
  const power = Number(exponent) - fraction.length + 9;
  if (digits === 0n) return 0n;
  if (power > 60) return refused;
  if (power >= 0) return digits * 10n ** BigInt(power);
  const divisor = 10n ** BigInt(-power);
  return digits % divisor === 0n ? digits / divisor : refused;
}

describe("a price", () => {
  it.each<[string, bigint | null]>([
    ["0", 0n],
    ["2.50", 2_500_000_000n],
    ["2.5e0", 2_500_000_000n],
    ["1.5e-7", 150n],
    ["0.00000015", 150n],
    ["0.000000001", 1n],
    ["1e-9", 1n],
    ["0.0000000010", 1n],
    ["25E-1", 2_500_000_000n],
    ["10000e-4", 1_000_000_000n],
    ["1e+3", 1_000_000_000_000n],
    ["0e999999999999", 0n],
    ["0.0e-99", 0n],
    ["1000000", 10n ** 15n],
    ["999999.999999999", 999_999_999_999_999n],
    ["1000000.000000001", refused],
    ["1e-10", refused],
    ["0.0000000001", refused],
    ["0.0000000011", refused],
    ["1e99999999999999999999", refused],
    ["1e18446744073709551616", refused],
    ["1e-18446744073709551616", refused],
    ["1e-99999999999999999999", refused],
    ["18446744073709551616", refused],
    ["99999999999999999999999999", refused],
    ["", refused],
    ["-1", refused],
    ["-0", refused],
    ["+1", refused],
    ["NaN", refused],
    ["Infinity", refused],
    [".5", refused],
    ["5.", refused],
    ["1.e2", refused],
    ["01", refused],
    ["00.1", refused],
    ["1e", refused],
    ["1e+", refused],
    ["1e1.5", refused],
    ["1e5x", refused],
    ["0x10", refused],
    ["1_000", refused],
    ["1,5", refused],
    ["1.2.3", refused],
    [" 1", refused],
    ["1 ", refused],
    ["$1", refused],
    ["-", refused],
    ["e5", refused],
    ["1\0", refused],
  ])("%j means %s nano-USD", (text, nanoUsd) => {
    expect(priceOf(text)).toBe(nanoUsd);
  });

  it("is read as big integers read it, whatever the form", () => {
    const digits = fc.stringMatching(/^(0|[1-9]\d{0,12})$/);
    const fraction = fc.option(fc.stringMatching(/^\d{1,14}$/), { nil: "" });
    const exponent = fc.option(fc.integer({ min: -25, max: 25 }), { nil: undefined });
    const sign = fc.constantFrom("", "+");
    fc.assert(
      fc.property(digits, fraction, exponent, sign, (whole, rest, power, plus) => {
        const tail = power === undefined ? "" : `e${power < 0 ? "" : plus}${power}`;
        const text = whole + (rest ? `.${rest}` : "") + tail;
        const meant = trueNano(text);
        const nanoUsd = meant !== null && meant > 10n ** 15n ? refused : meant;
        expect(priceOf(text), text).toBe(nanoUsd);
      }),
      { numRuns: 3000 },
    );
  });

  it("is refused or read, never misread, when it is any text of number characters", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[0-9.eE+-]{0,12}$/), (text) => {
        const meant = trueNano(text);
        expect(priceOf(text), text).toBe(meant !== null && meant <= 10n ** 15n ? meant : refused);
      }),
      { numRuns: 3000 },
    );
  });
});

describe("a scaled number", () => {
  it.each<[string, number, bigint]>([
    ["18446744073709551615", 0, u64Max],
    ["1844674407370955161.5e1", 0, u64Max],
    ["9000.0", 0, 9000n],
    ["9e3", 0, 9000n],
    ["0.9E+4", 0, 9000n],
    ["90000e-1", 0, 9000n],
  ])("%j is read exactly", (text, decimals, value) => {
    expect(unit.scaled(room, write(text), decimals, value)).toBe(100);
  });

  it.each<[string, number, string]>([
    ["18446744073709551616", 4, "too large"],
    ["18446744073709551620", 4, "too large"],
    ["1e20", 4, "too large"],
    ["1.5", 3, "too precise"],
    ["1e-1", 3, "too precise"],
    ["-5", 2, "negative"],
    ["-x", 1, "malformed"],
  ])("%j is error %i (%s)", (text, error) => {
    expect(unit.scaled(room, write(text), 0, 0n)).toBe(error);
  });
});

describe("the cost of a request", () => {
  it("is zero without tokens or without a price", () => {
    expect(costOf([1n, 2n, 3n, 4n], [0n, 0n, 0n, 0n])).toBe(0n);
    expect(costOf([0n, 0n, 0n, 0n], [u64Max, 1n, 1n, 1n])).toBe(0n);
  });

  it("takes each kind of token at its own price", () => {
    const price: Four = [2_500_000_000n, 1_250_000_000n, 3_125_000_000n, 10_000_000_000n];
    expect(costOf(price, [1n, 0n, 0n, 0n])).toBe(2_500n);
    expect(costOf(price, [0n, 1n, 0n, 0n])).toBe(1_250n);
    expect(costOf(price, [0n, 0n, 1n, 0n])).toBe(3_125n);
    expect(costOf(price, [0n, 0n, 0n, 1n])).toBe(10_000n);
    expect(costOf(price, [1n, 1n, 1n, 1n])).toBe(16_875n);
  });

  it("rounds up once for the whole request, not for each kind", () => {
    expect(costOf([1n, 1n, 1n, 1n], [1n, 1n, 1n, 1n])).toBe(1n);
    expect(costOf([1n, 0n, 0n, 0n], [1_000_000n, 0n, 0n, 0n])).toBe(1n);
    expect(costOf([1n, 0n, 0n, 0n], [1_000_001n, 0n, 0n, 0n])).toBe(2n);
  });

  it("stays at the largest u64 where it would be more, also past 128 bits", () => {
    expect(costOf([u64Max, 0n, 0n, 0n], [1_000_000n, 0n, 0n, 0n])).toBe(u64Max);
    expect(costOf([u64Max, 0n, 0n, 0n], [1_000_001n, 0n, 0n, 0n])).toBe(u64Max);
    expect(costOf([u64Max, 1n, 0n, 0n], [999_999n, 1n, 0n, 0n])).toBeLessThan(u64Max);
    expect(costOf([u64Max, u64Max, u64Max, u64Max], [u64Max, u64Max, u64Max, u64Max])).toBe(u64Max);
    expect(costOf([u64Max, 1n, 0n, 0n], [1_000_000n, 1n, 0n, 0n])).toBe(u64Max);
  });

  it("is what big integers say", () => {
    const edge = fc.constantFrom(0n, 1n, 999_999n, 1_000_000n, 2n ** 32n - 1n, 2n ** 32n, u64Max);
    const any = fc.bigInt({ min: 0n, max: u64Max });
    const number = fc.oneof(edge, any, fc.bigInt({ min: 0n, max: 10n ** 10n }));
    const four = fc.tuple(number, number, number, number);
    fc.assert(
      fc.property(four, four, (price, tokens) => {
        expect(costOf(price, tokens)).toBe(trueCost(price, tokens));
      }),
      { numRuns: 5000 },
    );
  });
});
