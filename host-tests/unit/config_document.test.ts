import { beforeAll, describe, expect, it } from "vitest";
import { ConfigModule, type Mistake } from "./config_module.ts";
import { keyHash, smallPolicy } from "./config_samples.ts";

let module: ConfigModule;

beforeAll(async () => {
  module = await ConfigModule.load();
});

const smallText = JSON.stringify({ policy: smallPolicy() });

function whole(reason: string): Mistake[] {
  return [["configuration", reason]];
}

/** The least document, with raw JSON put into its model. */
function withRawModel(json: string): string {
  return smallText.replace('"m":{}', () => `"m":${json}`);
}

describe("bytes that are no document", () => {
  it.each<[string, string | Buffer, string]>([
    ["nothing", "", "not JSON: an early end at byte 0"],
    ["white space", " \n\t", "not JSON: an early end at byte 3"],
    ["an open bracket", '{"policy":', "not JSON: an early end at byte 10"],
    ["two documents", "{}{}", "not JSON: something after the end of the document at byte 2"],
    ["a comma too many", '{"policy":1,}', "not JSON: an unexpected character at byte 12"],
    ["YAML", "policy:\n", "not JSON: an unexpected character at byte 0"],
    ["a comment", "// {}", "not JSON: an unexpected character at byte 0"],
    ["a byte order mark", "\ufeff{}", "not JSON: a byte order mark at byte 0"],
    ["a raw line break", '{"a\n":1}', "not JSON: a control character inside a string at byte 3"],
    ["an escape of C", '{"\\x41":1}', "not JSON: an escape that JSON does not have at byte 3"],
    ["a hexadecimal number", '{"a":0x1}', "not JSON: an unexpected character at byte 6"],
    [
      "a leading zero",
      '{"a":01}',
      "not JSON: a number in a form that JSON does not have at byte 6",
    ],
    ["Latin-1", Buffer.from('{"n\xe4me":1}', "latin1"), "not UTF-8"],
    ["a surrogate", Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]), "not UTF-8"],
  ])("%s", (_title, bytes, reason) => {
    expect(module.mistakes(bytes)).toEqual(whole(reason));
  });

  it.each<[string, unknown, Mistake[]]>([
    ["null", null, whole("must be an object, not null")],
    ["text", '"policy"', whole("must be an object, not text")],
    ["a number", 1, whole("must be an object, not a number")],
    ["an array", [[]], whole("must be an object, not an array")],
    ["an empty object", {}, [["policy", "missing"]]],
    [
      "the policy without its wrapping",
      { version: 1 },
      [
        ["policy", "missing"],
        ["version", 'unknown key: this version has no "version"'],
      ],
    ],
    [
      "a strange key at the top",
      { policy: smallPolicy(), "a b": 1 },
      [['["a b"]', 'unknown key: this version has no "a b"']],
    ],
  ])("%s at the top", (_title, document, mistakes) => {
    expect(module.mistakes(document)).toEqual(mistakes);
  });
});

describe("a member given twice", () => {
  it.each<[string, string, Mistake[]]>([
    ["at the top", smallText.replace(/\}$/, ',"policy":1}'), [["policy", "given more than once"]]],
    [
      "in the policy",
      smallText.replace('"version":1', '"version":1,"version":1'),
      [["policy.version", "given more than once"]],
    ],
    [
      "in another spelling",
      smallText.replace('"version":1', '"version":1,"\\u0076ersion":1'),
      [["policy.version", "given more than once"]],
    ],
    [
      "as a model",
      smallText.replace('"m":{}', '"m":{},"x":{},"m":{}'),
      [["policy.models.m", "given more than once"]],
    ],
    [
      "three times",
      withRawModel('{"encoding":"o200k_base","encoding":"p50k","encoding":3}'),
      [
        ["policy.models.m.encoding", "given more than once"],
        ["policy.models.m.encoding", "given more than once"],
      ],
    ],
    [
      "though nobody knows it",
      withRawModel('{"x":1,"x":2}'),
      [
        ["policy.models.m.x", "given more than once"],
        ["policy.models.m.x", 'unknown key: this version has no "x"'],
      ],
    ],
  ])("%s is refused", (_title, text, mistakes) => {
    expect(module.mistakes(text)).toEqual(mistakes);
  });

  it("is refused among known keys without showing them", () => {
    const key = `"${keyHash("a")}":"acme"`;
    const identity = `[{"apiKey":"x-api-key","known":{${key},${key}}}]`;
    const text = smallText.replace('"version"', `"identity":${identity},"version"`);
    expect(module.mistakes(text)).toEqual([["policy.identity[0].known", "given more than once"]]);
  });
});

describe("numbers as control planes write them", () => {
  it.each(["9000", "9000.0", "9e3", "9E+3", "0.9e4", "90000e-1", "9000.000e0"])(
    "%s is 9000",
    (number) => {
      expect(module.mistakes(withRawModel(`{"contextWindow":${number}}`))).toEqual([]);
      expect(module.described()!.models[0]!.contextWindow).toBe(9000);
    },
  );

  it.each([
    ["9007199254740993", "above 2^53, where a control plane may have rounded it"],
    ["18446744073709551616", "above 2^53, where a control plane may have rounded it"],
    ["1e+21", "above 2^53, where a control plane may have rounded it"],
    [`1${"0".repeat(400)}`, "above 2^53, where a control plane may have rounded it"],
    ["9007199254740992", "must be from 1 to 1000000000"],
    ["-0", "must be from 1 to 1000000000"],
    ["0e9", "must be from 1 to 1000000000"],
    ["9000.1", "must be a whole number"],
    ["9e-3", "must be a whole number"],
    [`9000.${"0".repeat(40)}1`, "must be a whole number"],
  ])("%s is refused", (number, reason) => {
    expect(module.mistakes(withRawModel(`{"contextWindow":${number}}`))).toEqual([
      ["policy.models.m.contextWindow", reason],
    ]);
  });

  it.each([
    ["1.5e-7", 150],
    ["0.00000015", 150],
    ["2.50", 2_500_000_000],
    ["2.5e0", 2_500_000_000],
    ["1E+1", 10_000_000_000],
  ])("a price of %s is exact", (number, nanoUsd) => {
    const price = `{"price":{"input":${number},"output":"${number}"}}`;
    expect(module.mistakes(withRawModel(price))).toEqual([]);
    expect(module.described()!.models[0]!.price).toEqual([nanoUsd, nanoUsd, nanoUsd, nanoUsd]);
  });

  it("version 1.0 is version 1", () => {
    expect(module.mistakes(smallText.replace('"version":1', '"version":1.0'))).toEqual([]);
  });
});

describe("text", () => {
  it("is compared after its escapes are read", () => {
    const text = smallText.replace('"m"', '"\\u0067pt\\u002d4o"').replace("small", "sm\\u0061ll");
    expect(module.mistakes(text)).toEqual([]);
    expect(module.findModel("gpt-4o")).toBe(0);
    expect(module.described()!.name).toBe("small");
  });

  it("may be as long as a name, however it is escaped", () => {
    const escaped = "\\u006d".repeat(256);
    expect(module.mistakes(smallText.replace('"m"', `"${escaped}"`))).toEqual([]);
    expect(module.findModel("m".repeat(256))).toBe(0);
  });

  it("with half a surrogate pair is not taken for a name", () => {
    expect(module.mistakes(smallText.replace('"m"', '"\\ud800"'))).toEqual([
      ['policy.models["\\xef\\xbf\\xbd"]', "must be printable ASCII without spaces"],
    ]);
  });
});

describe("a document without measure", () => {
  it("may be nested to 16 levels and no deeper", () => {
    const deep = (levels: number) => "[".repeat(levels) + "]".repeat(levels);
    expect(module.mistakes(deep(16))).toEqual(whole("must be an object, not an array"));
    expect(module.mistakes(deep(17))).toEqual(whole("nested deeper than 16 levels"));
    expect(module.mistakes(deep(400_000))).toEqual(whole("nested deeper than 16 levels"));
    const objects = '{"a":'.repeat(100_000);
    expect(module.mistakes(objects)).toEqual(whole("nested deeper than 16 levels"));
  });

  it("may have 131072 values and no more", () => {
    const zeros = (count: number) => `[${"0,".repeat(count - 1)}0]`;
    expect(module.mistakes(zeros(131_071))).toEqual(whole("must be an object, not an array"));
    expect(module.mistakes(zeros(131_072))).toEqual(whole("more than 131072 values"));
  });

  it("may be 4 MiB long and no longer", () => {
    const padded = smallText.padEnd(4_194_304, " ");
    expect(module.mistakes(padded)).toEqual([]);
    expect(module.mistakes(`${padded} `)).toEqual(whole("longer than 4194304 bytes"));
  });

  it("has 64 of its mistakes listed and the rest counted", () => {
    const junk = (keys: number) =>
      Object.fromEntries(Array.from({ length: keys }, (_, at) => [`k${at}`, 1]));
    expect(module.mistakes({ policy: smallPolicy(junk(64)) })).toHaveLength(64);
    const listed = module.mistakes({ policy: smallPolicy(junk(1000)) });
    expect(listed).toHaveLength(65);
    expect(listed[63]).toEqual(["policy.k63", 'unknown key: this version has no "k63"']);
    expect(listed[64]).toEqual(["configuration", "and 936 more"]);
  });

  it("takes 10,000 known keys", () => {
    const known = Object.fromEntries(
      Array.from({ length: 10_000 }, (_, at) => [keyHash(`key-${at}`), `tenant-${at}`]),
    );
    const identity = [{ apiKey: "authorization", known }];
    expect(module.mistakes({ policy: smallPolicy({ identity }) })).toEqual([]);
    expect(module.findKey(0, Buffer.from(keyHash("key-9999"), "hex"))).toBe("tenant-9999");
  });

  it("leaves nothing behind of the scanners that read it", async () => {
    const fresh = await ConfigModule.load();
    const pass = (rounds: number) => {
      for (let round = 0; round < rounds; round++) fresh.mistakes("[");
      fresh.collect();
      return fresh.memoryBytes;
    };
    const bytes = pass(1000);
    expect(pass(20_000)).toBe(bytes);
  });

  it("leaves no memory behind, right or wrong", () => {
    const names = Array.from({ length: 500 }, (_, at) => [`model-${at}`, { aliases: [`a${at}`] }]);
    const policy = smallPolicy({ models: Object.fromEntries(names) });
    const pass = () => {
      expect(module.mistakes({ policy })).toEqual([]);
      expect(module.mistakes({ policy, junk: 1 })).toHaveLength(1);
      module.mistakes("[".repeat(1000));
      module.collect();
    };
    for (let warm = 0; warm < 3; warm++) pass();
    const bytes = module.memoryBytes;
    for (let round = 0; round < 10; round++) pass();
    expect(module.memoryBytes).toBe(bytes);
  });
});
