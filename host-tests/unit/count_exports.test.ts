import { beforeEach, describe, expect, it } from "vitest";
import { referenceCount } from "./bpe_module.ts";
import { CountExports, fault } from "./count_exports.ts";

const bufferBytesMax = 64 * 1024 * 1024;
const buffersMax = 16;
const streamsMax = 65_536;
const scanPadBytes = 32;
const text = "A turnstile lets one through at a time, and it counts.";
const tokens = referenceCount("o200k_base", text);

let vm: CountExports;
let raw: CountExports["raw"];
let o200k: number;
beforeEach(async () => {
  vm = await CountExports.load();
  raw = vm.raw;
  o200k = vm.encoding("o200k_base");
});

/** Starts, feeds and finishes a stream; leaves it open to be asked. */
function finished(chunk: string): number {
  const stream = raw.tokenstile_count_stream_start(o200k);
  vm.withText(chunk, (ptr, bytes) => raw.tokenstile_count_stream_feed(stream, ptr, bytes));
  raw.tokenstile_count_stream_finish(stream);
  return stream;
}

describe("encodings", () => {
  function listed(bytesMax: number): number | string[] {
    return vm.withText(new Uint8Array(bytesMax), (ptr) => {
      const bytes = raw.tokenstile_count_encodings(ptr, bytesMax);
      if (bytes < 0) return bytes;
      return Buffer.from(raw.memory.buffer, ptr, bytes).toString().split("\n");
    });
  }

  it("are listed, and each is found by the name in the list", () => {
    const names = listed(1000) as string[];
    expect(names).toEqual(expect.arrayContaining(["o200k_base", "cl100k_base"]));
    expect(names.pop()).toBe("");
    const numbers = names.map((name) => vm.encoding(name));
    expect(new Set(numbers).size).toBe(names.length);
    expect(Math.min(...numbers)).toBeGreaterThan(0);
  });

  it("are listed only where the list fits", () => {
    const bytes = (listed(1000) as string[]).join("\n").length;
    expect(listed(bytes)).toEqual(listed(1000));
    for (const less of [bytes - 1, 11, 1, 0]) expect(listed(less)).toBe(fault.room);
    expect(raw.tokenstile_count_encodings(0, 1000)).toBe(fault.text);
  });

  it("of another name are none", () => {
    expect(vm.encoding("o200k_harmony")).toBe(o200k);
    for (const name of ["", "o200k", "O200K_BASE", "o200k_base\n", "x".repeat(10_000)]) {
      expect(vm.encoding(name)).toBe(fault.encoding);
    }
    expect(raw.tokenstile_count_encoding(1024, 10)).toBe(fault.text);
  });
});

describe("a text buffer", () => {
  it("has room to be scanned behind its end", () => {
    const sizes = [0, 1, 16, 1000, 4096, 65_536];
    const starts = sizes.map((bytes) => raw.tokenstile_count_alloc(bytes));
    starts.forEach((start, index) => {
      const room = Math.min(...starts.filter((other) => other > start)) - start;
      expect(room).toBeGreaterThanOrEqual((sizes[index] ?? 0) + scanPadBytes);
    });
  });

  it("is had up to a bound of all together, and again after it was given back", () => {
    for (const bytes of [bufferBytesMax + 1, 2 ** 31, -1]) {
      expect(raw.tokenstile_count_alloc(bytes)).toBe(0);
    }
    const whole = raw.tokenstile_count_alloc(bufferBytesMax);
    expect(whole).toBeGreaterThan(0);
    expect(raw.tokenstile_count_alloc(1)).toBe(0);
    expect(raw.tokenstile_count_free(whole)).toBe(0);
    expect(raw.tokenstile_count_alloc(1)).toBeGreaterThan(0);
  });

  it("is one of few", () => {
    const all = Array.from({ length: buffersMax }, () => raw.tokenstile_count_alloc(0));
    expect(new Set(all).size).toBe(buffersMax);
    expect(all).not.toContain(0);
    expect(raw.tokenstile_count_alloc(0)).toBe(0);
    expect(raw.tokenstile_count_free(all[7] ?? 0)).toBe(0);
    expect(raw.tokenstile_count_alloc(10)).toBeGreaterThan(0);
  });

  it("is given back once, and by its own address only", () => {
    const ptr = raw.tokenstile_count_alloc(100);
    for (const wrong of [0, 1, ptr + 16, ptr - 16, -1, 2 ** 31]) {
      expect(raw.tokenstile_count_free(wrong)).toBe(fault.text);
    }
    expect(raw.tokenstile_count_free(ptr)).toBe(0);
    expect(raw.tokenstile_count_free(ptr)).toBe(fault.text);
    expect(raw.tokenstile_count_text(o200k, ptr, 1)).toBe(fault.text);
  });
});

describe("a whole text", () => {
  it("is counted, also in part, and up to a limit", () => {
    vm.withText(text, (ptr, bytes) => {
      expect(raw.tokenstile_count_text(o200k, ptr, bytes)).toBe(tokens);
      expect(raw.tokenstile_count_text(o200k, ptr + 1, 0)).toBe(0);
      expect(raw.tokenstile_count_text(o200k, ptr + bytes, 0)).toBe(0);
      expect(raw.tokenstile_count_text_till(o200k, ptr, bytes, tokens)).toBe(tokens);
      expect(raw.tokenstile_count_text_till(o200k, ptr, bytes, -1)).toBe(tokens);
      expect(raw.tokenstile_count_text_till(o200k, ptr, bytes, 3)).toBeGreaterThan(3);
    });
  });

  it("has to lie in a buffer, whole", () => {
    const ptr = raw.tokenstile_count_alloc(100);
    const end = ptr + 100;
    const outside = [
      ...[
        [ptr, 101],
        [end, 1],
        [end + 1, 0],
        [ptr - 1, 1],
        [ptr + 99, 2],
        [ptr, -1],
      ],
      ...[
        [ptr, 2 ** 31],
        [ptr + 1, -1],
        [0, 0],
        [0, 1],
        [-1, 1],
        [-1, 2],
        [1 << 16, 10],
      ],
    ];
    for (const [at = 0, bytes = 0] of outside) {
      expect(raw.tokenstile_count_text(o200k, at, bytes), `${at - ptr} ${bytes}`).toBe(fault.text);
      expect(raw.tokenstile_count_text_till(o200k, at, bytes, 9)).toBe(fault.text);
    }
  });

  it("needs an encoding", () => {
    vm.withText(text, (ptr, bytes) => {
      for (const wrong of [0, -1, 33, 34, 99, 2 ** 31 - 1, -(2 ** 31)]) {
        expect(raw.tokenstile_count_text(wrong, ptr, bytes)).toBe(fault.encoding);
        expect(raw.tokenstile_count_text_till(wrong, ptr, bytes, 9)).toBe(fault.encoding);
        expect(raw.tokenstile_count_stream_start(wrong)).toBe(fault.encoding);
      }
    });
  });
});

describe("a stream", () => {
  it("counts what it is fed, and answers until it is disposed of", () => {
    const stream = finished(text);
    expect(raw.tokenstile_count_stream_finish(stream)).toBe(BigInt(tokens));
    expect(raw.tokenstile_count_stream_tokens(stream)).toBe(BigInt(tokens));
    expect(raw.tokenstile_count_stream_exact(stream)).toBe(1);
    expect(raw.tokenstile_count_stream_dispose(stream)).toBe(0);
    expect(raw.tokenstile_count_stream_dispose(stream)).toBe(fault.stream);
  });

  it("takes no more text once it is finished, and none that lies in no buffer", () => {
    const stream = raw.tokenstile_count_stream_start(o200k);
    expect(raw.tokenstile_count_stream_feed(stream, 0, 5)).toBe(fault.text);
    raw.tokenstile_count_stream_finish(stream);
    vm.withText(text, (ptr, bytes) => {
      expect(raw.tokenstile_count_stream_feed(stream, ptr, bytes)).toBe(fault.finished);
    });
    expect(raw.tokenstile_count_stream_tokens(stream)).toBe(0n);
  });

  it("that never was, or is no more, is told from others", () => {
    const gone = finished(text);
    raw.tokenstile_count_stream_dispose(gone);
    const next = raw.tokenstile_count_stream_start(o200k);
    vm.withText(text, (ptr, bytes) => {
      for (const wrong of [gone, next + 1, next + (1 << 16), 0, -1, 2 ** 31 - 1, fault.room]) {
        expect(raw.tokenstile_count_stream_feed(wrong, ptr, bytes)).toBe(fault.stream);
        expect(raw.tokenstile_count_stream_finish(wrong)).toBe(BigInt(fault.stream));
        expect(raw.tokenstile_count_stream_tokens(wrong)).toBe(BigInt(fault.stream));
        expect(raw.tokenstile_count_stream_exact(wrong)).toBe(fault.stream);
        expect(raw.tokenstile_count_stream_dispose(wrong)).toBe(fault.stream);
      }
    });
    expect(raw.tokenstile_count_stream_finish(next)).toBe(0n);
  });

  it("is one of a bounded number, and another one's end makes room", () => {
    const all = Array.from({ length: streamsMax }, () => raw.tokenstile_count_stream_start(o200k));
    expect(new Set(all).size).toBe(streamsMax);
    expect(all.every((handle) => handle >= 0)).toBe(true);
    expect(raw.tokenstile_count_stream_start(o200k)).toBe(fault.room);
    expect(raw.tokenstile_count_stream_dispose(all[12_345] ?? -1)).toBe(0);
    expect(raw.tokenstile_count_stream_start(o200k)).toBeGreaterThanOrEqual(0);
    expect(raw.tokenstile_count_stream_start(o200k)).toBe(fault.room);
  });

  it("leaves nothing behind, whether it is finished or given up", () => {
    const undecided = "a".repeat(5000);
    const live = (life: number): void => {
      const stream = raw.tokenstile_count_stream_start(o200k);
      vm.withText(undecided, (ptr, bytes) => raw.tokenstile_count_stream_feed(stream, ptr, bytes));
      if (life % 2 === 0) raw.tokenstile_count_stream_finish(stream);
      raw.tokenstile_count_stream_dispose(stream);
    };
    for (let life = 0; life < 100; life++) live(life);
    const before = raw.memory.buffer.byteLength;
    const next = raw.tokenstile_count_alloc(100_000);
    raw.tokenstile_count_free(next);
    for (let life = 0; life < 3_000; life++) live(life);
    expect(raw.memory.buffer.byteLength).toBe(before);
    expect(raw.tokenstile_count_alloc(100_000)).toBe(next);
  });
});

describe("any arguments at all", () => {
  it("trap nothing, and call nothing of the host", () => {
    const ptr = raw.tokenstile_count_alloc(64);
    const stream = raw.tokenstile_count_stream_start(o200k);
    const numbers = [0, 1, 2, 64, 65, ptr, ptr + 1, ptr + 64, stream, -1, -2, 2 ** 31 - 1, 1 << 16];
    const calls: ((a: number, b: number, c: number) => unknown)[] = [
      (a, b) => raw.tokenstile_count_encoding(a, b),
      (a, b) => raw.tokenstile_count_encodings(a, b),
      (a, b, c) => raw.tokenstile_count_text(a, b, c),
      (a, b, c) => raw.tokenstile_count_text_till(a, b, c, c),
      (a, b, c) => raw.tokenstile_count_stream_feed(a, b, c),
      (a) => raw.tokenstile_count_stream_tokens(a),
      (a) => raw.tokenstile_count_stream_exact(a),
    ];
    for (const a of numbers) {
      for (const b of numbers) for (const c of numbers) for (const call of calls) call(a, b, c);
    }
    vm.withText(text, (at, bytes) => {
      expect(raw.tokenstile_count_text(o200k, at, bytes)).toBe(tokens);
    });
  });
});
