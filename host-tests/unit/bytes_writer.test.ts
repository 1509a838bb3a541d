import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { BytesModule, literals, Writer } from "./bytes_module.ts";

let module: BytesModule;
beforeAll(async () => {
  module = await BytesModule.load();
});

/** The plain twin: a list of bytes that takes what fits, whole or not at all. */
class ListWriter {
  bytes: number[] = [];
  overflowed = false;

  constructor(private readonly bytesMax: number) {}

  add(bytes: Iterable<number>): void {
    const more = [...bytes];
    if (this.bytes.length + more.length > this.bytesMax) this.overflowed = true;
    else this.bytes.push(...more);
  }
}

type Step = (writer: Writer, list: ListWriter) => void;

const steps: fc.Arbitrary<Step> = fc.oneof(
  fc.nat({ max: 255 }).map((value): Step => (writer, list) => {
    writer.byte(value);
    list.add([value]);
  }),
  fc.uint8Array({ maxLength: 90 }).map((bytes): Step => (writer, list) => {
    writer.copy(bytes);
    list.add(bytes);
  }),
  fc.nat({ max: literals.length - 1 }).map((at): Step => (writer, list) => {
    writer.literal(at);
    list.add(Buffer.from(literals[at]!));
  }),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((value): Step => (writer, list) => {
    writer.decimal(value);
    list.add(Buffer.from(String(value)));
  }),
  fc.nat({ max: 99 }).map((value): Step => (writer, list) => {
    writer.decimal(BigInt(value));
    list.add(Buffer.from(String(value)));
  }),
);

describe("a writer", () => {
  it("holds what a list of bytes holds, up to its bound", () => {
    const bounds = fc.tuple(fc.constantFrom(0, 1, 63, 64, 65, 200), fc.nat({ max: 300 }));
    fc.assert(
      fc.property(bounds, fc.array(steps, { maxLength: 30 }), ([capacity, bytesMax], some) => {
        const writer = new Writer(module, capacity, bytesMax);
        for (let round = 0; round < 2; round++) {
          const list = new ListWriter(bytesMax);
          for (const step of some) step(writer, list);
          expect([...writer.text]).toEqual(list.bytes);
          expect(writer.overflowed).toBe(list.overflowed);
          writer.reset();
          expect([writer.text.length, writer.overflowed]).toEqual([0, false]);
        }
        writer.dispose();
      }),
      { numRuns: 2000, seed: 20260501 },
    );
  });

  it("takes a number that just fits", () => {
    for (const value of [0n, 7n, 10n, 99n, 100n, 2n ** 64n - 1n]) {
      const size = String(value).length;
      for (const [bytesMax, fits] of [
        [size, true],
        [size - 1, false],
      ] as const) {
        const writer = new Writer(module, 0, bytesMax);
        writer.decimal(value);
        expect(writer.text.toString()).toBe(fits ? String(value) : "");
        expect(writer.overflowed).toBe(!fits);
      }
    }
  });

  it("grows to twice its size, and only when it must", () => {
    const writer = new Writer(module, 0, 1 << 20);
    const sizes: number[] = [];
    for (let at = 0; at < 1 << 17; at++) {
      writer.byte(at & 255);
      if (writer.capacityBytes !== sizes.at(-1)) sizes.push(writer.capacityBytes);
    }
    const expected = Array.from({ length: 12 }, (_, at) => 64 << at);
    expect(sizes).toEqual(expected);
    expect(writer.text.every((byte, at) => byte === (at & 255))).toBe(true);
    writer.dispose();
    expect([writer.capacityBytes, writer.text.length]).toEqual([0, 0]);
    writer.copy(Buffer.from("again"));
    expect(writer.text.toString()).toBe("again");
  });

  it("gives its memory back", () => {
    const cycle = (): void => {
      const writer = new Writer(module, 100, 1 << 20);
      writer.copy(Buffer.alloc(200_000, 1));
      writer.dispose();
    };
    for (let round = 0; round < 20; round++) cycle();
    const before = module.exports.memory.buffer.byteLength;
    for (let round = 0; round < 500; round++) cycle();
    expect(module.exports.memory.buffer.byteLength).toBe(before);
  });
});

describe("text for a JSON string", () => {
  function written(bytes: Uint8Array): Buffer {
    const writer = new Writer(module, 0, 1 << 20);
    writer.jsonText(bytes);
    const { text } = writer;
    writer.dispose();
    return text;
  }

  it("is read back by JSON.parse, for every byte", () => {
    for (let byte = 0; byte < 128; byte++) {
      const text = `a${String.fromCharCode(byte)}b`;
      expect(JSON.parse(`"${written(Buffer.from(text))}"`)).toBe(text);
    }
    for (let byte = 128; byte < 256; byte++) {
      expect([...written(Uint8Array.of(byte))]).toEqual([byte]);
    }
  });

  it("is read back by JSON.parse, for any text", () => {
    const text = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.string({ unit: fc.constantFrom('"', "\\", "\n", "\0", "\x1f", "\x7f", "u", "\u2028") }),
    );
    fc.assert(
      fc.property(text, (one) => {
        expect(JSON.parse(`"${written(Buffer.from(one))}"`)).toBe(one);
      }),
      { numRuns: 1000, seed: 20260502 },
    );
  });

  it("tells when it did not fit", () => {
    for (const [text, needed] of [
      ["ab", 2],
      ['"', 2],
      ["\n", 6],
      ["\x1f\\", 8],
    ] as const) {
      for (let bytesMax = 0; bytesMax < needed + 2; bytesMax++) {
        const writer = new Writer(module, 0, bytesMax);
        writer.jsonText(Buffer.from(text));
        expect([text, bytesMax, writer.overflowed]).toEqual([text, bytesMax, bytesMax < needed]);
        expect(writer.text.length).toBeLessThanOrEqual(bytesMax);
      }
    }
  });
});
