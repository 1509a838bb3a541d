import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { CountReport } from "../../cli/count/report.ts";
import { loadCounter } from "../../lib/count/index.ts";
import { buildModule, rootDir } from "../../tools/build.ts";
import { referenceCount } from "./bpe_module.ts";
import { files, type } from "./cli_typed.ts";

const text = "The turnstile lets one through at a time.\n";
const tokens = referenceCount("o200k_base", text);

beforeAll(async () => {
  await buildModule();
});

/** Files of all kinds, with what a reader of UTF-8 sees in them. */
const contents: Record<string, string | Uint8Array> = {
  "empty.txt": "",
  "plain.txt": text,
  "bom.txt": "\ufeffhello\n",
  "crlf.txt": "one\r\ntwo\r\n\r\n",
  "cut.txt": "no line end",
  "special.txt": "<|endoftext|>\n",
  "scripts.txt": "日本語 Ελληνικά 👩‍👩‍👧‍👦\n",
  "latin1.txt": Buffer.from("caf\xe9 na\xefve \xff\xfe\n", "latin1"),
  "half.txt": Buffer.from("half a dodo 🦤").subarray(0, -2),
  "large.txt": "A turnstile, 42 visitors;\n\n日本語 \ufeff".repeat(40_000),
};

function seen(content: string | Uint8Array): string {
  const bytes = typeof content === "string" ? Buffer.from(content) : content;
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
}

describe("tokenstile count", () => {
  it.each(["o200k_base", "cl100k_base"] as const)("counts by %s as the reference", async (name) => {
    const paths = files(contents);
    for (const [file, path] of Object.entries(paths)) {
      const { code, out } = await type("count", "--encoding", name, path);
      const expected = referenceCount(name, seen(contents[file] ?? ""));
      expect({ code, out }, file).toEqual({ code: 0, out: [`${expected} ${path}`] });
    }
  });

  it("counts several files and their total, in columns", async () => {
    const paths = files({ a: text, b: text.repeat(100), empty: "" });
    const { code, out, err } = await type("count", paths.a, paths.b, paths.empty);
    const [a, b] = [tokens, referenceCount("o200k_base", text.repeat(100))];
    const column = (number: number) => String(number).padStart(String(101 * text.length).length);
    expect(out).toEqual([
      ...[`${column(a)} ${paths.a}`, `${column(b)} ${paths.b}`],
      ...[`${column(0)} ${paths.empty}`, `${column(a + b)} total`],
    ]);
    expect({ code, err }).toEqual({ code: 0, err: [] });
  });

  it("prints JSON, one object a line", async () => {
    const paths = files({ a: text, "b\n": "" });
    const { out } = await type("count", "--json", "--model", "gpt-4", paths.a, paths["b\n"]);
    const tokens = referenceCount("cl100k_base", text);
    const expected = { encoding: "cl100k_base", bytes: text.length, tokens, exact: true };
    expect(out.map((line) => JSON.parse(line) as unknown)).toEqual([
      { file: paths.a, ...expected },
      { file: paths["b\n"], ...expected, bytes: 0, tokens: 0 },
      { files: 2, ...expected },
    ]);
  });

  it("tells what cannot be read, and counts the rest", async () => {
    const { a } = files({ a: text });
    const lost = `${a}.lost`;
    const folder = `${a}.folder`;
    mkdirSync(folder);
    const { code, out, err } = await type("count", lost, a, folder, `${a}/x`);
    expect(err).toEqual([
      `tokenstile: There is no file ${lost}.`,
      `tokenstile: ${folder} is a directory.`,
      `tokenstile: ${a}/x cannot be read (ENOTDIR).`,
    ]);
    expect(out).toEqual([`${tokens} ${a}`, `${tokens} total`]);
    expect(code).toBe(1);
    expect(await type("count", lost)).toMatchObject({ code: 1, out: [] });
  });

  it("keeps names to their line, and from steering a terminal", async () => {
    const paths = files({ "a\n\x1b[2J\x9b": text });
    const [path = ""] = Object.values(paths);
    const { out, err } = await type("count", path, `${path}\r`);
    expect(out[0]).toMatch(/a\\x0a\\x1b\[2J\\x9b$/);
    expect(err[0]).toMatch(/a\\x0a\\x1b\[2J\\x9b\\x0d\.$/);
  });

  it("reads a file again, whole, where its stream cannot be counted exactly", async () => {
    const text = `日${"A".repeat(200_000)}`;
    const { a } = files({ a: text });
    const counter = await loadCounter("o200k_base");
    const { out, err } = await type("count", a);
    expect({ out, err }).toEqual({ out: [`${counter.count(text)} ${a}`], err: [] });
    const child = start([]);
    child.stdin.end(text);
    expect((await ended(child)).err).toMatch(/^standard input: one run in it is so long that/);
  });

  it("says so where a count is a guess", () => {
    const said: string[] = [];
    const terminal = { out: said.push.bind(said), err: said.push.bind(said) };
    const report = new CountReport(terminal, "o200k_base", false, 5);
    report.file("a", { bytes: 9, tokens: 7, exact: false });
    report.file(null, { bytes: 9, tokens: 7, exact: false });
    expect(said).toEqual([
      ...["    7 a", "a: one run in it is so long that its count is a guess."],
      ...["    7", "standard input: one run in it is so long that its count is a guess."],
    ]);
  });

  it.each([
    ["--encoding latin-1", /^tokenstile: There is no encoding "latin-1" here, but o200k_base, /],
    ["--wasm lost.wasm", /^tokenstile: There is no file .*lost\.wasm; `npm run build` makes modul/],
    [
      "--model gemma-3-4b",
      /^tokenstile: gemma-3-4b counts by gemma3\. There is no encoding "gemma3"/,
    ],
    ["--model llama-1", /^tokenstile: No encoding is known for the model "llama-1"; /],
    ["--encoding o200k_base --model gpt-4", /^tokenstile: --encoding and --model say the same/],
    ["--encoding", /^tokenstile: --encoding needs a value\.$/],
    ["--words", /^tokenstile: There is no option --words here\.$/],
  ])("answers `count %s FILE` with a sentence and exit code 2", async (words, sentence) => {
    const { a } = files({ a: text });
    const { code, out, err } = await type("count", a, ...words.split(" "));
    expect(err[0]).toMatch(sentence);
    expect({ code, out }).toEqual({ code: 2, out: [] });
  });

  it("lists the models it knows where it does not know one", async () => {
    const { err } = await type("count", "--model", "llama-1");
    expect(err[0]).toContain("o200k_base     gpt-4o*, chatgpt-4o*");
    expect((await type("help", "count")).out[0]).toContain("o200k_base     gpt-4o*, chatgpt-4o*");
  });
});

/** Starts the program, as a shell does. `preload` runs before it. */
function start(words: string[], preload = ""): ChildProcessWithoutNullStreams {
  const hook = `data:text/javascript,${encodeURIComponent(preload)}`;
  const args = ["--import", hook, join(rootDir, "cli/tokenstile.mjs"), "count", ...words];
  const child = spawn(process.execPath, args);
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

async function ended(child: ChildProcessWithoutNullStreams) {
  let [out, err] = ["", ""];
  child.stdout.on("data", (chunk) => (out += chunk));
  child.stderr.on("data", (chunk) => (err += chunk));
  const [code, signal] = (await once(child, "close")) as [number | null, string | null];
  return { code, signal, out, err };
}

describe("standard input", () => {
  it("is counted where no file is named, from a pipe, in any pieces", async () => {
    const child = start([]);
    for (const byte of Buffer.from(`🦤 ${text}`)) child.stdin.write(Uint8Array.of(byte));
    child.stdin.end();
    const expected = `${referenceCount("o200k_base", `🦤 ${text}`)}\n`;
    expect(await ended(child)).toEqual({ code: 0, signal: null, out: expected, err: "" });
  });

  it("is counted as `-` among files, and is empty the second time", async () => {
    const { a } = files({ a: text });
    const child = start(["-", a, "-"]);
    child.stdin.end(text.repeat(2));
    const twice = referenceCount("o200k_base", text.repeat(2));
    const column = (number: number) => String(number).padStart(7);
    expect((await ended(child)).out.split("\n")).toEqual([
      ...[`${column(twice)} -`, `${column(tokens)} ${a}`, `${column(0)} -`],
      ...[`${column(twice + tokens)} total`, ""],
    ]);
  });

  it("that is a directory is refused", async () => {
    const program = join(rootDir, "cli/tokenstile.mjs");
    const stdin = openSync(rootDir, "r");
    const child = spawn(process.execPath, [program, "count"], { stdio: [stdin, "pipe", "pipe"] });
    const result = await ended(child as unknown as ChildProcessWithoutNullStreams);
    expect(result).toMatchObject({
      ...{ code: 1, out: "", err: "tokenstile: Standard input is a directory.\n" },
    });
  });
});

describe("a run on a terminal, or cut short", () => {
  const onTerminal = `Object.assign(process.stderr, { isTTY: true, columns: 60 })`;

  it("ends without a word when nobody reads on", async () => {
    const { a } = files({ a: text });
    const child = start(Array.from({ length: 3000 }, () => a));
    const result = ended(child);
    child.stdout.destroy();
    expect(await result).toEqual({ code: 141, signal: null, out: "", err: "" });
  });

  it("takes the line away before it tells a result", async () => {
    const child = start([], onTerminal);
    const result = ended(child);
    // Once it is gone there is nobody to read what is still being written.
    child.stdin.on("error", () => clearInterval(feeding));
    const feeding = setInterval(() => child.stdin.write(text), 20);
    await once(child.stderr, "data");
    clearInterval(feeding);
    child.stdin.end();
    const { out, err } = await result;
    expect(out).toMatch(/^\d+\n$/);
    expect(err).toMatch(/MB\/s {2}-\r\x1b\[K$/);
  });

  it("ends by the signal, and leaves a clean line", async () => {
    const child = start([], onTerminal);
    const result = ended(child);
    const feeding = setInterval(() => child.stdin.write(text), 20);
    await once(child.stderr, "data");
    child.kill("SIGINT");
    const { signal, out, err } = await result;
    clearInterval(feeding);
    expect({ signal, out }).toEqual({ signal: "SIGINT", out: "" });
    expect(err).toMatch(/^\r\x1b\[K0\.0 MB {2}0\.0 MB\/s {2}-.*\r\x1b\[K$/s);
  });
});
