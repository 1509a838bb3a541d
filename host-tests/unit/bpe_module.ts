/** The token counter under test, and the reference encoder that its counts are held against. */
import { readFileSync } from "node:fs";
import { get_encoding } from "tiktoken";
import type { EncodingName } from "../../tools/bake.ts";
import { buildUnit } from "../../tools/build.ts";

interface Exports {
  memory: WebAssembly.Memory;
  _initialize(): void;
  alloc(bytes: number): number;
  free(ptr: number): void;
  encodingNamed(ptr: number, bytes: number): number;
  counterBytes(): number;
  newCounter(encoding: number): number;
  feed(counter: number, ptr: number, bytes: number): void;
  finish(counter: number): bigint;
  decided(counter: number): bigint;
  isExact(counter: number): number;
  dispose(counter: number): void;
  count(encoding: number, ptr: number, bytes: number): bigint;
  countInChunks(encoding: number, ptr: number, bytes: number, chunkBytes: number): bigint;
  firstWrongCut(encoding: number, ptr: number, bytes: number, expected: bigint): number;
  piece(encoding: number, ptr: number, bytes: number, windowBytes: number): number;
}

/** The numbers of the module's `Encoding`. */
export const encodings: [name: EncodingName, number: number][] = [
  ["o200k_base", 1],
  ["cl100k_base", 2],
];

const utf8 = new TextEncoder();
const references = {
  o200k_base: get_encoding("o200k_base"),
  cl100k_base: get_encoding("cl100k_base"),
};

/** What npm `tiktoken` counts, special tokens read as plain text. */
export function referenceCount(encoding: EncodingName, text: string): number {
  return references[encoding].encode_ordinary(text).length;
}

/** The compiled entry `bpe.as.ts`. */
export class BpeModule {
  private constructor(readonly exports: Exports) {}

  static async load(): Promise<BpeModule> {
    const wasm = readFileSync(await buildUnit("bpe"));
    const { instance } = await WebAssembly.instantiate(wasm, {});
    const exports = instance.exports as unknown as Exports;
    exports._initialize();
    return new BpeModule(exports);
  }

  /** Calls with the bytes in the module's memory, and frees them. */
  withBytes<T>(text: string | Uint8Array, call: (ptr: number, bytes: number) => T): T {
    const bytes = typeof text === "string" ? utf8.encode(text) : text;
    const ptr = this.exports.alloc(bytes.length);
    new Uint8Array(this.exports.memory.buffer, ptr, bytes.length).set(bytes);
    try {
      return call(ptr, bytes.length);
    } finally {
      this.exports.free(ptr);
    }
  }

  /** Tokens of a text in one chunk; -1 where the count says that it is not exact. */
  count(encoding: number, text: string | Uint8Array): number {
    return this.withBytes(text, (ptr, bytes) =>
      Number(BigInt.asIntN(64, this.exports.count(encoding, ptr, bytes))),
    );
  }

  /** Tokens of a text in chunks of one size. */
  countInChunks(encoding: number, text: string | Uint8Array, chunkBytes: number): number {
    return this.withBytes(text, (ptr, bytes) =>
      Number(this.exports.countInChunks(encoding, ptr, bytes, chunkBytes)),
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

  /** Where a cut in two gives another count than `expected`; null if none does. */
  wrongCut(encoding: number, text: string | Uint8Array, expected: number): number | null {
    return this.withBytes(text, (ptr, bytes) => {
      const cut = this.exports.firstWrongCut(encoding, ptr, bytes, BigInt(expected));
      return cut > bytes ? null : cut;
    });
  }
}
