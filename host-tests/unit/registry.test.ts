import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RegistryModule } from "./registry_module.ts";

/** Ids that begin their search at the same slot of the first table, by its multiplication. */
function collidingIds(count: number, slot: number): number[] {
  const found: number[] = [];
  for (let id = 1; found.length < count; id++) {
    if (((Math.imul(id, 0x9e3779b1) >>> 8) & 255) === slot) found.push(id);
  }
  return found;
}

const ids = [
  ...Array.from({ length: 60 }, (_, at) => at),
  ...collidingIds(60, 0),
  ...collidingIds(30, 255),
  0x7fffffff,
  0x80000000,
  0xffffffff,
];

type Step = { kind: "add" | "remove" | "find"; id: number; record: number; root: boolean };

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom("add", "add", "remove", "find"),
  id: fc.constantFrom(...ids),
  record: fc.integer({ min: 1, max: 0x7fffffff }),
  root: fc.boolean(),
});

/** Does the same to the registry and to a Map, and looks each id up after each step. */
function run(module: RegistryModule, map: Map<number, Step>, steps: Step[]): void {
  const { exports } = module;
  for (const one of steps) {
    if (one.kind === "add" && !map.has(one.id)) {
      exports.add(one.id, one.record, one.root ? 1 : 0);
      map.set(one.id, one);
    } else if (one.kind === "remove") {
      exports.remove(one.id);
      map.delete(one.id);
    }
    const found = [exports.find(one.id), exports.root(one.id) !== 0];
    const kept = [map.get(one.id)?.record ?? 0, map.get(one.id)?.root ?? false];
    if (found.join() !== kept.join()) expect([one, ...found]).toEqual([one, ...kept]);
  }
  expect(ids.map((id) => exports.find(id))).toEqual(ids.map((id) => map.get(id)?.record ?? 0));
}

describe("the registry", () => {
  it("holds what a Map holds, ids that collide among them", async () => {
    const module = await RegistryModule.load();
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const map = new Map<number, Step>();
        run(module, map, steps);
        for (const id of map.keys()) module.exports.remove(id);
      }),
      { numRuns: 300, seed: 20260601 },
    );
  });

  it("grows with the streams that are open at once, and keeps them all", async () => {
    const module = await RegistryModule.load();
    const { exports } = module;
    const count = 50_000;
    for (let id = 0; id < count; id++) exports.add(id * 3, id + 1, id % 7 === 0 ? 1 : 0);
    const all = Array.from({ length: count }, (_, id) => id);
    expect(all.filter((id) => exports.find(id * 3) !== id + 1)).toEqual([]);
    expect(all.filter((id) => (exports.root(id * 3) !== 0) !== (id % 7 === 0))).toEqual([]);
    expect(all.filter((id) => exports.find(id * 3 + 1) !== 0)).toEqual([]);
    for (let id = 0; id < count; id += 2) exports.remove(id * 3);
    expect(all.filter((id) => exports.find(id * 3) !== (id % 2 ? id + 1 : 0))).toEqual([]);
  });

  it("does not grow with the streams that came and went", async () => {
    const module = await RegistryModule.load();
    expect(module.exports.churn(1000, 50, 1)).toBe(0);
    const before = module.memoryBytes;
    expect(module.exports.churn(300_000, 50, 5000)).toBe(0);
    expect(module.exports.churn(300_000, 1, 400_000)).toBe(0);
    expect(module.memoryBytes).toBe(before);
  });

  it("knows nothing of ids that it was never given", async () => {
    const module = await RegistryModule.load();
    module.exports.remove(5);
    expect(module.exports.find(0)).toBe(0);
    module.exports.add(0, 9, 1);
    expect([module.exports.find(0), module.exports.root(0)]).toEqual([9, 1]);
    module.exports.remove(0);
    module.exports.remove(0);
    expect([module.exports.find(0), module.exports.root(0)]).toEqual([0, 0]);
  });
});
