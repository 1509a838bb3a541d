import { createParser } from "eventsource-parser";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { SseModule, type SseLogEntry, logLine } from "../unit/sse_log.ts";

interface Dispatched {
  type: string;
  data: string;
}

let sse: SseModule;
beforeAll(async () => {
  sse = await SseModule.load();
});

const lineEnds = fc.constantFrom("\n", "\r", "\r\n");
const fields = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom("data", "data:", "data: ", "data:  ") },
  { weight: 2, arbitrary: fc.constantFrom("event", "event:", "event: ") },
  {
    weight: 2,
    arbitrary: fc.constantFrom(":", ": ", "id: ", "id:", "datax:", "dat", "", " data:"),
  },
);
const values = fc.oneof(
  fc.constantFrom("", "", " ", ":", "x", "[DONE]", '{"a":"b"}', "\ufeff", "日本語 😀"),
  fc.string({ unit: "binary-ascii", maxLength: 50 }).map((text) => text.replace(/[\r\n\0]/g, "-")),
);
const lines = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(fields, values, lineEnds).map((parts) => parts.join("")) },
  { weight: 2, arbitrary: lineEnds },
);

/** Event streams of every kind of line; sometimes with a mark in front or an end that is cut. */
const streams = fc
  .tuple(fc.constantFrom("", "", "", "\ufeff"), fc.array(lines, { maxLength: 30 }), values)
  .map(([mark, all, rest]) => mark + all.join("") + rest);

/** What the events of a log would give to a listener. */
function dispatched(log: SseLogEntry[]): Dispatched[] {
  const events: Dispatched[] = [];
  let data: string[] = [];
  for (const { event, bytes } of log) {
    if (event === "DataEnd") data.push(bytes.toString("utf8"));
    if (event !== "EventEnd") continue;
    events.push({ type: bytes.toString("utf8"), data: data.join("\n") });
    data = [];
  }
  return events;
}

/**
 * What eventsource-parser makes of the stream's text, from which the decoder took the mark. It
 * reads line ends of a text that is not over yet, so that a last CR waits for the LF that might
 * come: one more comment line settles that.
 */
function reference(stream: string): Dispatched[] {
  const events: Dispatched[] = [];
  const parser = createParser({
    onEvent: ({ event, data }) => void events.push({ type: event ?? "", data }),
  });
  parser.feed(new TextDecoder().decode(Buffer.from(stream)));
  if (stream.endsWith("\r")) parser.feed(":\n");
  return events;
}

describe("any event stream", () => {
  it("is read as eventsource-parser reads it", () => {
    fc.assert(
      fc.property(streams, (stream) => {
        expect(dispatched(sse.read(Buffer.from(stream)))).toEqual(reference(stream));
      }),
      { numRuns: 5000 },
    );
  });

  it("gives the same log at every cut", () => {
    fc.assert(
      fc.property(streams, fc.integer({ min: 1, max: 40 }), (stream, chunkBytes) => {
        const bytes = Buffer.from(stream);
        const whole = sse.read(bytes).map(logLine).join("\n");
        for (let firstBytes = 1; firstBytes < bytes.length; firstBytes++) {
          const inTwo = sse.read(bytes, { firstBytes, chunkBytes: bytes.length });
          expect(inTwo.map(logLine).join("\n")).toBe(whole);
        }
        expect(sse.read(bytes, { chunkBytes }).map(logLine).join("\n")).toBe(whole);
      }),
      { numRuns: 300 },
    );
  });
});
