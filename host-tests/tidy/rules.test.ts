/** Each rule of this folder, shown one tree that breaks it and one that does not. */
import { describe, expect, it } from "vitest";
import * as docs from "./docs.ts";
import * as imports from "./imports.ts";
import * as moduleRules from "./module.ts";
import * as packages from "./packages.ts";
import * as size from "./size.ts";
import * as tests from "./tests.ts";
import type { SourceFile } from "./tree.ts";
import * as wasm from "./wasm.ts";
import * as words from "./words.ts";

function treeOf(files: Record<string, string>): SourceFile[] {
  return Object.entries(files).map(([path, text]) => ({ path, text }));
}

describe("size rules", () => {
  it("find the file, the function, the line and the branch that are too much", () => {
    const lines = (count: number) => "  f();\n".repeat(count);
    const deep = "function g(): void { if (a) { for (;;) { while (b) { if (c) d(); } } } }\n";
    const tree = treeOf({
      "host/long.ts": `\n/** Documented. */\nfunction f() {\n${lines(70)}}\n${lines(400)}`,
      "host/wide.ts": `// ${"x".repeat(98)}\n// https://example.com/${"x".repeat(100)}\n`,
      "assembly/deep.ts": deep,
      "host/fine.ts": `describe("a chapter", () => {\n${lines(80)}});\n${deep}`,
    });
    expect(size.longFiles(tree)).toEqual(["host/long.ts:400: 474 lines"]);
    expect(size.longFunctions(tree)).toEqual(["host/long.ts:3: f has 72 lines"]);
    expect(size.wideLines(tree)).toEqual(["host/wide.ts:1: 101 columns"]);
    expect(size.deepNesting(tree)).toEqual(["assembly/deep.ts:1: level 4"]);
  });

  it("count a chain of else-ifs as one level", () => {
    const chain = "if (a) b(); else if (c) d(); else if (e) f(); else if (g) h(); else if (i) j();";
    expect(size.deepNesting(treeOf({ "assembly/chain.ts": chain }))).toEqual([]);
  });
});

describe("import rules", () => {
  it("let the module import downwards and to itself only", () => {
    const tree = treeOf({
      "assembly/index.ts":
        'import "./abi/host";\nimport { x } from "./filter/root";\nexport * from "./count/text";',
      "assembly/count/text.ts": 'import "../bpe/vocab";\nimport "../filter/root";',
      "assembly/bounds.ts": 'import "./json/scanner";',
      "assembly/abi/host.ts":
        'import "../bounds";\nimport "../bytes/ascii";\nimport "../json/scanner";',
      "assembly/filter/root.ts": 'import "../abi/host";\nimport "../json/scanner";',
      "assembly/json/scanner.ts": 'import "../filter/root";\nimport "package";\nimport "./lost";',
      "assembly/bytes/ascii.ts": 'import "../abi/host";\nimport "../../host/vm";',
      "assembly/bpe/vocab.ts": 'import "../../build/vocab/o200k_base";\nimport "../count/text";',
      "host/vm.ts": "",
    });
    expect(imports.wrongDirections(tree)).toEqual([
      'assembly/count/text.ts:2: "../filter/root" (count may not import filter)',
      'assembly/bounds.ts:1: "./json/scanner" (bounds.ts imports nothing)',
      'assembly/abi/host.ts:3: "../json/scanner" (abi/ knows bytes/ and nothing else)',
      'assembly/json/scanner.ts:1: "../filter/root" (json may not import filter)',
      'assembly/json/scanner.ts:2: "package" (leads to no file of the module)',
      'assembly/json/scanner.ts:3: "./lost" (leads to no file of the module)',
      'assembly/bytes/ascii.ts:1: "../abi/host" (only filter/ knows the host)',
      'assembly/bytes/ascii.ts:2: "../../host/vm" (the module is compiled from assembly/ alone)',
      'assembly/bpe/vocab.ts:2: "../count/text" (count/ is for callers of the module)',
    ]);
    const rings = ["abi", "bounds", "bpe", "bytes", "count", "filter", "json"];
    expect(imports.folderRings(tree)).toEqual(rings);
  });

  it("find programs that nothing leads to", () => {
    const tree = treeOf({
      ".ci/run": "node tools/started.mjs",
      "package.json": '{ "scripts": { "start": "tsx cli/main.ts" } }',
      "assembly/index.ts": 'import "./filter/used";',
      "assembly/filter/used.ts": "",
      "assembly/filter/tested.ts": "",
      "assembly/bpe/naive.ts": "",
      "cli/main.ts": 'const worker = new URL("./worker.ts", import.meta.url);',
      "cli/worker.ts": "",
      "cli/lost.ts": "",
      "tools/started.mjs": "",
      "host-tests/unit/a.test.ts": 'await buildUnit("a");',
      "host-tests/unit/a.as.ts":
        'import "../../assembly/filter/tested";\nimport "../../assembly/bpe/naive";',
      "host-tests/unit/b.as.ts": "",
    });
    expect(imports.deadFiles(tree)).toEqual([
      "assembly/filter/tested.ts",
      "cli/lost.ts",
      "host-tests/unit/b.as.ts",
    ]);
  });
});

describe("rules of the module", () => {
  it("find what could trap and what grows the stack", () => {
    const text = [
      "function a(): void { throw new Error(); }",
      "let b = c!;",
      "class D { e!: F; g(): void { this.g(); other.g(); } }",
      "function h(): void { h(); i(); }",
      "export function fine(x: i32): i32 { return !x ? 1 : 2; }",
    ].join("\n");
    expect(moduleRules.trapsIn(treeOf({ "assembly/x.ts": text, "host/x.ts": text }))).toEqual([
      "assembly/x.ts:1: exceptions do not exist here",
      "assembly/x.ts:2: `!` traps on null",
      "assembly/x.ts:3: `!` leaves it null",
      "assembly/x.ts:3: g calls itself",
      "assembly/x.ts:4: h calls itself",
    ]);
  });

  it("find floating point types and numbers", () => {
    const text = "let a: f64 = 0;\nlet b = 1.5;\nlet c = 1e9;\nlet d: u64 = 0x1e9;\nlet e = 1_000;";
    expect(moduleRules.floatsIn(treeOf({ "assembly/x.ts": text }))).toEqual([
      "assembly/x.ts:1: f64 is floating point",
      "assembly/x.ts:2: 1.5 is floating point",
      "assembly/x.ts:3: 1e9 is floating point",
    ]);
  });
});

describe("rules of words and names", () => {
  it("find each banned word with its line", () => {
    const bad = ["TO" + "DO", "not Imple" + "mented", "for n" + "ow", "registry.npm" + "js.org"];
    const paths = [`see "/ho${"me"}/me"`, `"/t${"mp"}/x"`];
    const text = ["fine", ...bad, ...paths, "metadata, before nowhere"].join("\n");
    const found = words.bannedWordsIn(treeOf({ "a.md": text }));
    expect(found.map((line) => Number(line.slice(5, 6)))).toEqual([2, 3, 4, 5, 6, 7]);
  });

  it("find names that say nothing and files put aside", () => {
    const names = ["a/utils/b.ts", "a/json-helper.ts", "manager.ts", "a/utility-bill.ts", "b.ts"];
    expect(words.emptyNames(names)).toEqual(names.slice(0, 3));
    expect(words.disabledFiles(["a.ts.disabled", "a.disabled.ts", "b.old", "bold.ts"])).toEqual([
      "a.ts.disabled",
      "a.disabled.ts",
      "b.old",
    ]);
  });
});

describe("rules of tests", () => {
  it("find tests that are left out, and files that are never run", () => {
    const text = [
      `it.on${"ly"}("a", f);`,
      `describe.concurrent.sk${"ip"}("b", f);`,
      `test.to${"do"}("c");`,
      'it.skipIf(!envoy)("d", f);',
      "array.skip(1);",
    ].join("\n");
    const found = tests.mutedTests(treeOf({ "host-tests/a.test.ts": text }));
    expect(found.map((line) => line.split(": ")[0])).toEqual([
      "host-tests/a.test.ts:1",
      "host-tests/a.test.ts:2",
      "host-tests/a.test.ts:3",
    ]);
    const paths = ["host/a.test.ts", "host-tests/a_test.ts", "host-tests/b.test.ts"];
    expect(tests.unseenTests(paths)).toEqual(paths.slice(0, 2));
  });
});

describe("rules of documents", () => {
  it("find paths, links, headings and commands that are not there", () => {
    const tree = treeOf({
      "README.md": [
        "# Read me",
        "[a](host/vm.ts) [b](host/lost.ts) [c](#read-me) [d](#nowhere) [e](https://example.com)",
        "`host/vm.ts:12`, `host/gone.ts`, `host/*.ts`, `vm.ts`, `LOST.md`, `npm run build`",
        "`build/x`",
        "```\nhost/fenced-is-fine.ts\n```",
        "`npm run lost`",
      ].join("\n"),
      "host/vm.ts": "// See README.md#read-me and README.md#gone and GONE.md.",
    });
    const paths = tree.map((file) => file.path);
    expect(docs.brokenPaths(tree, paths)).toEqual([
      "README.md:2: host/lost.ts does not exist",
      "README.md:2: #nowhere has no such heading",
      "README.md:3: host/gone.ts does not exist",
      "README.md:3: LOST.md does not exist",
      "host/vm.ts:1: README.md#gone has no such heading",
      "host/vm.ts:1: GONE.md does not exist",
    ]);
    expect(docs.unknownScripts(tree, ["build"])).toEqual(["README.md:8: npm run lost"]);
  });

  it("hold the changelog to its form", () => {
    const good =
      "# Changelog\n\n## Unreleased\n\n### Added\n\n- A thing.\n\n## 0.1.0 - 2030-01-31\n";
    expect(docs.changelogFaults(good)).toEqual([]);
    expect(docs.changelogFaults("# Changes\n\n## 1.0\n- loose\n### News\n")).toEqual([
      "CHANGELOG.md:1: the first line is `# Changelog`",
      "CHANGELOG.md:3: `## Unreleased` or `## 1.2.3 - 2030-01-31`",
      "CHANGELOG.md:4: a bullet outside a section",
      "CHANGELOG.md:5: Added, Changed, Deprecated, Removed, Fixed or Security",
    ]);
    expect(docs.changelogFaults("# Changelog\n")).toEqual(["CHANGELOG.md:1: no release"]);
  });
});

describe("rules of packages", () => {
  it("find versions that move, missing reasons and binding licences", () => {
    const manifest = {
      version: "1.0.0",
      scripts: {},
      dependencies: { pinned: "1.2.3", moving: "^1.2.3" },
      devDependencies: { tagged: "latest" },
    };
    expect(packages.unpinned(manifest)).toEqual([
      "package.json: moving ^1.2.3",
      "package.json: tagged latest",
    ]);
    expect(packages.unexplained(manifest, "`pinned`, `moving` and tagged")).toEqual(["tagged"]);
    const licences: Record<string, string> = { pinned: "MIT", moving: "AGPL-3.0" };
    expect(packages.badlyLicensed(manifest, (name) => licences[name] ?? "none")).toEqual([
      "moving: AGPL-3.0",
      "tagged: none",
    ]);
  });
});

describe("rules of the built module", () => {
  const header = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
  const ascii = (text: string) => [text.length, ...Buffer.from(text)];
  const section = (id: number, ...body: number[]) => [id, body.length, ...body];
  const types = section(1, 1, 0x60, 0, 0);

  it("find imports that no host has", () => {
    const names = ["env.proxy_log", "env.abort", "wasi_snapshot_preview1.fd_write"];
    const entries = names.flatMap((name) => [...name.split(".").flatMap(ascii), 0, 0]);
    const bytes = new Uint8Array([...header, ...types, ...section(2, names.length, ...entries)]);
    const module = new WebAssembly.Module(bytes);
    expect(wasm.foreignImports(module)).toEqual(["env.abort", "wasi_snapshot_preview1.fd_write"]);
  });

  it("find exports too many, exports too few, and a start section", () => {
    const functions = [...section(3, 1, 0)];
    const names = ["main", "tokenstile_count_text", "tokenstile_count_texts"];
    const entries = names.flatMap((name) => [...ascii(name), 0, 0]);
    const exported = section(7, names.length, ...entries);
    const code = section(10, 1, 2, 0, 0x0b);
    const bytes = new Uint8Array([...header, ...types, ...functions, ...exported, ...code]);
    const module = new WebAssembly.Module(bytes);
    expect(wasm.foreignExports(module)).toEqual(["main", "tokenstile_count_texts"]);
    const missing = wasm.missingExports(module);
    expect(missing).toEqual(expect.arrayContaining(["proxy_on_log", "tokenstile_count_free"]));
    expect(missing).not.toContain("tokenstile_count_text");
    expect(wasm.hasStartSection(bytes)).toBe(false);
    const started = [...header, ...types, ...functions, ...exported, ...section(8, 0), ...code];
    expect(wasm.hasStartSection(new Uint8Array(started))).toBe(true);
  });
});
