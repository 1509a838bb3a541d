import { beforeAll, describe, expect, it } from "vitest";
import { JsonModule, failure, logLine } from "./json_log.ts";

const depthMax = 512;

let json: JsonModule;
beforeAll(async () => {
  json = await JsonModule.load();
});

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Every text of up to `lengthMax` characters of the alphabet that we judge unlike JSON.parse. */
function misjudged(alphabet: string, lengthMax: number): string[] {
  const wrong: string[] = [];
  let texts = [""];
  for (let length = 0; length <= lengthMax; length++) {
    for (const text of texts) {
      const bytes = Buffer.from(text);
      const accepted = json.accepts(bytes);
      if (accepted !== parses(text) || accepted !== json.accepts(bytes, true)) wrong.push(text);
    }
    if (length < lengthMax) texts = texts.flatMap((text) => [...alphabet].map((c) => text + c));
  }
  return wrong;
}

describe("the scanner judges like JSON.parse", () => {
  it.each([
    ["numbers", "-+.eE019", 5],
    ["structure", '{}[],:"a1 ', 5],
    ["literals", "truefalsn[]", 4],
    ["strings", '"\\u0aAdDn/', 5],
  ])("all short texts of %s", (_title, alphabet, lengthMax) => {
    expect(misjudged([...new Set(alphabet)].join(""), lengthMax)).toEqual([]);
  });

  it("every escape letter and every hexadecimal digit at every place", () => {
    const wrong: string[] = [];
    for (let byte = 0; byte < 128; byte++) {
      const char = String.fromCharCode(byte);
      for (const text of [`"\\${char}"`, ...[0, 1, 2, 3].map((at) => `"\\u${put(at, char)}"`)]) {
        const expected = parses(text);
        const bytes = Buffer.from(text);
        const whole = failure(json.scan(bytes));
        const cut = failure(json.scan(bytes, { chunkBytes: 1 }));
        if ((whole === undefined) !== expected || cut?.offset !== whole?.offset) wrong.push(text);
      }
    }
    expect(wrong).toEqual([]);
  });

  function put(at: number, char: string): string {
    return "0000".slice(0, at) + char + "0000".slice(at + 1);
  }
});

describe("bounds", () => {
  it("fit a struct that others embed", () => {
    expect(json.scannerBytes).toBeLessThanOrEqual(512);
  });

  it.each([
    ["arrays", "[", "]"],
    ["objects", '{"a":', "}"],
  ])(`let %s nest ${depthMax} deep and no deeper`, (_title, open, close) => {
    const nested = (depth: number) => Buffer.from(open.repeat(depth) + "1" + close.repeat(depth));
    for (const depth of [depthMax - 1, depthMax]) {
      expect(json.accepts(nested(depth))).toBe(true);
      expect(json.accepts(nested(depth), true)).toBe(true);
    }
    const tooDeep = { error: "TooDeep", offset: depthMax * open.length };
    expect(failure(json.scan(nested(depthMax + 1)))).toEqual(tooDeep);
    expect(failure(json.scan(nested(depthMax + 1), { chunkBytes: 1 }))).toEqual(tooDeep);
    expect(failure(json.scan(nested(depthMax + 1), { skipSeed: 3 }))).toEqual(tooDeep);
  });

  it("remember for each level which bracket closes it", () => {
    const kinds = Array.from({ length: depthMax }, (_, level) => (level * 7919) % 3 === 0);
    const open = kinds.map((isObject) => (isObject ? '{"a":' : "[")).join("");
    const closes = kinds.map((isObject) => (isObject ? "}" : "]")).reverse();
    expect(json.accepts(Buffer.from(`${open}1${closes.join("")}`))).toBe(true);
    for (const level of [0, 1, 7, 8, 9, 100, 510, 511]) {
      const wrong = closes.with(level, closes[level] === "}" ? "]" : "}");
      const found = failure(json.scan(Buffer.from(`${open}1${wrong.join("")}`)));
      expect(found).toEqual({ error: "BadToken", offset: open.length + 1 + level });
    }
  });

  it("end ten million open brackets at the first one too many", () => {
    for (const text of ["[", '[{"a":']) {
      const bytes = Buffer.from(text.repeat(10_000_000 / text.length));
      const before = process.cpuUsage();
      expect(json.accepts(bytes)).toBe(false);
      expect(json.accepts(bytes, true)).toBe(false);
      expect(process.cpuUsage(before).user).toBeLessThan(2_000_000);
    }
  });

  it.each([
    ["a string", '"', "a", '"'],
    ["a string of escapes", '"', "\\n", '"'],
    ["a name", '{"', "n", '":1}'],
    ["a number", "1", "0", ""],
    ["white space", "[", " \n", "]"],
    ["empty arrays", "[1", ",[]", "]"],
  ])("take time in proportion to %s", (_title, open, unit, close) => {
    // The processor's time is told in steps of a millisecond or more, so short runs are added up.
    const timeMs = (bytes: number, runs: number) => {
      const document = Buffer.from(open + unit.repeat(bytes / unit.length) + close);
      return json.place(document, (placed) => {
        const times = [1, 2, 3, 4, 5].map(() => {
          const before = process.cpuUsage();
          for (let run = 0; run < runs; run++) expect(placed.accepts(false)).toBe(true);
          return process.cpuUsage(before).user / 1000;
        });
        return Math.min(...times);
      });
    };
    timeMs(1 << 18, 8);
    // The same bytes in one piece; quadratic work would be eight times as much.
    expect(timeMs(1 << 23, 1)).toBeLessThan(4 * timeMs(1 << 20, 8) + 5);
  });
});

describe("a reader who changes its mind", () => {
  it("may skip what it has just seen open", () => {
    const document = Buffer.from('{"a":{"b":[1,2]},"c":[[],3],"d":"x"}');
    const lines = json.scan(document, { skipName: "c" }).map(logLine);
    expect(lines).toContain('28-31 Name "d"');
    expect(lines).not.toContain("25-26 Number 3");
  });

  it("gets the same last word, whatever is skipped", () => {
    const document = Buffer.from('[[1,{"a":[{}]}],{"b":{"c":"\\n"}},[]] x');
    for (let skipSeed = 0; skipSeed < 200; skipSeed++) {
      const found = failure(json.scan(document, { skipSeed }));
      expect(found).toEqual({ error: "TrailingBytes", offset: document.length - 1 });
    }
  });
});
