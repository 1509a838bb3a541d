import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { buildUnit } from "../../tools/build.ts";

interface Unit {
  memory: WebAssembly.Memory;
  _initialize(): void;
  scratch(bytes: number): number;
  digest(ptr: number, bytes: number, out: number): void;
}

const roomBytes = 70_000;
let unit: Unit;
let room: number;

beforeAll(async () => {
  const wasm = readFileSync(await buildUnit("sha256"));
  const { instance } = await WebAssembly.instantiate(wasm, {});
  unit = instance.exports as unknown as Unit;
  unit._initialize();
  room = unit.scratch(roomBytes);
});

function digestOf(message: Buffer, offset = 0): string {
  const memory = Buffer.from(unit.memory.buffer);
  message.copy(memory, room + 64 + offset);
  unit.digest(room + 64 + offset, message.length, room);
  return memory.subarray(room, room + 32).toString("hex");
}

function expected(message: Buffer): string {
  return createHash("sha256").update(message).digest("hex");
}

function generated(bytes: number): Buffer {
  return Buffer.from(Array.from({ length: bytes }, (_, at) => (at * 167 + bytes * 31) & 255));
}

describe("sha256", () => {
  it("agrees with node:crypto at every length across four blocks and every padding", () => {
    for (let bytes = 0; bytes <= 300; bytes++) {
      const message = generated(bytes);
      expect(digestOf(message), `${bytes} bytes`).toBe(expected(message));
    }
  });

  it("does not care where in memory the message lies", () => {
    const message = generated(129);
    for (let offset = 0; offset < 16; offset++) {
      expect(digestOf(message, offset)).toBe(expected(message));
    }
  });

  it("reads a message of a thousand blocks", () => {
    const message = generated(64_001);
    expect(digestOf(message)).toBe(expected(message));
  });

  it("gives the same digest twice and keeps nothing of the message before", () => {
    const long = generated(200);
    const short = generated(3);
    const first = digestOf(short);
    digestOf(long);
    expect(digestOf(short)).toBe(first);
  });
});
