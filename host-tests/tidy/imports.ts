/** Who imports whom: the direction inside the module, and files that nothing leads to. */
import { posix } from "node:path";
import ts from "typescript";
import { placeOf, walk } from "./syntax.ts";
import { isModuleSource, isProgram, type SourceFile } from "./tree.ts";

/** One import (or a string that names a neighbouring file, as workers are started). */
export interface Import {
  place: string;
  /** As written. */
  name: string;
  /** The project's file that it leads to; null for a package or something generated. */
  target: string | null;
}

/** The floors of the module. A folder imports its own floor and those below, never one above. */
const floors: Record<string, number> = {
  index: 5,
  filter: 4,
  config: 3,
  api: 3,
  route: 3,
  limit: 3,
  cost: 3,
  bpe: 3,
  memo: 3,
  prompt: 3,
  count: 3,
  json: 2,
  sse: 2,
  bytes: 1,
};

/** Where the generated vocabularies lie; only the tokenizer reads them. */
const generatedTables = "build/vocab/";

export function importsOf(file: SourceFile, paths: Set<string>): Import[] {
  const found: Import[] = [];
  walk(file, (node) => {
    if (!ts.isStringLiteralLike(node) || !/^\.{1,2}\//.test(node.text)) {
      if (isPackageImport(node)) {
        found.push({ place: placeOf(file, node), name: node.text, target: null });
      }
      return;
    }
    const target = resolveFrom(file.path, node.text, paths);
    if (target || ts.isImportDeclaration(node.parent) || ts.isExportDeclaration(node.parent)) {
      found.push({ place: placeOf(file, node), name: node.text, target });
    }
  });
  return found;
}

function isPackageImport(node: ts.Node): node is ts.StringLiteral {
  if (!ts.isStringLiteral(node)) return false;
  return ts.isImportDeclaration(node.parent) || ts.isExportDeclaration(node.parent);
}

function resolveFrom(from: string, name: string, paths: Set<string>): string | null {
  const path = posix.normalize(posix.join(posix.dirname(from), name));
  const tries = [path, `${path}.ts`, `${path}/index.ts`];
  return tries.find((candidate) => paths.has(candidate)) ?? null;
}

/** Imports of the module that go up, to a package, or to the host's side without leave. */
export function wrongDirections(tree: SourceFile[]): string[] {
  const paths = new Set(tree.map((file) => file.path));
  return tree.filter(isModuleSource).flatMap((file) => {
    const folder = floorOf(file.path);
    return importsOf(file, paths).flatMap((found) => {
      const why = objection(folder, file.path, found);
      return why ? [`${found.place}: "${found.name}" (${why})`] : [];
    });
  });
}

function objection(folder: string, from: string, found: Import): string | null {
  const asked = posix.normalize(posix.join(posix.dirname(from), found.name));
  if (folder === "bpe" && asked.startsWith(generatedTables)) return null;
  if (!found.target) return "leads to no file of the module";
  if (!found.target.startsWith("assembly/")) return "the module is compiled from assembly/ alone";
  const into = floorOf(found.target);
  if (into === "bounds" || into === folder) return null;
  if (folder === "bounds") return "bounds.ts imports nothing";
  if (folder === "abi") return into === "bytes" ? null : "abi/ knows bytes/ and nothing else";
  if (into === "count") return folder === "index" ? null : "count/ is for callers of the module";
  if (into === "abi") {
    return folder === "filter" || folder === "index" ? null : "only filter/ knows the host";
  }
  const up = (floors[into] ?? Infinity) > (floors[folder] ?? -Infinity);
  return up ? `${folder} may not import ${into}` : null;
}

function floorOf(path: string): string {
  return path.split("/")[1]?.replace(/\.ts$/, "") ?? "";
}

/** Rings of folders of the module that import each other. */
export function folderRings(tree: SourceFile[]): string[] {
  const paths = new Set(tree.map((file) => file.path));
  const edges = new Map<string, Set<string>>();
  for (const file of tree.filter(isModuleSource)) {
    for (const { target } of importsOf(file, paths)) {
      if (!target || floorOf(target) === floorOf(file.path)) continue;
      const known = edges.get(floorOf(file.path)) ?? new Set();
      edges.set(floorOf(file.path), known.add(floorOf(target)));
    }
  }
  const rings = [...edges.keys()].filter((from) => reach(edges.get(from) ?? [], edges).has(from));
  return rings.sort();
}

function reach(starts: Iterable<string>, edges: Map<string, Iterable<string>>): Set<string> {
  const seen = new Set(starts);
  for (const step of seen) for (const next of edges.get(step) ?? []) seen.add(next);
  return seen;
}

/**
 * Programs that no entry leads to. Entries are what a person or a tool starts: the tests, the unit
 * entries that a test builds, the commands, and what package.json and .ci/run name. A file of the
 * module must be reached from the module's own entry; only a naive twin may live for tests alone.
 */
export function deadFiles(tree: SourceFile[]): string[] {
  const paths = new Set(tree.map((file) => file.path));
  const edges = new Map(
    tree
      .filter(isProgram)
      .map((file) => [file.path, targetsOf(file, paths)] satisfies [string, string[]]),
  );
  const everything = reach(entriesOf(tree), edges);
  const inModule = reach(["assembly/index.ts"], edges);
  return tree
    .filter(isProgram)
    .map((file) => file.path)
    .filter((path) => {
      const compiled = path.startsWith("assembly/") && !posix.basename(path).includes("naive");
      return compiled ? !inModule.has(path) : !everything.has(path);
    });
}

function targetsOf(file: SourceFile, paths: Set<string>): string[] {
  const units = [...file.text.matchAll(/buildUnit\(\s*"([^"]+)"/g)];
  const built = units.map((unit) => `host-tests/unit/${unit[1]}.as.ts`);
  const imported = importsOf(file, paths).flatMap(({ target }) => (target ? [target] : []));
  return [...imported, ...built];
}

function entriesOf(tree: SourceFile[]): string[] {
  const callers = tree.filter((file) => /^(package\.json|\.ci\/run)$/.test(file.path));
  const named = callers.flatMap((file) => file.text.match(/[\w./-]+\.(ts|mjs)\b/g) ?? []);
  const started = tree.map((file) => file.path).filter((path) => /\.test\.ts$/.test(path));
  return [...named, ...started, "vitest.config.ts"];
}
