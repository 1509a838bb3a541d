import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bakeVocabularies, publishedTokens, vocabDir } from "../../tools/bake.ts";
import { mergeTableSource } from "../../tools/bake_merges.ts";
import { rootDir } from "../../tools/build.ts";
import { BpeModule, encodings } from "./bpe_module.ts";

const dir = mkdtempSync(join(tmpdir(), "tokenstile-bake-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

let bpe: BpeModule;
beforeAll(async () => {
  bpe = await BpeModule.load();
});

describe("baked vocabularies", () => {
  it.each(encodings)("hold every published token of %s", (name, number) => {
    const lost: string[] = [];
    for (const token of publishedTokens(name)) {
      const tokens = [bpe.piece(number, token), bpe.longPiece(number, token)];
      if (tokens[0] !== 1 || tokens[1] !== 1) lost.push(Buffer.from(token).toString("hex"));
    }
    expect(lost).toEqual([]);
  });

  it("refuse a token that its bytes do not merge into", () => {
    const bytes = Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte));
    const named = (text: string) => Buffer.from(text);
    expect(mergeTableSource([...bytes, named("ab"), named("abc")])).toContain("vocabulary");
    expect(() => mergeTableSource([...bytes, named("abc")])).toThrow(/256 does not re-encode/);
    expect(() => mergeTableSource([...bytes, named("bc"), named("ab"), named("abcd")])).toThrow(
      /258 does not re-encode/,
    );
    expect(() => mergeTableSource(bytes.slice(1))).toThrow(/single byte 0/);
  });

  it("are the same bytes when two processes bake at once, and no half file stays", async () => {
    await Promise.all([bakeElsewhere(dir), bakeElsewhere(dir)]);
    expect(readdirSync(dir).sort()).toEqual(["char_classes.ts", "cl100k_base.ts", "o200k_base.ts"]);
    for (const file of readdirSync(dir)) {
      expect(readFileSync(join(dir, file)).equals(readFileSync(join(vocabDir, file)))).toBe(true);
    }
  });

  it("are baked again only where their first line names other sources", async () => {
    const path = join(dir, "cl100k_base.ts");
    const baked = readFileSync(path, "utf8");
    const madeMs = statSync(path).mtimeMs;
    await bakeVocabularies(["cl100k_base"], dir);
    expect(statSync(path).mtimeMs).toBe(madeMs);
    writeFileSync(path, "// Baked by something older\n");
    await bakeVocabularies(["cl100k_base"], dir);
    expect(readFileSync(path, "utf8") === baked).toBe(true);
  });
});

/** Bakes into the folder in a process of its own. */
function bakeElsewhere(target: string): Promise<void> {
  const bake = pathToFileURL(join(rootDir, "tools", "bake.ts")).href;
  const program = [
    `import { bakeVocabularies } from ${JSON.stringify(bake)};`,
    `await bakeVocabularies(["o200k_base", "cl100k_base"], ${JSON.stringify(target)});`,
  ].join("\n");
  const args = ["--import", "tsx", "--input-type=module", "--eval", program];
  const child = spawn(process.execPath, args, { cwd: rootDir, stdio: "inherit" });
  return new Promise((done, fail) => {
    child.on("close", (code) => (code === 0 ? done() : fail(new Error(`bake ended with ${code}`))));
  });
}
