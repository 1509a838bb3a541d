/** What the documents claim about the tree: every path, link, heading and command they name. */
import { posix } from "node:path";
import type { SourceFile } from "./tree.ts";

/** Folders that a command makes; documents may name what will lie there. */
const generated = /^(build|node_modules)(\/|$)/;

interface Claim {
  place: string;
  /** As written. */
  written: string;
  /** The paths that would make it true. */
  candidates: string[];
  heading: string | null;
}

/** Paths and links of the Markdown documents that lead nowhere. */
export function brokenPaths(tree: SourceFile[], paths: string[]): string[] {
  const folders = new Set(paths.flatMap(foldersAbove));
  const known = new Set([...paths, ...folders]);
  const documents = tree.filter(isDocument);
  const headings = new Map(documents.map((file) => [file.path, anchorsOf(file.text)]));
  const claims = documents.flatMap((file) => [
    ...linksOf(file),
    ...namedPathsOf(file, paths, folders),
  ]);
  return [...claims, ...tree.filter((file) => !isDocument(file)).flatMap(documentsNamedIn)].flatMap(
    (claim) => {
      const target = claim.candidates.find((path) => exists(path, known));
      if (target === undefined) return [`${claim.place}: ${claim.written} does not exist`];
      const lost = claim.heading && headings.has(target);
      const missing = lost && !headings.get(target)?.has(claim.heading ?? "");
      return missing ? [`${claim.place}: ${claim.written} has no such heading`] : [];
    },
  );
}

/** `npm run NAME` commands that package.json does not have. */
export function unknownScripts(tree: SourceFile[], scripts: string[]): string[] {
  return tree
    .filter(isDocument)
    .flatMap((file) =>
      file.text
        .split("\n")
        .flatMap((line, index) =>
          [...line.matchAll(/\bnpm run ([\w:-]+)/g)]
            .filter((command) => !scripts.includes(command[1] ?? ""))
            .map((command) => `${file.path}:${index + 1}: ${command[0]}`),
        ),
    );
}

/** Where CHANGELOG.md leaves its form: releases, each with known sections of bullets. */
export function changelogFaults(text: string): string[] {
  const faults: string[] = [];
  let versions = 0;
  let section = "";
  text.split("\n").forEach((line, index) => {
    const fault = changelogFault(line, index, versions > 0, section !== "");
    if (fault) faults.push(`CHANGELOG.md:${index + 1}: ${fault}`);
    if (line.startsWith("## ")) [versions, section] = [versions + 1, ""];
    if (line.startsWith("### ")) section = line;
  });
  return versions > 0 ? faults : [...faults, "CHANGELOG.md:1: no release"];
}

function changelogFault(line: string, index: number, inRelease: boolean, inSection: boolean) {
  if (index === 0) return line === "# Changelog" ? null : "the first line is `# Changelog`";
  if (line.startsWith("## ")) {
    const release = /^## (Unreleased|\d+\.\d+\.\d+ - \d{4}-\d{2}-\d{2})$/.test(line);
    return release ? null : "`## Unreleased` or `## 1.2.3 - 2030-01-31`";
  }
  if (line.startsWith("### ")) {
    const known = /^### (Added|Changed|Deprecated|Removed|Fixed|Security)$/.test(line);
    return inRelease && known ? null : "Added, Changed, Deprecated, Removed, Fixed or Security";
  }
  return line.startsWith("- ") && !inSection ? "a bullet outside a section" : null;
}

function isDocument(file: SourceFile): boolean {
  return file.path.endsWith(".md") && !file.path.startsWith("host-tests/cases/");
}

function foldersAbove(path: string): string[] {
  const parts = path.split("/").slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join("/"));
}

function linksOf(file: SourceFile): Claim[] {
  return proseLines(file).flatMap(({ line, place }) =>
    [...line.matchAll(/\]\(([^)\s]+)\)/g)]
      .map((link) => link[1] ?? "")
      .filter((link) => !/^[a-z]+:/i.test(link))
      .map((link) => {
        const [path = "", heading = null] = link.split("#");
        const from = posix.join(posix.dirname(file.path), path);
        return { place, written: link, candidates: [path ? from : file.path], heading };
      }),
  );
}

/**
 * Inline code that reads like a path of this tree: it starts with one of its folders. A bare file
 * name is true of any file of that name.
 */
function namedPathsOf(file: SourceFile, paths: string[], folders: Set<string>): Claim[] {
  const here = posix.dirname(file.path);
  return proseLines(file).flatMap(({ line, place }) =>
    [...line.matchAll(/`([^`\s]+)(?:\s[^`]*)?`/g)]
      .map((code) => (code[1] ?? "").replace(/:\d+$/, "").replace(/^\.\//, ""))
      .filter((path) => isPathLike(path, folders))
      .map((path) => {
        const bare = paths.filter((known) => posix.basename(known) === path);
        const candidates = [path, posix.join(here, path), ...bare];
        return { place, written: path, candidates, heading: null };
      }),
  );
}

function isPathLike(path: string, folders: Set<string>): boolean {
  if (!/^[\w.@*-]+(\/[\w.@*-]+)*\/?$/.test(path)) return false;
  const [first = ""] = path.split("/");
  return path.includes("/") ? folders.has(first) : /^[\w.-]+\.(md|ts|mjs|yaml)$/.test(path);
}

/** Documents that comments and messages send the reader to. */
function documentsNamedIn(file: SourceFile): Claim[] {
  if (file.path.startsWith("host-tests/tidy/")) return [];
  return file.text.split("\n").flatMap((line, index) =>
    [...line.matchAll(/(?<![\w./-])((?:[\w-]+\/)*[A-Z]{4,}\.md)(?:#([\w-]+))?/g)].map((name) => ({
      place: `${file.path}:${index + 1}`,
      written: name[0],
      candidates: [name[1] ?? "", posix.join(posix.dirname(file.path), name[1] ?? "")],
      heading: name[2] ?? null,
    })),
  );
}

function exists(path: string, known: Set<string>): boolean {
  const plain = posix.normalize(path).replace(/\/$/, "");
  if (plain === "." || generated.test(plain)) return true;
  if (!plain.includes("*")) return known.has(plain);
  const pattern = plain.split("*").map(escapeForPattern).join("[^/]*");
  return [...known].some((candidate) => new RegExp(`^${pattern}$`).test(candidate));
}

function escapeForPattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

/** The lines outside fenced blocks, which show files and terminals rather than name paths. */
function proseLines(file: SourceFile): { line: string; place: string }[] {
  let fenced = false;
  return file.text.split("\n").flatMap((line, index) => {
    if (/^\s*(```|~~~)/.test(line)) fenced = !fenced;
    return fenced ? [] : [{ line, place: `${file.path}:${index + 1}` }];
  });
}

/** The anchors of a document's headings, made the way code hosts make them. */
function anchorsOf(text: string): Set<string> {
  const headings = text.match(/^#{1,6} .+$/gm) ?? [];
  return new Set(
    headings.map((heading) =>
      heading
        .replace(/^#+ /, "")
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, "")
        .trim()
        .replace(/\s/g, "-"),
    ),
  );
}
