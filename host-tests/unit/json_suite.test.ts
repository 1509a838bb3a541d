import { beforeAll, describe, expect, it } from "vitest";
import { JsonModule, readLog } from "./json_log.ts";
import { suiteCases, wronglyRebuilt } from "./json_suite.ts";

/** Every size of a short document; of a long one the sizes where blocks of 16 begin and end. */
function chunkSizes(bytes: number): number[] {
  if (bytes <= 1024) return Array.from({ length: bytes }, (_, index) => index + 1);
  return [1, 2, 3, 7, 15, 16, 17, 31, 32, 33, 63, 64, 65, 1000, 65536];
}

describe("nst/JSONTestSuite", () => {
  let json: JsonModule;
  beforeAll(async () => {
    json = await JsonModule.load();
  });

  it("has all its 318 files, the damaged ones rebuilt", () => {
    expect(suiteCases()).toHaveLength(318);
    expect(wronglyRebuilt()).toEqual([]);
  });

  it.each(suiteCases())("$name, accepted: $accepted", ({ bytes, accepted }) => {
    json.place(bytes, (placed) => {
      const whole = placed.rawLog({});
      expect(readLog(whole).at(-1)!.event).toBe(accepted ? "Done" : "Fail");
      expect(placed.accepts(true)).toBe(accepted);
      for (const chunkBytes of chunkSizes(bytes.length)) {
        if (!placed.rawLog({ chunkBytes }).equals(whole)) expect.fail(`chunks of ${chunkBytes}`);
      }
    });
  });
});
