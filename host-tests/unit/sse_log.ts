import { readFileSync } from "node:fs";
import { buildUnit } from "../../tools/build.ts";
import { showBytes } from "./show_bytes.ts";

/** The names of `SseEvent`, in its order; a log's last entry is More. */
const eventNames = ["More", "Data", "DataEnd", "EventEnd"] as const;

export interface SseLogEntry {
  event: (typeof eventNames)[number];
  /**
   * Where in the stream: a data line's value begins, or after EventEnd the next event. A LF that
   * belongs to the CR before counts to the event that ended, also where a cut parts the two.
   */
  offset: number;
  /** Data lines begun in the event; of More 1 if an event is open. */
  lines: number;
  typeOverflowed: boolean;
  /** The line's data, or the event's type. */
  bytes: Buffer;
}

export interface SseCut {
  firstBytes?: number;
  chunkBytes?: number;
}

interface Exports {
  memory: WebAssembly.Memory;
  _initialize?(): void;
  allocate(bytes: number): number;
  release(ptr: number): void;
  readerBytes(): number;
  logPtr(): number;
  start(): void;
  read(ptr: number, bytes: number, firstBytes: number, chunkBytes: number): number;
  readRepeated(ptr: number, bytes: number, times: number): bigint;
}

/** Drives the event stream reader in WebAssembly and reads its log. */
export class SseModule {
  private constructor(private readonly exports: Exports) {}

  static async load(): Promise<SseModule> {
    const bytes = readFileSync(await buildUnit("sse"));
    const { instance } = await WebAssembly.instantiate(bytes, {});
    const exports = instance.exports as unknown as Exports;
    exports._initialize?.();
    return new SseModule(exports);
  }

  get readerBytes(): number {
    return this.exports.readerBytes();
  }

  get memoryBytes(): number {
    return this.exports.memory.buffer.byteLength;
  }

  read(stream: Uint8Array, cut: SseCut = {}): SseLogEntry[] {
    const { exports } = this;
    const ptr = this.place(stream);
    const chunkBytes = cut.chunkBytes ?? stream.length;
    const firstBytes = cut.firstBytes ?? chunkBytes;
    const logBytes = exports.read(ptr, stream.length, firstBytes, chunkBytes);
    const raw = Buffer.from(new Uint8Array(exports.memory.buffer, exports.logPtr(), logBytes));
    exports.release(ptr);
    return readLog(raw, stream);
  }

  /** Begins a stream that is fed by `feedRepeated`. */
  start(): void {
    this.exports.start();
  }

  /** Feeds the same chunk many times; answers what the reader reported meanwhile. */
  feedRepeated(chunk: Uint8Array, times: number): { events: number; dataBytes: number } {
    const ptr = this.place(chunk);
    const seen = this.exports.readRepeated(ptr, chunk.length, times);
    this.exports.release(ptr);
    return { events: Number(seen >> 40n), dataBytes: Number(seen & 0xffffffffffn) };
  }

  private place(bytes: Uint8Array): number {
    const ptr = this.exports.allocate(bytes.length);
    new Uint8Array(this.exports.memory.buffer).set(bytes, ptr);
    return ptr;
  }
}

function readLog(raw: Buffer, stream: Uint8Array): SseLogEntry[] {
  const entries: SseLogEntry[] = [];
  for (let at = 0; at < raw.length;) {
    const [kind, offset, lines, flags, size] = [0, 4, 8, 12, 16].map((field) =>
      raw.readUInt32LE(at + field),
    );
    const event = eventNames[kind!]!;
    const atChunkEnd = (flags! & 2) !== 0;
    const parted = atChunkEnd && stream[offset! - 1] === 0x0d && stream[offset!] === 0x0a;
    entries.push({
      event,
      offset: offset! + (parted ? 1 : 0),
      lines: lines!,
      typeOverflowed: (flags! & 1) !== 0,
      bytes: raw.subarray(at + 20, at + 20 + size!),
    });
    at += 20 + size!;
  }
  return entries;
}

/** One line for an entry, as the Markdown cases have it. */
export function logLine({ event, offset, lines, typeOverflowed, bytes }: SseLogEntry): string {
  switch (event) {
    case "Data":
      return `${offset} Data ${showBytes(bytes)}`;
    case "DataEnd":
      return `${offset} DataLine ${lines} ${showBytes(bytes)}`;
    case "EventEnd": {
      const type = bytes.length > 0 ? ` type=${showBytes(bytes)}` : "";
      return `${offset} EventEnd lines=${lines}${type}${typeOverflowed ? " overflowed" : ""}`;
    }
    default:
      return `${offset} End${lines ? " open" : ""}`;
  }
}
