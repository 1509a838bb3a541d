import { readFileSync } from "node:fs";
import { buildUnit } from "../../tools/build.ts";
import { showBytes } from "./show_bytes.ts";

/** The names of `JsonEvent`, in its order. */
const eventNames = [
  "More",
  "ObjectOpen",
  "ObjectClose",
  "ArrayOpen",
  "ArrayClose",
  "Name",
  "StringOpen",
  "Text",
  "StringClose",
  "Number",
  "True",
  "False",
  "Null",
  "Done",
  "Fail",
] as const;

/** The names of `JsonError`, in its order. */
const errorNames = [
  "None",
  "ByteOrderMark",
  "BadToken",
  "BadEscape",
  "ControlInString",
  "BadNumber",
  "TooDeep",
  "Truncated",
  "TrailingBytes",
] as const;

export interface JsonLogEntry {
  event: (typeof eventNames)[number];
  /** Offsets in the document; of Fail the place of the mistake, of Done the value skipped last. */
  start: number;
  end: number;
  /** Name, Number: flags; StringClose: surrogates; Done and containers: depth; Fail: the error. */
  detail: number;
  bytes: Buffer;
}

export interface JsonScan {
  /** Bytes of the first chunk, and of all later ones; the whole document if absent. */
  firstBytes?: number;
  chunkBytes?: number;
  /** Whether Text is asked for (default true). */
  wantText?: boolean;
  /** Skips some members and containers, the same ones for the same seed; 0 skips none. */
  skipSeed?: number;
  /** Skips every member of this name. */
  skipName?: string;
}

interface Exports {
  memory: WebAssembly.Memory;
  _initialize?(): void;
  allocate(bytes: number): number;
  release(ptr: number): void;
  scannerBytes(): number;
  logPtr(): number;
  behave(want: number, seed: number, namePtr: number, nameBytes: number): void;
  scan(ptr: number, bytes: number, firstBytes: number, chunkBytes: number): number;
  verdict(ptr: number, bytes: number, skipAll: number): number;
}

/** Drives the JSON scanner in WebAssembly and reads its event log. */
export class JsonModule {
  private constructor(private readonly exports: Exports) {}

  static async load(): Promise<JsonModule> {
    const bytes = readFileSync(await buildUnit("json"));
    const { instance } = await WebAssembly.instantiate(bytes, {});
    const exports = instance.exports as unknown as Exports;
    exports._initialize?.();
    return new JsonModule(exports);
  }

  get scannerBytes(): number {
    return this.exports.scannerBytes();
  }

  get memoryBytes(): number {
    return this.exports.memory.buffer.byteLength;
  }

  /** Runs `use` with the document in the module's memory. */
  place<T>(document: Uint8Array, use: (placed: PlacedJson) => T): T {
    const ptr = this.exports.allocate(document.length);
    new Uint8Array(this.exports.memory.buffer).set(document, ptr);
    try {
      return use(new PlacedJson(this.exports, ptr, document.length));
    } finally {
      this.exports.release(ptr);
    }
  }

  scan(document: Uint8Array, options: JsonScan = {}): JsonLogEntry[] {
    return readLog(this.place(document, (placed) => placed.rawLog(options)));
  }

  /** Whether the document is accepted, found without keeping a log. */
  accepts(document: Uint8Array, skipAll = false): boolean {
    return this.place(document, (placed) => placed.accepts(skipAll));
  }
}

/** A document in the module's memory, to be scanned again and again. */
export class PlacedJson {
  constructor(
    private readonly exports: Exports,
    private readonly ptr: number,
    private readonly bytes: number,
  ) {}

  /** The log as the module wrote it, which is quick to compare. */
  rawLog(options: JsonScan): Buffer {
    const { exports } = this;
    const name = Buffer.from(options.skipName ?? "");
    const namePtr = exports.allocate(name.length);
    new Uint8Array(exports.memory.buffer).set(name, namePtr);
    exports.behave(options.wantText === false ? 0 : 1, options.skipSeed ?? 0, namePtr, name.length);
    exports.release(namePtr);
    const first = options.firstBytes ?? options.chunkBytes ?? this.bytes;
    const chunk = options.chunkBytes ?? this.bytes;
    const logBytes = exports.scan(this.ptr, this.bytes, first, chunk);
    return Buffer.from(new Uint8Array(exports.memory.buffer, exports.logPtr(), logBytes));
  }

  accepts(skipAll: boolean): boolean {
    return eventNames[this.exports.verdict(this.ptr, this.bytes, skipAll ? 1 : 0)] === "Done";
  }
}

/** Reads a log that `host-tests/unit/json.as.ts` wrote. */
export function readLog(raw: Buffer): JsonLogEntry[] {
  const entries: JsonLogEntry[] = [];
  for (let at = 0; at < raw.length;) {
    const [kind, start, end, detail, size] = [0, 4, 8, 12, 16].map((o) => raw.readUInt32LE(at + o));
    const event = eventNames[kind!]!;
    const bytes = raw.subarray(at + 20, at + 20 + size!);
    entries.push({ event, start: start!, end: end!, detail: detail!, bytes });
    at += 20 + size!;
  }
  return entries;
}

/** The error of a scan that failed, and where; undefined if it did not. */
export function failure(entries: JsonLogEntry[]): { error: string; offset: number } | undefined {
  const last = entries.at(-1)!;
  if (last.event !== "Fail") return undefined;
  return { error: errorNames[last.detail]!, offset: last.start };
}

/** One line for an entry, as the Markdown cases have it: `START-END Event what`. */
export function logLine(entry: JsonLogEntry): string {
  const span = `${entry.start}-${entry.end} ${entry.event}`;
  switch (entry.event) {
    case "Done":
      return entry.end === 0 ? "Done" : `Done skipped=${entry.start}-${entry.end}`;
    case "Fail":
      return `${entry.start} Fail ${errorNames[entry.detail]}`;
    case "StringOpen":
      return `${entry.start} StringOpen`;
    case "Text":
      return `Text ${showBytes(entry.bytes)}`;
    case "Name":
      return span + nameDetail(entry);
    case "Number":
      return `${span} ${entry.bytes.toString("latin1")}${entry.detail ? " overflowed" : ""}`;
    case "StringClose":
      return span + surrogates(entry.detail);
    default:
      return span;
  }
}

function nameDetail({ bytes, detail }: JsonLogEntry): string {
  return ` ${showBytes(bytes)}${detail & 1 ? " overflowed" : ""}${detail & 2 ? " invalid" : ""}`;
}

function surrogates(detail: number): string {
  const low = detail & 0xffff;
  const high = detail >>> 16;
  return (low ? ` begins=${low.toString(16)}` : "") + (high ? ` ends=${high.toString(16)}` : "");
}
