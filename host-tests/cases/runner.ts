import { readFileSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";

/** One case of a Markdown file: what goes in, and the log that must come out at every cut. */
export interface MarkdownCase {
  file: string;
  line: number;
  title: string;
  kind: string;
  options: CaseOptions;
  input: Buffer;
  log: string[];
}

/** Words after the kind in the input block's first line: `name=value`, or `name` for "". */
export type CaseOptions = ReadonlyMap<string, string>;

/** Reads an input given in chunks and answers the log, a line for each thing reported. */
export type CaseReader = (chunks: Uint8Array[], options: CaseOptions) => string[];

const maxEveryCutBytes = 2000;

/**
 * The cases in all Markdown files of a folder. A case is a `##` heading, words for the reader, a
 * block whose first word is the kind, and a block `log`. The input is the block's text without its
 * last line end; with the option `bytes`, `<HH>` in it stands for the byte with that value and
 * line ends count for nothing.
 */
export function casesIn(folder: string): MarkdownCase[] {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();
  const files = names.filter((name) => name.endsWith(".md")).map((name) => join(folder, name));
  return files.flatMap((file) => parseCases(readFileSync(file, "utf8"), relative(folder, file)));
}

/** The cases in the text of one file. Whatever looks like half a case is an error. */
export function parseCases(markdown: string, file: string): MarkdownCase[] {
  const cases: MarkdownCase[] = [];
  let title = "";
  let pending: Omit<MarkdownCase, "log"> | undefined;
  for (const { heading, fence, text, line } of sections(markdown)) {
    if (heading !== undefined) {
      if (pending) throw new Error(`${file}:${pending.line}: "${title}" has no log`);
      title = heading;
    } else if (fence === "log") {
      if (!pending) throw new Error(`${file}:${line}: a log without an input`);
      cases.push({ ...pending, log: text === "" ? [] : text.split("\n") });
      pending = undefined;
    } else if (fence) {
      const [kind, ...words] = fence.split(/\s+/);
      const options = new Map(words.map((word) => splitOption(word)));
      const input = options.has("bytes") ? bytesOf(text) : Buffer.from(text);
      pending = { file, line, title, kind: kind!, options, input };
    }
  }
  if (pending) throw new Error(`${file}:${pending.line}: "${title}" has no log`);
  return cases;
}

interface Section {
  heading?: string;
  fence?: string;
  text: string;
  line: number;
}

function* sections(markdown: string): Generator<Section> {
  const lines = markdown.split("\n");
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at]!;
    if (line.startsWith("## ")) yield { heading: line.slice(3), text: "", line: at + 1 };
    const fence = /^(`{3,})(.*)$/.exec(line);
    if (!fence) continue;
    const end = lines.indexOf(fence[1]!, at + 1);
    if (end < 0) throw new Error(`line ${at + 1}: a block without an end`);
    yield { fence: fence[2]!.trim(), text: lines.slice(at + 1, end).join("\n"), line: at + 1 };
    at = end;
  }
}

function splitOption(word: string): [string, string] {
  const at = word.indexOf("=");
  return at < 0 ? [word, ""] : [word.slice(0, at), word.slice(at + 1)];
}

function bytesOf(text: string): Buffer {
  const parts = text.replaceAll("\n", "").split(/<([0-9A-Fa-f]{2})>/);
  return Buffer.concat(parts.map((part, index) => Buffer.from(part, index % 2 ? "hex" : "utf8")));
}

/**
 * Runs a case in one piece, in two pieces at every cut, and in chunks of every size; answers the
 * log and the first way of cutting that gave another one. Long inputs are cut at fewer places.
 */
export function runCase(
  { input, options }: MarkdownCase,
  read: CaseReader,
): { log: string[]; differing?: { cut: string; log: string[] } } {
  const log = read([input], options);
  for (const [cut, chunks] of waysToCut(input)) {
    const other = read(chunks, options);
    if (other.join("\n") !== log.join("\n")) return { log, differing: { cut, log: other } };
  }
  return { log };
}

function* waysToCut(input: Buffer): Generator<[string, Buffer[]]> {
  const step = Math.ceil(input.length / maxEveryCutBytes) || 1;
  for (let at = 1; at < input.length; at += step) {
    yield [`cut at ${at}`, [input.subarray(0, at), input.subarray(at)]];
  }
  for (let size = 1; size < Math.min(input.length, 70); size++) {
    yield [`chunks of ${size}`, chunksOf(input, size)];
  }
}

function chunksOf(input: Buffer, size: number): Buffer[] {
  const count = Math.ceil(input.length / size);
  return Array.from({ length: count }, (_, i) => input.subarray(i * size, (i + 1) * size));
}
