import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { kinds } from "./kinds.ts";
import { type CaseReader, casesIn, parseCases, runCase } from "./runner.ts";

const cases = casesIn(fileURLToPath(new URL(".", import.meta.url)));

const loading = new Map<string, Promise<CaseReader>>();

function readerOf(kind: string): Promise<CaseReader> {
  const load = kinds[kind];
  if (!load) throw new Error(`no reader for cases of kind ${kind}`);
  if (!loading.has(kind)) loading.set(kind, load());
  return loading.get(kind)!;
}

for (const file of new Set(cases.map((one) => one.file))) {
  describe(file, () => {
    it.each(cases.filter((one) => one.file === file))("$title", async (one) => {
      const { log, differing } = runCase(one, await readerOf(one.kind));
      expect(log, `${one.file}:${one.line}`).toEqual(one.log);
      expect(differing, `${one.file}:${one.line}`).toBeUndefined();
    });
  });
}

describe("a case file", () => {
  it("says what goes in, byte by byte if need be", () => {
    const text = ["## A", "```json bytes skip=a", "<EF>x", "<0a>", "```", "```log", "Done", "```"];
    const [one] = parseCases(text.join("\n"), "a.md");
    expect(one).toMatchObject({ title: "A", kind: "json", line: 2, log: ["Done"] });
    expect(one!.input.toString("hex")).toBe("ef780a");
    expect([...one!.options]).toEqual([
      ["bytes", ""],
      ["skip", "a"],
    ]);
  });

  it("is refused when an input has no log", () => {
    expect(() => parseCases("## A\n```json\n1\n```\n## B\n", "a.md")).toThrow('"A" has no log');
    expect(() => parseCases("## A\n```json\n1\n```\n", "a.md")).toThrow('"A" has no log');
    expect(() => parseCases("## A\n```log\n1\n```\n", "a.md")).toThrow("without an input");
  });

  it("is run at every cut, and the first that differs is told", () => {
    const [one] = parseCases("## A\n```json\nabc\n```\n```log\n1\n```\n", "a.md");
    const { log, differing } = runCase(one!, (chunks) => [String(chunks[0]!.length > 1)]);
    expect(log).toEqual(["true"]);
    expect(differing).toEqual({ cut: "cut at 1", log: ["false"] });
  });
});
