import { beforeAll, describe, expect, it } from "vitest";
import { ApiModule } from "./api_module.ts";

let api: ApiModule;
beforeAll(async () => {
  api = await ApiModule.load();
});

const longS = "\u017f";
const kelvin = "\u212a";

/** The reference: simple case folding of Unicode, by the engine's regular expressions. */
function foldsByRegExp(name: string, plain: string): boolean {
  return new RegExp(`^${plain}$`, "iu").test(name);
}

describe("a name folds to another", () => {
  it("for every code point that is one of its letters", () => {
    const letters = "abcdefghijklmnopqrstuvwxyz";
    const expected = [...letters].map((): number[] => []);
    for (let codePoint = 0; codePoint <= 0x10ffff; codePoint++) {
      if (codePoint >= 0xd800 && codePoint < 0xe000) continue;
      const char = String.fromCodePoint(codePoint);
      if (!/^[a-z]$/iu.test(char)) continue;
      const at = [...letters].findIndex((letter) => foldsByRegExp(char, letter));
      expected[at]!.push(codePoint);
    }
    expect(api.codePointsFoldingTo(letters)).toEqual(expected);
    expect(expected.map((some) => some.length).join("")).toBe("22222222223222222232222222");
  });

  it("as a whole, letter by letter", () => {
    const plain = ["model", "stream", "stream_options", "max_tokens", "k", "s", "ss", ""];
    const ends = ["", "x", longS, "\u017e", "\u212b", "\0"];
    for (const one of plain) {
      const forms = new Set([one, one.toUpperCase(), one.slice(1), `x${one}`]);
      for (let at = 0; at < one.length; at++) {
        for (const letter of [one[at]!.toUpperCase(), longS, kelvin, "\u0131", ""]) {
          forms.add(one.slice(0, at) + letter + one.slice(at + 1));
        }
      }
      for (const form of [...forms].flatMap((name) => ends.map((end) => name + end))) {
        const folded = api.foldsTo(Buffer.from(form), Buffer.from(one));
        expect(`${form} ${folded}`).toBe(`${form} ${foldsByRegExp(form, one)}`);
      }
    }
  });

  it("but not by a part of a character", () => {
    for (const sequence of ["c5", "e284", "e2", "c5be", "e284ab", "c5bfbf"]) {
      const name = Buffer.from(sequence, "hex");
      expect(api.foldsTo(name, Buffer.from("s"))).toBe(false);
      expect(api.foldsTo(name, Buffer.from("k"))).toBe(false);
    }
  });
});

/** Every member that decides something, and what stands around it in a request. */
const watched: [around: (member: string) => string, names: string[]][] = [
  [
    (member) => `{"before":1,${member}}`,
    [
      "model",
      "stream",
      "stream_options",
      "max_tokens",
      "max_completion_tokens",
      "messages",
      "tools",
      "functions",
      "response_format",
      "models",
      "fallbacks",
      "tool_choice",
      "function_call",
    ],
  ],
  [(member) => `{"model":"m","stream_options":{${member}}}`, ["include_usage"]],
  [
    (member) => `{"model":"m","messages":[{},{"before":[],${member}}]}`,
    [
      "role",
      "name",
      "content",
      "refusal",
      "reasoning_content",
      "reasoning",
      "audio",
      "tool_calls",
      "function_call",
    ],
  ],
  [
    (member) => `{"messages":[{"content":["a",{${member}}]}]}`,
    ["text", "refusal", "image_url", "input_audio", "file", "audio_url", "video_url"],
  ],
  [(member) => `{"messages":[{"content":[{"image_url":{${member}}}]}]}`, ["detail", "url"]],
  [(member) => `{"messages":[{"content":[{"input_audio":{${member}}}]}]}`, ["data"]],
  [(member) => `{"tool_choice":{${member}}}`, ["function", "name"]],
  [(member) => `{"tool_choice":{"function":{${member}}}}`, ["name"]],
  [(member) => `{"messages":[{"tool_calls":[{},{${member}}]}]}`, ["function", "custom"]],
  [
    (member) => `{"messages":[{"tool_calls":[{"function":{${member}}}]}]}`,
    ["name", "arguments", "input"],
  ],
  [(member) => `{"messages":[{"function_call":{${member}}}]}`, ["name", "arguments", "input"]],
];

/** A value that none of the members is refused for. */
function valueOf(name: string): string {
  if (name === "model") return '"m"';
  return name === "stream_options" ? "{}" : "null";
}

/** Every name that one letter's folding makes of this one. */
function lookAlikes(name: string): string[] {
  const made = new Set([name.toUpperCase(), name[0]!.toUpperCase() + name.slice(1)]);
  for (let at = 0; at < name.length; at++) {
    const letters = [name[at]!.toUpperCase()];
    if (name[at] === "s") letters.push(longS);
    if (name[at] === "k") letters.push(kelvin);
    for (const letter of letters) made.add(name.slice(0, at) + letter + name.slice(at + 1));
  }
  made.delete(name);
  return [...made];
}

function inEscapes(name: string): string {
  return name.replaceAll(/[^]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function refusal(body: string): [error: string, offset: number] {
  const facts = api.readRequest(Buffer.from(body), 1, { chunkBytes: 5 });
  return [facts.error, facts.errorOffset];
}

describe("a member that decides something", () => {
  it("is refused where it stands a second time, in whatever spelling", () => {
    for (const [around, names] of watched) {
      for (const name of names) {
        const value = valueOf(name);
        for (const again of [name, inEscapes(name)]) {
          const once = `"${name}":${value}, "x":{"${name}":1},`;
          const body = around(`${once}"${again}":${value}`);
          const offset = Buffer.byteLength(body.slice(0, body.lastIndexOf(`"${again}"`)));
          expect([body, ...refusal(body)]).toEqual([body, "RepeatedMember", offset]);
        }
      }
    }
  });

  it("is refused where it only looks like itself, alone or beside itself", () => {
    for (const [around, names] of watched) {
      for (const name of names) {
        for (const alike of lookAlikes(name).flatMap((one) => [one, inEscapes(one)])) {
          for (const before of ["", `"${name}":${valueOf(name)},`]) {
            const body = around(`${before}"${alike}":null`);
            const offset = Buffer.byteLength(body.slice(0, body.lastIndexOf(`"${alike}"`)));
            expect([body, ...refusal(body)]).toEqual([body, "LookAlikeMember", offset]);
          }
        }
      }
    }
  });

  it("is not seen at another level", () => {
    const names = new Set(watched.flatMap(([, some]) => some));
    for (const [around, own] of watched) {
      for (const name of names) {
        if (own.includes(name)) continue;
        const member = `"${name}":null,"${name}":1,"${name.toUpperCase()}":2`;
        const body = around(member);
        const [error] = refusal(body);
        expect([body, error]).toEqual([body, body.includes('"m"') ? "None" : "ModelMissing"]);
      }
    }
  });
});
