/** The memo under test (`memo.as.ts`). */
import { readFileSync } from "node:fs";
import { Random } from "../../bench/haystack/random.ts";
import type { EncodingName } from "../../tools/bake.ts";
import { buildUnit } from "../../tools/build.ts";
import { type Cut, type EncodingNumber, jsonErrors } from "./api_module.ts";

interface Exports {
  memory: WebAssembly.Memory;
  _initialize(): void;
  allocate(bytes: number): number;
  release(ptr: number): void;
  outPtr(): number;
  keyPtr(): number;
  lanes(ptr: number, bytes: number): void;
  polynomials(ptr: number, count: number): void;
  seal(ptr: number, count: number): void;
  setPayer(low: bigint, high: bigint, owner: number): void;
  digest(ptr: number, bytes: number, domain: number): void;
  digestTimes(ptr: number, bytes: number, times: number): void;
  quoteAt(ptr: number, bytes: number, escaped: number): number;
  unescape(ptr: number, bytes: number, to: number): number;
  cut(ptr: number, from: number, bytes: number): number;
  count(encoding: number, ptr: number, bytes: number): bigint;
  open(entries: number): void;
  remember(low: bigint, high: bigint, owner: number, tokens: bigint): void;
  remembered(low: bigint, high: bigint): number;
  minute(value: bigint): void;
  readRequest(
    ptr: number,
    bytes: number,
    firstBytes: number,
    chunkBytes: number,
    encoding: number,
    remembers: number,
    framing: number,
  ): number;
  readInPlace(p: number, n: number, e: number, m: number): number;
  newReader(): void;
}

/** On whose behalf something is remembered; the same numbers are the same payer. */
export interface PayerNumbers {
  low: bigint;
  high: bigint;
  owner: number;
}

export interface LoadOptions {
  seed?: number;
  /** 0: as many as the module has. */
  entries?: number;
  encodings?: EncodingName[];
}

export interface ReadOptions extends Cut {
  /** Default: yes, for the payer that was set last. */
  remembers?: boolean;
  /** The number of a framing; default OpenAI's. */
  framing?: number;
}

/** What was found of a request, and what the memo did. */
export interface MemoRead {
  error: number;
  jsonError: (typeof jsonErrors)[number];
  errorOffset: number;
  promptTokens: number;
  textBytes: number;
  estimated: boolean;
  toolTokens: number;
  tools: number;
  formatTokens: number;
  hits: number;
  misses: number;
  hitBytes: number;
}

export const keyBytes = 1152;
const absent = 0xffff_ffff;

/** Bytes for a key, the same for the same seed. */
export function keyOf(seed: number): Uint8Array {
  const random = new Random(seed);
  return Uint8Array.from({ length: keyBytes }, () => random.below(256));
}

export class MemoModule {
  private constructor(readonly exports: Exports) {}

  /** A VM with a key and an empty table. */
  static async load({ seed = 1, entries = 0, encodings }: LoadOptions = {}): Promise<MemoModule> {
    const wasm = readFileSync(await buildUnit("memo", encodings));
    const { instance } = await WebAssembly.instantiate(wasm, {});
    const exports = instance.exports as unknown as Exports;
    exports._initialize();
    const made = new MemoModule(exports);
    made.setKey(keyOf(seed));
    exports.open(entries);
    made.payer = { low: 1n, high: 2n, owner: 3 };
    return made;
  }

  setKey(key: Uint8Array): void {
    new Uint8Array(this.exports.memory.buffer).set(key, this.exports.keyPtr());
  }

  set payer({ low, high, owner }: PayerNumbers) {
    this.exports.setPayer(low, high, owner);
  }

  /** The four sums of a block of up to 1,024 bytes. */
  lanes(block: Uint8Array): bigint[] {
    this.place(block, (ptr) => this.exports.lanes(ptr, block.length));
    return this.words(4);
  }

  polynomials(coefficients: bigint[]): bigint[] {
    const bytes = bytesOfWords(coefficients);
    this.place(bytes, (ptr) => this.exports.polynomials(ptr, coefficients.length));
    return this.words(2);
  }

  seal(words: bigint[]): bigint[] {
    this.place(bytesOfWords(words), (ptr) => this.exports.seal(ptr, words.length));
    return this.words(2);
  }

  digest(span: Uint8Array, domain = 1): bigint[] {
    this.place(span, (ptr) => this.exports.digest(ptr, span.length, domain));
    return this.words(2);
  }

  /** Where the closing quote is, null if it is not there; and whether an escaped byte is next. */
  quote(raw: Uint8Array, behind: number, escaped: boolean): [at: number | null, escapes: boolean] {
    const padded = new Uint8Array(raw.length + 32).fill(behind);
    padded.set(raw);
    const flag = escaped ? 1 : 0;
    const at = this.place(padded, (ptr) => this.exports.quoteAt(ptr, raw.length, flag));
    return [at < 0 || at === raw.length ? null : at, at < 0];
  }

  count(encoding: number, text: Uint8Array): number {
    return Number(this.place(text, (ptr) => this.exports.count(encoding, ptr, text.length)));
  }

  /** The text of a raw content; null where it is left to the scanner. */
  unescape(raw: Uint8Array, behind: number): Buffer | null {
    const room = raw.length + 64;
    const padded = new Uint8Array(room).fill(behind);
    padded.set(raw);
    return this.place(padded, (ptr) =>
      this.place(padded.fill(behind), (to) => {
        const size = this.exports.unescape(ptr, raw.length, to);
        const written = Buffer.from(new Uint8Array(this.exports.memory.buffer, to, room));
        const beyond = written.subarray(raw.length + 16);
        if (beyond.some((byte) => byte !== behind)) throw new Error("it wrote too far");
        return size < 0 ? null : Buffer.from(written.subarray(0, size));
      }),
    );
  }

  /** Where the first certain cut from `from` on is; null if there is none. */
  cut(text: Uint8Array, from = 8): number | null {
    const place = this.place(text, (ptr) => this.exports.cut(ptr, from, text.length));
    return place === 0 ? null : place;
  }

  /** The count kept for a digest; null if none is. */
  remembered(low: bigint, high: bigint): number | null {
    const tokens = this.exports.remembered(low, high) >>> 0;
    return tokens === absent ? null : tokens;
  }

  read(
    body: Uint8Array,
    encoding: EncodingNumber,
    { remembers = true, framing = 1, firstBytes, chunkBytes }: ReadOptions = {},
  ): MemoRead {
    const chunk = chunkBytes ?? Math.max(body.length, 1);
    const first = firstBytes ?? chunk;
    const last = remembers ? 1 : 0;
    this.place(body, (ptr) =>
      this.exports.readRequest(ptr, body.length, first, chunk, encoding, last, framing),
    );
    const words = this.words(12).map(Number);
    const word = (at: number): number => words[at] ?? 0;
    return {
      error: word(0),
      jsonError: jsonErrors[word(1)]!,
      errorOffset: word(2),
      promptTokens: word(3),
      textBytes: word(4),
      estimated: word(5) !== 0,
      hits: word(6),
      misses: word(7),
      hitBytes: word(8),
      toolTokens: word(9),
      tools: word(10),
      formatTokens: word(11),
    };
  }

  private place<T>(bytes: Uint8Array, use: (ptr: number) => T): T {
    const ptr = this.exports.allocate(bytes.length);
    new Uint8Array(this.exports.memory.buffer).set(bytes, ptr);
    try {
      return use(ptr);
    } finally {
      this.exports.release(ptr);
    }
  }

  private words(count: number): bigint[] {
    return [...new BigUint64Array(this.exports.memory.buffer, this.exports.outPtr(), count)];
  }
}

function bytesOfWords(words: bigint[]): Uint8Array {
  return new Uint8Array(BigUint64Array.from(words).buffer);
}
