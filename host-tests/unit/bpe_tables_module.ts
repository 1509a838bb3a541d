/** The tables of an encoding and what merges by them, each alone, and what both should answer. */
import { readFileSync } from "node:fs";
import { publishedTokens } from "../../tools/bake.ts";
import { pairBase, recoverPairs } from "../../tools/bake_pairs.ts";
import { buildUnit } from "../../tools/build.ts";
import type { ReferenceName } from "./bpe_module.ts";

interface Exports {
  memory: WebAssembly.Memory;
  _initialize(): void;
  alloc(bytes: number): number;
  mergedRank(encoding: number, left: number, right: number): number;
  merged(encoding: number, ptr: number, bytes: number, windowTokens: number): number;
  cut(encoding: number, ptr: number, bytes: number): number;
  span(encoding: number, ptr: number, bytes: number, ends: number): number;
  holds(encoding: number, ptr: number, start: number, seam: number, end: number): number;
}

const roomBytes = 1 << 20;
const padBytes = 32;

/** The compiled entry `bpe_tables.as.ts`. */
export class TablesModule {
  readonly exports: Exports;
  readonly #room: number;

  private constructor(exports: Exports) {
    this.exports = exports;
    this.#room = exports.alloc(roomBytes);
  }

  static async load(): Promise<TablesModule> {
    const wasm = readFileSync(await buildUnit("bpe_tables"));
    const { instance } = await WebAssembly.instantiate(wasm, {});
    const exports = instance.exports as unknown as Exports;
    exports._initialize();
    return new TablesModule(exports);
  }

  get memoryBytes(): number {
    return this.exports.memory.buffer.byteLength;
  }

  merged(encoding: number, piece: Uint8Array, windowTokens = 0): number {
    return this.exports.merged(encoding, this.#lay(piece), piece.length, windowTokens);
  }

  cut(encoding: number, piece: Uint8Array): number {
    return this.exports.cut(encoding, this.#lay(piece), piece.length);
  }

  /** Where the tokens of a span end. */
  span(encoding: number, piece: Uint8Array): number[] {
    const at = this.#lay(piece);
    const ends = this.#room + (roomBytes >> 1);
    const tokens = this.exports.span(encoding, at, piece.length, ends);
    return [...new Uint32Array(this.exports.memory.buffer, ends, tokens)];
  }

  holds(encoding: number, piece: Uint8Array, seam: number): boolean {
    return this.exports.holds(encoding, this.#lay(piece), 0, seam, piece.length) !== 0;
  }

  /** With letters behind it, which a reader that goes too far would merge. */
  #lay(piece: Uint8Array): number {
    const memory = new Uint8Array(this.exports.memory.buffer, this.#room, roomBytes);
    memory.set(piece);
    memory.fill(0x65, piece.length, piece.length + padBytes);
    return this.#room;
  }
}

/** The merges of an encoding, and the plainest way to merge by them. */
export class PlainMerges {
  readonly pairs: Map<number, number>;
  readonly tokens: Uint8Array[];
  readonly #byteIds: number[] = [];

  constructor(name: ReferenceName) {
    this.tokens = publishedTokens(name);
    this.tokens.forEach((token, id) => {
      if (token.length === 1) this.#byteIds[token[0]!] = id;
    });
    this.pairs = recoverPairs(this.tokens, this.#byteIds, []);
  }

  /** Where the tokens of a piece end. */
  ends(piece: Uint8Array): number[] {
    const parts = Array.from(piece, (byte, at) => ({ id: this.#byteIds[byte]!, end: at + 1 }));
    for (;;) {
      let [at, lowest] = [-1, Infinity];
      for (let i = 0; i + 1 < parts.length; i++) {
        const merged = this.pairs.get(parts[i]!.id * pairBase + parts[i + 1]!.id) ?? Infinity;
        if (merged < lowest) [at, lowest] = [i, merged];
      }
      if (at < 0) return parts.map(({ end }) => end);
      parts.splice(at, 2, { id: lowest, end: parts[at + 1]!.end });
    }
  }

  count(piece: Uint8Array): number {
    return this.ends(piece).length;
  }
}
