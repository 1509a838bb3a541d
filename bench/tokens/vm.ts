/** What the tables cost a VM: memory that is always there, and the time until it is ready. */
import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { buildEntry, rootDir } from "../../tools/build.ts";
import { LeanHost } from "../node/lean_host.ts";
import { pluginConfiguration } from "../policy.ts";
import { median } from "../statistics.ts";
import { figure, markdownTable } from "../table.ts";
import { encodings } from "./contestants.ts";
import type { CutCorpus } from "./corpora/corpora.ts";
import { worstFamilies } from "./corpora/worst.ts";

interface Exports {
  memory: WebAssembly.Memory;
  _initialize(): void;
  allocate(bytes: number): number;
  countChunks(encoding: number, ptr: number, bytes: number): number;
  usedBytes(): number;
  stateBytesMost(encoding: number, ptr: number, bytes: number): number;
}

export interface VmFigures {
  table: string;
  /** Tables, caches and all else that the engine always holds: for one encoding, and for all. */
  oneEncodingBytes: number;
  allEncodingsBytes: number;
  /** What the tables add to compiling and starting a module. */
  tablesStartMs: number;
  /** The most that is kept of a streamed text at once: of the corpora, of the worst families. */
  streamBytes: number;
  streamBytesHostile: number;
}

/** Room for any text. */
const bufferBytes = 2_097_152;
const hostileBytes = 1_048_576;

const customSection = 0;
const dataSection = 11;
const dataCountSection = 12;
const headerBytes = 8;

export async function measureVm(
  modulePath: string,
  starts: number,
  corpora: CutCorpus[],
): Promise<VmFigures> {
  const one = await loadEngine([encodings[0]]);
  const all = await loadEngine([...encodings]);
  const oneEncodingBytes = one.usedBytes();
  const allEncodingsBytes = all.usedBytes();
  const streamBytes = stateMost(
    one,
    corpora.map(({ path }) => readFileSync(path)),
  );
  const streamBytesHostile = stateMost(
    one,
    worstFamilies.map(({ make }) => make(hostileBytes, 1)),
  );
  const bytes = readFileSync(modulePath);
  const bare = withoutData(bytes);
  const full: number[] = [];
  const empty: number[] = [];
  for (let start = 0; start < starts; start++) {
    empty.push(startMs(bare, 2 * start));
    full.push(startMs(bytes, 2 * start + 1));
  }
  const host = new LeanHost(new WebAssembly.Module(bytes));
  host.configure(pluginConfiguration("exact", "identity"));
  const tablesStartMs = median(full) - median(empty);
  const kib = (count: number): string => Math.round(count / 1024).toLocaleString("en");
  const rows = [
    [`engine with ${encodings[0]}: tables and caches, KiB`, kib(oneEncodingBytes)],
    [`engine with ${encodings.join(" and ")}, KiB`, kib(allEncodingsBytes)],
    ["the gateway's whole VM with a policy and a memo, KiB", kib(host.memoryBytes)],
    ["most that a stream keeps of any corpus, bytes", String(streamBytes)],
    ["of any worst case, bytes", String(streamBytesHostile)],
    ["compile and start the module, ms of CPU", figure(median(full))],
    ["the same without its tables, ms", figure(median(empty))],
  ];
  return {
    table: markdownTable(["one VM", ""], rows),
    ...{ oneEncodingBytes, allEncodingsBytes, tablesStartMs },
    ...{ streamBytes, streamBytesHostile },
  };
}

/** The engine alone, after it has counted something, so that it has all that it ever takes. */
async function loadEngine(names: (typeof encodings)[number][]): Promise<Exports> {
  const entry = fileURLToPath(new URL("./process/stream.as.ts", import.meta.url));
  const path = await buildEntry(relative(rootDir, entry).replaceAll("\\", "/"), names);
  const module = new WebAssembly.Module(readFileSync(path));
  const exports = new WebAssembly.Instance(module, {}).exports as unknown as Exports;
  exports._initialize();
  exports.countChunks(1, exports.allocate(16), 16);
  return exports;
}

function stateMost(engine: Exports, texts: Buffer[]): number {
  const ptr = engine.allocate(bufferBytes);
  const each = texts.map((text) => {
    new Uint8Array(engine.memory.buffer, ptr, bufferBytes).set(text);
    return engine.stateBytesMost(1, ptr, text.length);
  });
  return Math.max(...each);
}

function startMs(bytes: Uint8Array, mark: number): number {
  // V8 remembers modules that it has seen; with another custom section this one is new.
  const section = [customSection, 4, 2, 0x72, mark & 0xff, mark >> 8];
  const marked = Buffer.concat([bytes, Uint8Array.from(section)]);
  const before = process.cpuUsage();
  new LeanHost(new WebAssembly.Module(marked));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** The module with nothing in its memory: what all of its code would cost by itself. */
function withoutData(bytes: Uint8Array): Uint8Array {
  const kept = [bytes.subarray(0, headerBytes)];
  let at = headerBytes;
  while (at < bytes.length) {
    const [size, body] = readLength(bytes, at + 1);
    const id = bytes[at];
    if (id !== dataSection && id !== dataCountSection) kept.push(bytes.subarray(at, body + size));
    at = body + size;
  }
  return Buffer.concat(kept);
}

/** An unsigned number of 7 bits a byte, and where it ends. */
function readLength(bytes: Uint8Array, at: number): [value: number, end: number] {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++] ?? 0;
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return [value, at];
  }
}
