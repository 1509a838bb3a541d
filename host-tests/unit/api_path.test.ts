import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { ApiModule, type PathFacts } from "./api_module.ts";
import { normalPath, type Reading, readings, readPath } from "./api_path_model.ts";

const pathBytesMax = 4096;
/** Each with up to a thousand readings of the path. */
const numRuns = 1000;

let api: ApiModule;
beforeAll(async () => {
  api = await ApiModule.load();
});

function factsOf(path: string): PathFacts {
  return api.path(Buffer.from(path, "latin1"))!;
}

const table: [path: string, normal: string][] = [
  ["", ""],
  ["/", ""],
  ["*", "*"],
  ["/a/b", "/a/b"],
  ["/a/b/", "/a/b"],
  ["//a///b//", "/a/b"],
  ["/./a/././b/.", "/a/b"],
  ["/a/x/../b", "/a/b"],
  ["/a/b/x/y/../..", "/a/b"],
  ["/../../a", "/a"],
  ["/a/..", ""],
  ["/a/.../b", "/a/.../b"],
  ["/a/..b/.b", "/a/..b/.b"],
  ["/a%2Fb", "/a/b"],
  ["/a%2fb", "/a/b"],
  ["/a%252Fb", "/a/b"],
  ["/a%25252Fb", "/a/b"],
  ["/a%2525252525252Fb", "/a/b"],
  ["/a%25%32%46b", "/a/b"],
  ["/a%%32%46b", "/a/b"],
  ["/%61%62", "/ab"],
  ["/a%", "/a%"],
  ["/a%2", "/a%2"],
  ["/a%2g", "/a%2g"],
  ["/a%zz%61", "/a%zza"],
  ["/a%2%61", "/a*"],
  ["/a\\b\\", "/a/b"],
  ["/a%5Cb", "/a/b"],
  ["/a%255cb", "/a/b"],
  ["/a;x=1/b;y", "/a/b"],
  ["/;x/a", "/a"],
  ["/a%3bx/b", "/a/b"],
  ["/a/.;x/b", "/a/b"],
  ["/a?b/../c", "/a"],
  ["/a#b/../c", "/a"],
  ["/a?", "/a"],
  ["/a%3fb", "/a"],
  ["/a%23b", "/a"],
  ["/a%0A", "/a"],
  ["/a%0d%0a", "/a"],
  ["/a%20", "/a"],
  ["/a%00b", "/a"],
  ["/a%7f", "/a"],
  ["/a/%20/b", "/a/b"],
  ["/caf\xe9/%C3%A9", "/caf\xe9/\xc3\xa9"],
  ["a/b", "a/b"],
  ["http://host/a/b", "http:/host/a/b"],
  ["/a/%2e%2e/b", "/b"],
  ["/a/%2E./b", "/b"],
];

const ambiguous: [path: string, normal: string][] = [
  ["/a/b/..;/..", "/a/b"],
  ["/a/b//..", "/a/b"],
  ["/a/b/x%2f../..", "/a/b/x"],
  ["/a/b/\\../..", "/a/b"],
  ["/a/b/%252e%252e/..", "/a/b"],
  ["/a/b/%2e%2e/..", "/a/b"],
  ["/a/b/%20/..", "/a/b"],
  ["/a/b/..%00", "/a/b"],
  ["/a/b%00/c", "/a/b/c"],
  ["/a/b%3fx/c", "/a/b/c"],
  ["/a/b%23x/c", "/a/b/c"],
  ["/a/b;%2fc", "/a/b/c"],
  ["/a/b;x\\c", "/a/b/c"],
];

describe("a path's normal form", () => {
  it.each(table)("of %j is %j", (path, normal) => {
    expect(factsOf(path)).toMatchObject({ normal, ambiguous: false });
    expect(normalPath(path)).toEqual({ normal, ambiguous: false });
  });

  it.each(ambiguous)("of %j, which is ambiguous, is %j", (path, normal) => {
    expect(factsOf(path)).toMatchObject({ normal, ambiguous: true });
    expect(normalPath(path)).toEqual({ normal, ambiguous: true });
  });

  it("is known up to the bound, the query not counted", () => {
    const fits = `/${"a".repeat(pathBytesMax - 1)}`;
    expect(factsOf(fits).normal).toBe(fits);
    expect(factsOf(`${fits}?${fits}`).normal).toBe(fits);
    expect(api.path(Buffer.from(`${fits}a`))).toBeNull();
    expect(api.path(Buffer.alloc(1 << 20, "/"))).toBeNull();
  });
});

const pieces = [
  ...["/", "/", "//", "\\", "%2f", "%2F", "%5c", "%252f", "%255C", "%25252f"],
  ...[".", "..", "/..", "/../", "%2e", "%2E%2e", "%252e%252E", ".%2e", "/./"],
  ...[";", ";x=1", "%3b", "?", "%3f", "%253f", "#", "%23", "%00", "%0a", "%0D%0A", "%20", " "],
  ...["%", "%2", "%25", "%zz", "a", "x", "\xe9"],
  ...["v1", "chat", "completions", "embeddings", "V1", "cha%74", "models"],
  ...["/v1/chat/completions", "/v1/chat/completions", "/v1/embeddings", "/chat/completions"],
];
const path = fc
  .array(fc.constantFrom(...pieces), { maxLength: 10 })
  .map((parts) => `/${parts.join("")}`);
/** An endpoint's path with tricks between its parts and behind it. */
const trick = fc.array(fc.constantFrom(...pieces), { maxLength: 3 }).map((one) => one.join(""));
const tricked = fc
  .tuple(
    fc.constantFrom(["/v1", "/chat", "/completions"], ["", "/v1", "/embeddings"]),
    trick,
    trick,
  )
  .chain(([parts, one, two]) =>
    fc.constantFrom(
      parts.join("") + one + two,
      parts[0] + one + parts[1] + parts[2] + two,
      parts[0] + parts[1] + one + parts[2] + two,
    ),
  );
const anyPath = fc.oneof(
  path,
  tricked,
  fc
    .array(fc.constantFrom(...pieces), { minLength: 400, maxLength: 700 })
    .map((one) => one.join("")),
  fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes).toString("latin1")),
);

describe("any path", () => {
  it("has the model's normal form, whatever lies around it in memory or lay there before", () => {
    fc.assert(
      fc.property(anyPath, (one) => {
        const bytes = Buffer.from(one, "latin1");
        const facts = api.pathAmid(bytes, 0x2f);
        for (const [around, before] of [
          [0x2e, "."],
          [0x61, "aaaa"],
          [0x2f, "..;%"],
        ] as const) {
          api.path(Buffer.alloc(2000, before)); // leaves its bytes in the buffer
          expect(api.pathAmid(bytes, around)).toEqual(facts);
        }
        const { normal, ambiguous } = facts ?? { normal: "", ambiguous: false };
        const expected = facts ? normalPath(one) : { normal: "", ambiguous: false };
        expect({ normal, ambiguous }).toEqual(expected);
        const [seen] = one.split(/[?#]/, 1);
        expect(facts === null).toBe(seen!.length > pathBytesMax);
      }),
      { numRuns: 5000, seed: 20260201 },
    );
  });

  it("is not joined to what another path left behind", () => {
    for (const [left, path] of [
      [".", "/a/%2e%2e/b/."],
      [".", "/a/%2e%2e/b/"],
      ["a", "/a/b%6"],
      [";", "/a/b"],
    ] as const) {
      api.path(Buffer.alloc(100, left));
      expect(factsOf(path)).toMatchObject(normalPath(path));
    }
  });

  it("is normalised within its buffer", () => {
    const fill = (bytes: number): Buffer => Buffer.alloc(bytes, "/%2e%2e\\a;");
    api.path(fill(1));
    for (const bytes of [0, 1, 100, pathBytesMax - 1, pathBytesMax]) {
      const facts = api.path(fill(bytes));
      const before = api.memoryAroundPath(bytes);
      expect(api.path(fill(bytes))).toEqual(facts);
      expect(api.memoryAroundPath(bytes).equals(before)).toBe(true);
    }
  });

  it("leads around the meter for no server, however it reads it", () => {
    fc.assert(
      fc.property(fc.oneof(path, tricked), (one) => {
        const ways = readings.filter((reading) => matters(reading, one));
        const seen = new Set(ways.map((reading) => readPath(one, reading).toLowerCase()));
        const { dialect } = factsOf(one);
        const all = [...seen];
        if (all.some((read) => read.endsWith("/embeddings"))) expect(dialect).toBe("Unmetered");
        if (all.some((read) => read.endsWith("/chat/completions"))) {
          expect(dialect).not.toBe("None");
        }
        const plain = readPath(one, readings[0]!);
        const isPlain = seen.size === 1 && /^[a-z0-9/.]*$/i.test(one);
        if (isPlain) expect(dialect).toBe(plainDialect(plain.toLowerCase()));
      }),
      { numRuns, seed: 20260202 },
    );
  });
});

/** Whether a reading may differ from simpler ones. */
function matters({ decodes, backslashes, matrix, end }: Reading, path: string): boolean {
  if (decodes > 0 && !path.includes("%")) return false;
  if (decodes > 1 && !path.includes("%25")) return false;
  if (backslashes && !/\\|5c/i.test(path)) return false;
  if (matrix && !/;|3b/i.test(path)) return false;
  return end === "" || /%(25)*(00|3f|23)/i.test(path);
}

function plainDialect(path: string): string {
  if (path.endsWith("/chat/completions")) return "OpenAiChat";
  return /\/(completions|embeddings)$/.test(path) ? "Unmetered" : "None";
}
