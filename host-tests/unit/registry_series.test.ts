import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RegistryModule } from "./registry_module.ts";

const seriesMax = 1024;
const labelBytesMax = 128;
const other = ";model=other;;route=other;;identity=other;";

describe("the series of metrics", () => {
  it("are one for each text of labels, the same each time", async () => {
    const module = await RegistryModule.load();
    const texts = ["", "a", "b", "ab", "a\0", ";model=m;;route=;;identity=x;"];
    const made = texts.map((text) => module.series(text));
    expect(new Set(made).size).toBe(texts.length);
    expect(texts.map((text) => module.series(text))).toEqual(made);
    expect(made.map((one) => module.labelsOf(one))).toEqual(texts);
  });

  it("have ids of their own, undefined at first", async () => {
    const module = await RegistryModule.load();
    const { exports } = module;
    const [one, two] = [module.series("one"), module.series("two")];
    const all = Array.from({ length: exports.metrics() }, (_, at) => at);
    const idsOf = (series: number): number[] => all.map((at) => exports.metricId(series, at));
    expect([...idsOf(one), ...idsOf(two)].every((id) => id === -1)).toBe(true);
    for (const at of all) exports.defineMetric(one, at, 100 + at);
    expect(idsOf(one)).toEqual(all.map((at) => 100 + at));
    expect(idsOf(two).every((id) => id === -1)).toBe(true);
  });

  it("are bounded: what comes later shares one", async () => {
    const module = await RegistryModule.load();
    const text = (at: number): string => `;model=m${at % 7};;route=r;;identity=tenant-${at};`;
    const made = Array.from({ length: seriesMax }, (_, at) => module.series(text(at)));
    expect(new Set(made).size).toBe(seriesMax);
    const before = module.memoryBytes;
    const shared = module.series(text(seriesMax));
    expect(made).not.toContain(shared);
    expect(module.labelsOf(shared)).toBe(other);
    for (let at = seriesMax; at < 200_000; at += 1) {
      if (module.series(text(at)) !== shared) throw new Error(`${at} has a series of its own`);
    }
    expect(module.memoryBytes).toBe(before);
    expect(made.map((_, at) => module.series(text(at)))).toEqual(made);
    expect(made.map((one) => module.labelsOf(one))).toEqual(made.map((_, at) => text(at)));
  });
});

/** What the shipped tag rules would read of a label. */
const tagRule = /^;route=([^;]*);$/;

function shown(value: Uint8Array): string {
  const kept = Buffer.from(value).subarray(0, labelBytesMax).toString("latin1");
  return kept.replaceAll(/[^!-:<-~]/g, "_");
}

describe("a label", () => {
  it("shows every byte that cannot break out of it, and `_` for the others", async () => {
    const module = await RegistryModule.load();
    for (let byte = 0; byte < 256; byte++) {
      const char = String.fromCharCode(byte);
      const plain = byte > 0x20 && byte < 0x7f && char !== ";";
      expect(module.label(Uint8Array.of(byte))).toBe(`;route=${plain ? char : "_"};`);
    }
  });

  it("is read back whole by the tag rules, whatever the value, cut at its bound", async () => {
    const module = await RegistryModule.load();
    const value = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.string({ unit: fc.constantFrom(";", "=", "a", " ", "é") }).map((one) => Buffer.from(one)),
      fc.nat({ max: 3 }).map((by) => Buffer.alloc(labelBytesMax - 1 + by, "x")),
    );
    fc.assert(
      fc.property(value, (one) => {
        const label = module.label(one);
        expect(tagRule.exec(label)?.[1]).toBe(shown(one));
      }),
      { numRuns: 1000, seed: 20260602 },
    );
  });
});
