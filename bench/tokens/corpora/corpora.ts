/** The corpora by name; README.md beside this file tells what each is made of. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildDir } from "../../../tools/build.ts";
import { chatLines } from "./chat.ts";
import { corpusBytes, cutText } from "./cut.ts";
import { expectedCorpora } from "./expected.ts";
import { quran, songPoems } from "./fetched.ts";
import {
  compilerCode,
  compilerMessages,
  declaration,
  declarationNames,
  nodeDocuments,
  novel,
  speeches,
} from "./passages.ts";
import { warmUpText } from "./warm_up.ts";

/** Where texts lie once they are cut. */
export const corporaDir = join(buildDir, "bench", "corpora");

export interface Corpus {
  name: string;
  /** Whether its letters are mostly ASCII. */
  ascii: boolean;
  /** Whether its package is fetched when it is first needed. */
  fetched: boolean;
  make(): string;
}

const declarationBytes = 1_971;

export const corpora: Corpus[] = [
  { name: "prose", ascii: true, fetched: false, make: novel },
  { name: "speeches", ascii: true, fetched: false, make: () => speeches(0) },
  { name: "documents", ascii: true, fetched: false, make: nodeDocuments },
  { name: "code", ascii: true, fetched: false, make: () => compilerCode(2) },
  { name: "chinese", ascii: false, fetched: true, make: songPoems },
  { name: "japanese", ascii: false, fetched: false, make: japanese },
  { name: "scripts", ascii: false, fetched: false, make: manyScripts },
  { name: "arabic", ascii: false, fetched: true, make: quran },
  { name: "chat", ascii: true, fetched: false, make: () => chatLines().chat },
];

/** Requests that are counted by a call each; none is in `chat`. */
export const requests: Corpus = {
  ...{ name: "requests", ascii: true, fetched: false },
  make: () => chatLines().requests,
};

const warmUp: Corpus = { name: "warm-up", ascii: false, fetched: false, make: warmUpText };

export interface CutCorpus {
  name: string;
  /** Its file, in UTF-8. */
  path: string;
  bytes: number;
}

/** A corpus, made if it does not lie there. Throws when it is not the text that it was. */
export function cutCorpus(corpus: Corpus): CutCorpus {
  const { name } = corpus;
  const expected = expectedCorpora[name];
  const path = join(corporaDir, `${name}.txt`);
  if (existsSync(path) && sha256Of(readFileSync(path)) === expected?.sha256) {
    return { name, path, bytes: expected.bytes };
  }
  const text = Buffer.from(cutText(corpus.make(), corpusBytes));
  const sha256 = sha256Of(text);
  if (sha256 !== expected?.sha256) {
    throw new Error(`the corpus ${name} is another: ${text.length} bytes, SHA-256 ${sha256}`);
  }
  mkdirSync(corporaDir, { recursive: true });
  const part = `${path}.${process.pid}.part`;
  writeFileSync(part, text);
  renameSync(part, path);
  return { name, path, bytes: text.length };
}

/** What is run before the first text is timed. */
export function cutWarmUp(): CutCorpus {
  return cutCorpus(warmUp);
}

function sha256Of(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function japanese(): string {
  const versions = ["jpn", "jpn_osaka", "jpn_tokyo"].map((name) => declaration(`${name}.html`));
  // The beginning of each is in `scripts`.
  const behind = versions.map((text) => text.slice(cutText(text, declarationBytes).length));
  return [compilerMessages("ja"), ...behind].join("\n");
}

function manyScripts(): string {
  const texts = declarationNames().map((name) => cutText(declaration(name), declarationBytes));
  return texts.join("\n");
}
