import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import * as docs from "./docs.ts";
import * as imports from "./imports.ts";
import * as moduleRules from "./module.ts";
import * as packages from "./packages.ts";
import * as size from "./size.ts";
import * as tests from "./tests.ts";
import { allPaths, readTree, rootDir } from "./tree.ts";
import * as words from "./words.ts";

const paths = allPaths();
const tree = readTree();
const textOf = (path: string): string => tree.find((file) => file.path === path)?.text ?? "";
const manifest = JSON.parse(textOf("package.json")) as packages.Manifest;

describe("size", () => {
  it(`keeps every file within ${size.fileLinesMax} lines`, () => {
    expect(size.longFiles(tree)).toEqual([]);
  });
  it(`keeps every function within ${size.functionLinesMax} lines`, () => {
    expect(size.longFunctions(tree)).toEqual([]);
  });
  it(`keeps every line within ${size.lineColumnsMax} columns`, () => {
    expect(size.wideLines(tree)).toEqual([]);
  });
  it(`nests the module's code at most ${size.nestingMax} levels deep`, () => {
    expect(size.deepNesting(tree)).toEqual([]);
  });
});

describe("the module's sources", () => {
  it("import downwards only, and nothing but the module's own files", () => {
    expect(imports.wrongDirections(tree)).toEqual([]);
  });
  it("have no two folders that import each other", () => {
    expect(imports.folderRings(tree)).toEqual([]);
  });
  it("never throw, never assert away a null, never call themselves", () => {
    expect(moduleRules.trapsIn(tree)).toEqual([]);
  });
  it("use no floating point number outside the reviewed files", () => {
    expect(moduleRules.floatsIn(tree)).toEqual([]);
  });
  it("name as reviewed for floats only files that exist", () => {
    expect(Object.keys(moduleRules.floatsReviewed).filter((path) => !textOf(path))).toEqual([]);
  });
});

describe("the tree", () => {
  it("has no program that no entry leads to", () => {
    expect(imports.deadFiles(tree)).toEqual([]);
  });
  it("has none of the banned words", () => {
    expect(words.bannedWordsIn(tree)).toEqual([]);
  });
  it("has no file whose name says nothing", () => {
    expect(words.emptyNames(paths)).toEqual([]);
  });
  it("has no file that was put aside", () => {
    expect(words.disabledFiles(paths)).toEqual([]);
  });
  it("has no test that is left out or leaves others out", () => {
    expect(tests.mutedTests(tree)).toEqual([]);
  });
  it("has no test file where the test command does not look", () => {
    expect(tests.unseenTests(paths)).toEqual([]);
  });
});

describe("the documents", () => {
  const expected = ["README", "ARCHITECTURE", "RATIONALE", "SECURITY", "CONTRIBUTING", "CHANGELOG"];

  it("are all there", () => {
    expect(expected.filter((name) => !textOf(`${name}.md`))).toEqual([]);
  });
  it("name only paths and headings that exist", () => {
    expect(docs.brokenPaths(tree, paths)).toEqual([]);
  });
  it("name only commands that package.json has", () => {
    expect(docs.unknownScripts(tree, Object.keys(manifest.scripts))).toEqual([]);
  });
  it("keep the form of the changelog", () => {
    expect(docs.changelogFaults(textOf("CHANGELOG.md"))).toEqual([]);
  });
  it("have the licence that package.json names", () => {
    expect(textOf("LICENSE")).toContain("Apache License\n                           Version 2.0");
  });
});

describe("the packages", () => {
  it("are pinned to one version each", () => {
    expect(packages.unpinned(manifest)).toEqual([]);
  });
  it("each have their reason in RATIONALE.md", () => {
    expect(packages.unexplained(manifest, textOf("RATIONALE.md"))).toEqual([]);
  });
  it("are under licences that bind nobody", () => {
    expect(packages.badlyLicensed(manifest, installedLicence)).toEqual([]);
  });
});

describe("the commands", () => {
  it.each([".ci/run", "cli/tokenstile.mjs"])("%s can be executed", (path) => {
    expect(existsSync(join(rootDir, path))).toBe(true);
    expect(statSync(join(rootDir, path)).mode & 0o111).toBe(0o111);
  });
});

function installedLicence(name: string): string {
  const path = join(rootDir, "node_modules", name, "package.json");
  return (JSON.parse(readFileSync(path, "utf8")) as { license?: string }).license ?? "none";
}
