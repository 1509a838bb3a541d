import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { JsonModule, failure, logLine, readLog } from "../unit/json_log.ts";
import { documents, mutated, mutations } from "./json_documents.ts";
import { withoutSkipped } from "./json_skips.ts";
import { valueOfLog, wellFormedValue } from "./json_value.ts";

const cuts = fc.record({
  firstBytes: fc.integer({ min: 1, max: 200 }),
  chunkBytes: fc.integer({ min: 1, max: 40 }),
});

let json: JsonModule;
beforeAll(async () => {
  json = await JsonModule.load();
});

describe("any valid document", () => {
  it("is reported as the value that JSON.parse finds", () => {
    fc.assert(
      fc.property(documents, (text) => {
        const document = Buffer.from(text);
        const value = valueOfLog(json.scan(document), document);
        expect(value).toStrictEqual(wellFormedValue(JSON.parse(text)));
      }),
      { numRuns: 2000 },
    );
  });

  it("gives the same log however it is cut, whatever is skipped or asked for", () => {
    const behaviours = fc.record({ wantText: fc.boolean(), skipSeed: fc.nat(1000) });
    fc.assert(
      fc.property(documents, behaviours, cuts, (text, behaviour, cut) => {
        json.place(Buffer.from(text), (placed) => {
          const whole = placed.rawLog(behaviour);
          const inPieces = placed.rawLog({ ...behaviour, ...cut });
          expect(difference(inPieces, whole)).toBeUndefined();
        });
      }),
      { numRuns: 3000 },
    );
  });

  it("loses just the events of what is skipped", () => {
    fc.assert(
      fc.property(documents, fc.integer({ min: 1, max: 1000 }), (text, skipSeed) => {
        const document = Buffer.from(text);
        const lines = json.scan(document, { skipSeed }).map(logLine);
        lines.push(lines.pop()!.replace(/ skipped=.*/, ""));
        expect(lines).toEqual(withoutSkipped(json.scan(document), skipSeed).map(logLine));
      }),
      { numRuns: 2000 },
    );
  });
});

describe("any document", () => {
  // The generated documents are far from the depth limit. Invalid UTF-8 decodes to U+FFFD, which
  // JSON.parse takes inside strings and nowhere else: just what the scanner does with the bytes.
  it("is accepted when JSON.parse accepts its text, read or skipped, cut anywhere", () => {
    fc.assert(
      fc.property(documents, mutations, cuts, (text, changes, cut) => {
        const document = mutated(Buffer.from(text), changes);
        const expected = parses(document.toString("utf8"));
        json.place(document, (placed) => {
          expect(placed.accepts(false)).toBe(expected);
          expect(placed.accepts(true)).toBe(expected);
          const whole = placed.rawLog({});
          const inPieces = placed.rawLog(cut);
          expect(difference(inPieces, whole)).toBeUndefined();
        });
      }),
      { numRuns: 5000 },
    );
  });

  it("fails at the same place, read or skipped", () => {
    fc.assert(
      fc.property(documents, mutations, (text, changes) => {
        const document = mutated(Buffer.from(text), changes);
        const read = failure(json.scan(document));
        expect(failure(json.scan(document, { wantText: false }))).toEqual(read);
        expect(failure(json.scan(document, { skipSeed: 7 }))).toEqual(read);
      }),
      { numRuns: 2000 },
    );
  });
});

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** The first two entries in which the logs differ. */
function difference(one: Buffer, other: Buffer): string | undefined {
  if (one.equals(other)) return undefined;
  const [a, b] = [one, other].map((raw) => readLog(raw).map(logLine));
  const at = a!.findIndex((line, index) => line !== b![index]);
  return `${a!.at(at)} instead of ${b!.at(at)}`;
}
