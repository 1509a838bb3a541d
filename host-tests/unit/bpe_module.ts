/** The token counter under test, and the reference encoder that its counts are held against. */
import { readFileSync } from "node:fs";
import { get_encoding, type Tiktoken } from "tiktoken";
import { buildUnit } from "../../tools/build.ts";

interface Exports {
  memory: WebAssembly.Memory;
  _initialize(): void;
  alloc(bytes: number): number;
  free(ptr: number): void;
  encodingKnown(ptr: number, bytes: number): number;
  encodingNamed(ptr: number, bytes: number): number;
  counterBytes(): number;
  newCounter(encoding: number): number;
  feed(counter: number, ptr: number, bytes: number): void;
  finish(counter: number): bigint;
  decided(counter: number): bigint;
  isExact(counter: number): number;
  dispose(counter: number): void;
  count(encoding: number, ptr: number, bytes: number): bigint;
  countWhole(encoding: number, ptr: number, bytes: number): bigint;
  countTill(encoding: number, ptr: number, bytes: number, tokensMax: bigint): bigint;
  countInChunks(encoding: number, ptr: number, bytes: number, chunkBytes: number): bigint;
  countCut(encoding: number, ptr: number, bytes: number, cutsPtr: number, cuts: number): bigint;
  firstWrongCut(
    encoding: number,
    ptr: number,
    bytes: number,
    from: number,
    expected: bigint,
  ): number;
  piece(encoding: number, ptr: number, bytes: number, spanBytes: number): number;
  longPiece(encoding: number, ptr: number, bytes: number): number;
  poisonBehind(ptr: number, bytes: number, kind: number): void;
}

/** The encodings that OpenAI publishes and npm `tiktoken` is the reference of. */
export type ReferenceName = "o200k_base" | "cl100k_base";

/** The numbers of the module's `Encoding`. */
export const encodings: [name: ReferenceName, number: number][] = [
  ["o200k_base", 1],
  ["cl100k_base", 2],
];

const utf8 = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const loaded = new Map<ReferenceName, Tiktoken>();
const alignments = 64;
/** What may be read behind a text. */
const padBytes = 32;
const firstRoomBytes = 1 << 16;
const cutsMax = 256;

/**
 * What npm `tiktoken` counts, special tokens read as plain text. Bytes are decoded first: the
 * reference for bytes that are not UTF-8 is what a decoder makes of them.
 */
export function referenceCount(encoding: ReferenceName, text: string | Uint8Array): number {
  let reference = loaded.get(encoding);
  if (!reference) loaded.set(encoding, (reference = get_encoding(encoding)));
  return reference.encode_ordinary(typeof text === "string" ? text : decoder.decode(text)).length;
}

/** The compiled entry `bpe.as.ts`. */
export class BpeModule {
  readonly exports: Exports;
  /** Texts are laid here, so that a million of them cost no allocation. */
  #block = 0;
  #room = 0;
  #roomBytes = 0;
  #cutsPtr = 0;
  #roomTaken = false;
  #memory = new Uint8Array();

  private constructor(exports: Exports) {
    this.exports = exports;
    this.#cutsPtr = exports.alloc(cutsMax * 4);
    this.#grow(firstRoomBytes);
  }

  static async load(): Promise<BpeModule> {
    return BpeModule.of(readFileSync(await buildUnit("bpe")));
  }

  static async of(wasm: BufferSource): Promise<BpeModule> {
    const { instance } = await WebAssembly.instantiate(wasm, {});
    const exports = instance.exports as unknown as Exports;
    exports._initialize();
    return new BpeModule(exports);
  }

  /**
   * Calls with the bytes in the module's memory. Where they lie, and what lies behind them, is
   * another for each text, and the same whenever it comes again; `align` sets the first.
   */
  withBytes<T>(
    text: string | Uint8Array,
    call: (ptr: number, bytes: number) => T,
    align?: number,
  ): T {
    if (this.#roomTaken) throw new Error("a call inside of a call would write over its text");
    this.#roomTaken = true;
    try {
      const bytesMax = typeof text === "string" ? text.length * 3 : text.length;
      if (bytesMax + alignments + padBytes > this.#roomBytes) this.#grow(bytesMax);
      const first = typeof text === "string" ? text.charCodeAt(0) : text[0]!;
      const kind = text.length * 7 + (first | 0);
      const ptr = this.#room + ((align ?? kind) % alignments);
      const bytes = this.#write(text, ptr);
      this.exports.poisonBehind(ptr, bytes, kind);
      return call(ptr, bytes);
    } finally {
      this.#roomTaken = false;
    }
  }

  #write(text: string | Uint8Array, ptr: number): number {
    const { memory } = this.exports;
    if (this.#memory.buffer !== memory.buffer) this.#memory = new Uint8Array(memory.buffer);
    const place = this.#memory.subarray(ptr, this.#room + this.#roomBytes);
    if (typeof text === "string") return utf8.encodeInto(text, place).written;
    place.set(text);
    return text.length;
  }

  #grow(bytes: number): void {
    if (this.#block !== 0) this.exports.free(this.#block);
    this.#roomBytes = bytes * 2 + alignments + padBytes;
    this.#block = this.exports.alloc(this.#roomBytes + alignments);
    this.#room = this.#block + (-this.#block & (alignments - 1));
  }

  /** Tokens of a text in one chunk; -1 where the count says that it is not exact. */
  count(encoding: number, text: string | Uint8Array, align?: number): number {
    const call = (ptr: number, bytes: number): bigint => this.exports.count(encoding, ptr, bytes);
    return Number(BigInt.asIntN(64, this.withBytes(text, call, align)));
  }

  /** Tokens of a text by the one-shot call. */
  countWhole(encoding: number, text: string | Uint8Array, align?: number): number {
    const call = (ptr: number, bytes: number): bigint =>
      this.exports.countWhole(encoding, ptr, bytes);
    return Number(this.withBytes(text, call, align));
  }

  /** Tokens of a text by the one-shot call that may stop behind `tokensMax`. */
  countTill(encoding: number, text: string | Uint8Array, tokensMax: number): number {
    return this.withBytes(text, (ptr, bytes) =>
      Number(this.exports.countTill(encoding, ptr, bytes, BigInt(tokensMax))),
    );
  }

  /** Tokens of a text in chunks of one size. */
  countInChunks(encoding: number, text: string | Uint8Array, chunkBytes: number): number {
    return this.withBytes(text, (ptr, bytes) =>
      Number(this.exports.countInChunks(encoding, ptr, bytes, chunkBytes)),
    );
  }

  /** Tokens of a text cut at these offsets, which ascend and are `cutsMax` at most. */
  countCut(encoding: number, text: string | Uint8Array, cuts: number[]): number {
    new Uint32Array(this.exports.memory.buffer, this.#cutsPtr, cutsMax).set(cuts);
    return this.withBytes(text, (ptr, bytes) =>
      Number(this.exports.countCut(encoding, ptr, bytes, this.#cutsPtr, cuts.length)),
    );
  }

  /** Tokens of a text in these chunks, however many. */
  countChunks(encoding: number, chunks: Uint8Array[]): number {
    const counter = this.exports.newCounter(encoding);
    for (const chunk of chunks) {
      this.withBytes(chunk, (ptr, bytes) => this.exports.feed(counter, ptr, bytes));
    }
    const tokens = this.exports.finish(counter);
    this.exports.free(counter);
    return Number(tokens);
  }

  /** Where a cut in two, at `from` or behind it, gives another count; null if none does. */
  wrongCut(encoding: number, text: string | Uint8Array, expected: number, from = 0): number | null {
    return this.withBytes(text, (ptr, bytes) => {
      const cut = this.exports.firstWrongCut(encoding, ptr, bytes, from, BigInt(expected));
      return cut > bytes ? null : cut;
    });
  }

  /** Tokens of one piece by the merge alone; in spans that begin at `spanBytes` if it is given. */
  piece(encoding: number, text: string | Uint8Array, spanBytes = 0): number {
    return this.withBytes(text, (ptr, bytes) =>
      this.exports.piece(encoding, ptr, bytes, spanBytes),
    );
  }

  /** Tokens of one piece by the way that long ones go. */
  longPiece(encoding: number, text: string | Uint8Array): number {
    return this.withBytes(text, (ptr, bytes) => this.exports.longPiece(encoding, ptr, bytes));
  }
}
