/**
 * What people write to models, as near as a pinned development package has it: TypeScript carries
 * a megabyte of English documentation, its own declarations, and its messages in other languages.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { Random } from "./random.ts";

const library = dirname(createRequire(import.meta.url).resolve("typescript"));
const languages = ["de", "es", "ja", "ru", "zh-cn"];
const codeLines = 8;
const paragraphBytesLeast = 60;

/** Of a hundred paragraphs so many are English prose, code, and one of the other languages. */
const sharePercent = { prose: 70, code: 15 };

interface Sources {
  prose: string[];
  code: string[];
  foreign: string[];
}

let sources: Sources | null = null;

/** Paragraphs that add up to about `bytes` bytes of UTF-8; a generator makes no two alike. */
export function makeText(random: Random, bytes: number): string {
  sources ??= readSources();
  const paragraphs: string[] = [];
  let left = bytes;
  while (left > 0) {
    const paragraph = pickParagraph(random, sources);
    const kept = left > paragraph.length ? paragraph : paragraph.slice(0, Math.max(left, 1));
    paragraphs.push(kept);
    left -= Buffer.byteLength(kept) + 2;
  }
  // A cut may have parted a surrogate pair, which no UTF-8 has.
  return Buffer.from(paragraphs.join("\n\n")).toString();
}

/** Short pieces of prose, about as long as a token, as answers stream. */
export function makePieces(random: Random, count: number): string[] {
  const pieces: string[] = [];
  while (pieces.length < count) pieces.push(...makeText(random, 4096).split(/(?<=\S)(?=\s)/u));
  return pieces.slice(0, count);
}

function pickParagraph(random: Random, from: Sources): string {
  const draw = random.below(100);
  if (draw < sharePercent.prose) return random.pick(from.prose);
  return random.pick(draw < sharePercent.prose + sharePercent.code ? from.code : from.foreign);
}

function readSources(): Sources {
  const declarations = readFileSync(join(library, "lib.dom.d.ts"), "utf8").split("\n");
  const comments = declarations.flatMap((line) => /^ +\* (?!\[|@)(.+)/.exec(line)?.[1] ?? []);
  const code: string[] = [];
  const plain = declarations.filter((line) => line !== "" && !/^ *(\/?\*|\/\/)/.test(line));
  for (let at = 0; at + codeLines <= plain.length; at += codeLines) {
    code.push(plain.slice(at, at + codeLines).join("\n"));
  }
  const foreign = languages.flatMap((language) => {
    const file = join(library, language, "diagnosticMessages.generated.json");
    return Object.values(JSON.parse(readFileSync(file, "utf8")) as Record<string, string>);
  });
  const long = (text: string): boolean => text.length >= paragraphBytesLeast;
  return { prose: comments.filter(long), code, foreign: foreign.filter(long) };
}
