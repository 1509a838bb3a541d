import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { RegistryModule } from "./registry_module.ts";

const weightMax = 1_000_000;

let module: RegistryModule;
beforeAll(async () => {
  module = await RegistryModule.load();
});

/**
 * How far shares are from the weights: chi squared, which for `n` targets has the mean n - 1 and
 * the variance 2 (n - 1).
 */
function chiSquared(shares: number[], weights: number[]): number {
  const keys = shares.reduce((sum, share) => sum + share, 0);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return shares.reduce((sum, share, at) => {
    const expected = (keys * weights[at]!) / total;
    return sum + (share - expected) ** 2 / expected;
  }, 0);
}

describe("a target", () => {
  it("is the same for the same key", () => {
    const weights = fc.array(fc.integer({ min: 1, max: weightMax }), {
      minLength: 1,
      maxLength: 64,
    });
    fc.assert(
      fc.property(weights, fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (some, key) => {
        module.useTargets(some);
        const chosen = module.exports.choose(BigInt.asIntN(64, key));
        expect(chosen).toBeGreaterThanOrEqual(0);
        expect(chosen).toBeLessThan(some.length);
        module.useTargets(some);
        expect(module.exports.choose(BigInt.asIntN(64, key))).toBe(chosen);
      }),
      { numRuns: 500, seed: 20260701 },
    );
  });

  it.each([
    [[1, 1]],
    [[9, 1]],
    [[1, 2, 3, 4]],
    [[100, 1, 100]],
    [Array(64).fill(1)],
    [[7, 5, 3, 3]],
  ])("is chosen in proportion to its weight: %j", (weights: number[]) => {
    module.useTargets(weights);
    for (const firstKey of [0n, 1n << 40n, -(1n << 62n)]) {
      const shares = module.shares(weights.length, firstKey, 200_000);
      const freedom = weights.length - 1;
      const far = freedom + 5 * Math.sqrt(2 * freedom) + 6;
      expect(chiSquared(shares, weights)).toBeLessThan(far);
    }
  });

  it("is the only one", () => {
    for (const weight of [1, 2, weightMax]) {
      module.useTargets([weight]);
      expect(module.shares(1, 0n, 1000)).toEqual([1000]);
    }
  });

  it("is chosen by the most extreme weights", () => {
    module.useTargets([weightMax, 1]);
    const [many, few] = module.shares(2, 0n, 5_000_000);
    expect(many! + few!).toBe(5_000_000);
    expect(few).toBeGreaterThan(0);
    expect(few).toBeLessThan(20);
    module.useTargets(Array(64).fill(weightMax) as number[]);
    const shares = module.shares(64, 7n, 64_000);
    expect(Math.min(...shares)).toBeGreaterThan(800);
    expect(Math.max(...shares)).toBeLessThan(1200);
  });
});
