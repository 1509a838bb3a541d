import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { buildUnit } from "../../tools/build.ts";

interface Exports {
  memory: WebAssembly.Memory;
  _initialize?(): void;
  allocate(bytes: number): number;
  valid(ptr: number, bytes: number): number;
  validInPieces(ptr: number, bytes: number, pieceBytes: number): number;
  decodeAll(ptr: number, bytes: number, out: number): number;
  encode(codePoint: number, out: number): number;
  pending(ptr: number, bytes: number): number;
}

const roomBytes = 4096;
/** Every byte at which a range of well-formed sequences begins or ends, and its neighbours. */
const edges = [
  0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec,
  0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xf8, 0xfe, 0xff,
];

const fourByteEdges = [
  0x41, 0x7f, 0x80, 0x8f, 0x90, 0xbf, 0xc0, 0xc2, 0xe0, 0xed, 0xf0, 0xf1, 0xf4, 0xf5, 0xff,
];

let wasm: Exports;
let input: number;
let output: number;
beforeAll(async () => {
  const { instance } = await WebAssembly.instantiate(readFileSync(await buildUnit("utf8")), {});
  wasm = instance.exports as unknown as Exports;
  wasm._initialize?.();
  input = wasm.allocate(roomBytes);
  output = wasm.allocate(4 * roomBytes);
});

function put(bytes: number[]): void {
  new Uint8Array(wasm.memory.buffer, input, bytes.length).set(bytes);
}

/** The naive twins: what the platform's decoder makes of the bytes. */
const lenient = new TextDecoder("utf-8", { ignoreBOM: true });
const strict = new TextDecoder("utf-8", { ignoreBOM: true, fatal: true });

function isValid(bytes: number[]): boolean {
  try {
    strict.decode(Uint8Array.from(bytes));
    return true;
  } catch {
    return false;
  }
}

/** What is wrong with our reading of the bytes; undefined if it is TextDecoder's. */
function disagreement(bytes: number[]): string | undefined {
  put(bytes);
  const shown = Buffer.from(bytes).toString("hex");
  const expected = [...lenient.decode(Uint8Array.from(bytes))].map((char) => char.codePointAt(0));
  const count = wasm.decodeAll(input, bytes.length, output);
  const found = [...new Uint32Array(wasm.memory.buffer, output, count)];
  if (found.join() !== expected.join()) return `${shown}: decoded as ${found.join()}`;
  const valid = isValid(bytes);
  if ((wasm.valid(input, bytes.length) !== 0) !== valid) return `${shown}: valid is ${!valid}`;
  for (let piece = 1; piece < bytes.length; piece++) {
    const inPieces = wasm.validInPieces(input, bytes.length, piece) !== 0;
    if (inPieces !== valid) return `${shown}: valid is ${!valid} in pieces of ${piece}`;
  }
  return undefined;
}

function* tuples(alphabet: number[], length: number): Generator<number[]> {
  if (length === 0) return yield [];
  for (const rest of tuples(alphabet, length - 1))
    for (const byte of alphabet) yield [byte, ...rest];
}

const allBytes = Array.from({ length: 256 }, (_, byte) => byte);

/** Long enough that blocks of sixteen bytes are looked at, with and without ASCII around. */
const surroundings = [Array.from({ length: 40 }, () => 0x61), [...Buffer.from("é中😀".repeat(5))]];

/** Where our verdict on the bytes, at any place of a block of sixteen, is not TextDecoder's. */
function wrongInBlocks(bytes: number[]): string[] {
  const wrong: string[] = [];
  for (const around of surroundings) {
    for (let before = 0; before < 18; before++) {
      const whole = [...around, ...Array<number>(before).fill(0x62), ...bytes, ...around];
      put(whole);
      if ((wasm.valid(input, whole.length) !== 0) !== isValid(whole)) {
        wrong.push(Buffer.from(whole).toString("hex"));
      }
    }
  }
  return wrong;
}

describe("UTF-8 is read as TextDecoder reads it", () => {
  it.each([
    ["every two bytes at the edges of ranges", edges, 2],
    ["every three bytes at the edges of four-byte ranges", fourByteEdges, 3],
    ["every four bytes at the edges of a few", [0x41, 0x80, 0x90, 0xbf, 0xe0, 0xf0, 0xf4], 4],
  ])("in blocks: %s", (_title, alphabet, length) => {
    expect([...tuples(alphabet, length)].flatMap(wrongInBlocks)).toEqual([]);
  });

  it.each([
    ["every pair of bytes", allBytes, 2],
    ["every three bytes at the edges of ranges", edges, 3],
    ["every four bytes at the edges of four-byte ranges", fourByteEdges, 4],
  ])("%s", (_title, alphabet, length) => {
    const wrong: string[] = [];
    for (const bytes of tuples(alphabet, length)) {
      const problem = disagreement(bytes);
      if (problem !== undefined) wrong.push(problem);
    }
    expect(wrong.slice(0, 5)).toEqual([]);
  });

  it("at every place among blocks of sixteen ASCII bytes", () => {
    const ends = [[0xc3], [0xc3, 0xa9], [0xe2, 0x82, 0xac], [0xf0, 0x9f, 0x98, 0x80], [0xff]];
    for (const sequence of ends) {
      for (let before = 0; before < 40; before++) {
        for (const after of [0, 1, 15, 16, 17]) {
          const bytes = [...Array(before).fill(0x61), ...sequence, ...Array(after).fill(0x62)];
          expect(disagreement(bytes as number[])).toBeUndefined();
        }
      }
    }
  });
});

describe("one code point", () => {
  it("is written as Buffer writes it, for all of them", () => {
    const wrong: number[] = [];
    for (let codePoint = 0; codePoint <= 0x10ffff; codePoint++) {
      if (codePoint >= 0xd800 && codePoint < 0xe000) continue;
      const bytes = wasm.encode(codePoint, output);
      const count = wasm.decodeAll(output, bytes, input);
      const [back] = new Uint32Array(wasm.memory.buffer, input, 1);
      if (count !== 1 || back !== codePoint) wrong.push(codePoint);
      if (codePoint % 97 !== 0 && codePoint > 0x900) continue;
      const written = Buffer.from(new Uint8Array(wasm.memory.buffer, output, bytes));
      if (!written.equals(Buffer.from(String.fromCodePoint(codePoint)))) wrong.push(codePoint);
    }
    expect(wrong).toEqual([]);
  });
});

describe("the bytes to keep for the next chunk", () => {
  /** A character is unfinished if the decoder, told that more will come, keeps its bytes back. */
  function keptBack(bytes: number[]): number {
    const streaming = new TextDecoder("utf-8", { ignoreBOM: true });
    const now = streaming.decode(Uint8Array.from(bytes), { stream: true });
    for (let kept = 0; kept < 4; kept++) {
      const head = Uint8Array.from(bytes.slice(0, bytes.length - kept));
      if (lenient.decode(head) === now && streaming.decode() === (kept ? "\ufffd" : ""))
        return kept;
      streaming.decode(Uint8Array.from(bytes), { stream: true });
    }
    return -1;
  }

  it("are those that a streaming TextDecoder keeps", () => {
    const wrong: string[] = [];
    for (const bytes of tuples(edges, 3)) {
      put(bytes);
      const kept = wasm.pending(input, bytes.length);
      if (kept !== keptBack(bytes)) wrong.push(`${Buffer.from(bytes).toString("hex")}: ${kept}`);
    }
    expect(wrong.slice(0, 5)).toEqual([]);
  });
});
