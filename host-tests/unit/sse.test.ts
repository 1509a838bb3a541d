import { beforeAll, describe, expect, it } from "vitest";
import { SseModule } from "./sse_log.ts";

const mebibyte = 1 << 20;

let sse: SseModule;
beforeAll(async () => {
  sse = await SseModule.load();
});

describe("a line without end", () => {
  it.each([
    ["data", "data: ", 100 * mebibyte],
    ["comment", ":", 0],
    ["type", "event: ", 0],
    ["unknown field", "x", 0],
  ])("costs a %s no memory, and what follows is read", (_title, field, dataBytes) => {
    const memoryBytes = sse.memoryBytes;
    for (const chunkBytes of [1 << 16, 1000]) {
      sse.start();
      sse.feedRepeated(Buffer.from(field), 1);
      const times = Math.floor((100 * mebibyte) / chunkBytes);
      const seen = sse.feedRepeated(Buffer.alloc(chunkBytes, "x"), times);
      expect(seen).toEqual({ events: 0, dataBytes: dataBytes && times * chunkBytes });
      const rest = Buffer.from('\n\ndata: {"usage":1}\n\n');
      expect(sse.feedRepeated(rest, 1)).toEqual({ events: dataBytes ? 2 : 1, dataBytes: 11 });
    }
    expect(sse.memoryBytes - memoryBytes).toBeLessThan(mebibyte);
  });

  it("costs no more in chunks of one byte", () => {
    sse.start();
    sse.feedRepeated(Buffer.from("data: "), 1);
    const seen = sse.feedRepeated(Buffer.from("x"), 10 * mebibyte);
    expect(seen).toEqual({ events: 0, dataBytes: 10 * mebibyte });
  });
});

describe("bounds", () => {
  it("fit a struct that others embed", () => {
    expect(sse.readerBytes).toBeLessThanOrEqual(256);
  });

  it("an endless run of events needs no memory either", () => {
    const memoryBytes = sse.memoryBytes;
    sse.start();
    const seen = sse.feedRepeated(Buffer.from("event: a\ndata: b\r\n\r\n: c\n\n"), 100_000);
    expect(seen).toEqual({ events: 100_000, dataBytes: 100_000 });
    expect(sse.memoryBytes).toBe(memoryBytes);
  });
});
