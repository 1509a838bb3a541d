/** How long the module takes to be ready, and how large it is. */
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { pluginConfiguration } from "../policy.ts";
import { median, range } from "../statistics.ts";
import { figure, markdownTable } from "../table.ts";
import { LeanHost } from "./lean_host.ts";

/** Answers the table; each of the times is taken `rounds` times. */
export function measureStart(path: string, rounds: number): string {
  const bytes = readFileSync(path);
  const times: Record<"compile" | "instantiate" | "configure", number[]> = {
    compile: [],
    instantiate: [],
    configure: [],
  };
  for (let round = 0; round < rounds; round++) {
    const marks = [performance.now()];
    // The engine remembers modules that it has seen; with another custom section it is new.
    const module = new WebAssembly.Module(Buffer.concat([bytes, customSection(round)]));
    marks.push(performance.now());
    const host = new LeanHost(module);
    marks.push(performance.now());
    host.configure(pluginConfiguration("exact"));
    marks.push(performance.now());
    Object.values(times).forEach((list, step) =>
      list.push((marks[step + 1] ?? NaN) - (marks[step] ?? NaN)),
    );
  }
  const rows = Object.entries(times).map(([step, ms]) => {
    const { low, high } = range(ms);
    return [`${step}, ms`, figure(median(ms)), `${figure(low)}..${figure(high)}`];
  });
  const size = ["size of the .wasm, bytes", bytes.length.toLocaleString("en"), ""];
  const packed = ["the same in gzip, bytes", gzipSync(bytes).length.toLocaleString("en"), ""];
  return markdownTable(["start of the module", "", "least..most"], [...rows, size, packed]);
}

/** A custom section named `r` with one byte: id 0, size 3, name size 1. */
function customSection(round: number): Uint8Array {
  return Uint8Array.of(0, 3, 1, 0x72, round & 0xff);
}
