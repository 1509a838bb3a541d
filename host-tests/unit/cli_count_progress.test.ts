import { describe, expect, it } from "vitest";
import { Progress } from "../../cli/count/progress.ts";

/** A progress whose clock the test sets, and what it shows. */
function watched(bytesTotal: number | null) {
  const clock = { ms: 0 };
  const shown: string[] = [];
  const progress = new Progress(
    (line) => void shown.push(line),
    bytesTotal,
    () => clock.ms,
  );
  const at = (ms: number, bytes: number): void => {
    clock.ms = ms;
    progress.advance(bytes, "file");
  };
  return { at, progress, shown };
}

describe("progress", () => {
  it("says nothing in the first second, and then how far, how fast and how long", () => {
    const { at, progress, shown } = watched(100e6);
    at(10, 1e6);
    at(999, 9e6);
    expect(shown).toEqual([]);
    at(1000, 10e6);
    expect(shown).toEqual(["20.0 MB of 100.0 MB  20 %  20.0 MB/s  4 s left  file"]);
    progress.clear();
  });

  it("says it five times a second at most, and takes it away", () => {
    const { at, progress, shown } = watched(1e9);
    for (let ms = 1000; ms < 2000; ms += 20) at(ms, 1000);
    expect(shown).toHaveLength(5);
    progress.clear();
    progress.clear();
    expect(shown.slice(5)).toEqual([""]);
  });

  it("knows no end of a pipe, nor of a file that grew", () => {
    const pipe = watched(null);
    pipe.at(2000, 3e9);
    expect(pipe.shown).toEqual(["3.00 GB  1500.0 MB/s  file"]);
    const grown = watched(1e6);
    grown.at(1000, 2e6);
    expect(grown.shown).toEqual(["2.0 MB  2.0 MB/s  file"]);
    for (const { progress } of [pipe, grown]) progress.clear();
  });

  it.each([
    [59e6, "59 s"],
    [60e6, "1 min 0 s"],
    [3599e6, "59 min 59 s"],
    [7200e6, "2 h"],
  ])("tells a wait of %d bytes as %s", (bytes, words) => {
    const { at, progress, shown } = watched(1e6 + bytes);
    at(1000, 1e6);
    expect(shown[0]).toContain(` ${words} left`);
    progress.clear();
  });

  it("listens to signals only while it shows something", () => {
    const listening = (): number => process.listenerCount("SIGINT");
    const before = listening();
    const { at, progress } = watched(null);
    at(10, 1);
    expect(listening()).toBe(before);
    at(1000, 1);
    at(2000, 1);
    expect(listening()).toBe(before + 1);
    progress.clear();
    expect(listening()).toBe(before);
  });

  it("is for those who watch", () => {
    const progress = new Progress(null, null, () => 5000);
    progress.advance(1, "file");
    progress.clear();
  });
});
