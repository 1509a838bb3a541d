import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Counter, loadCounter } from "../../lib/count/index.ts";
import { buildModule, modulePath, rootDir } from "../../tools/build.ts";
import {
  type Chunks,
  readWhole,
  sizeOf,
  standardInput,
  Unreadable,
  withInput,
} from "../count/input.ts";
import { encodingOfModel } from "../count/models.ts";
import { Progress } from "../count/progress.ts";
import { CountReport, shown, type Tally } from "../count/report.ts";
import { exitCode, Failure } from "../failure.ts";
import { readOptions } from "../options.ts";
import type { Terminal } from "../terminal.ts";

const defaultEncoding = "o200k_base";
/** Files of up to this size are read again, whole, where their stream cannot be counted exactly. */
const wholeBytesMax = 60e6;
/** Where a size is not known beforehand, numbers get this many columns, as in `wc`. */
const columnsUnknown = 7;

/** Counts the tokens of files, or of standard input. */
export async function count(args: string[], terminal: Terminal): Promise<number> {
  const { values, positionals } = readOptions(
    args,
    {
      encoding: { type: "string" },
      model: { type: "string" },
      wasm: { type: "string" },
      json: { type: "boolean" },
    },
    Infinity,
  );
  const { encoding, model } = values;
  if (encoding !== undefined && model !== undefined) {
    throw new Failure("--encoding and --model say the same thing: give one of them.");
  }
  const wanted = model === undefined ? (encoding ?? defaultEncoding) : encodingOfModel(model);
  const wasm = values.wasm ?? (await readyModule(terminal));
  const counter = await loadCounter(wanted, { wasm }).catch((error: Error) => {
    const why = model === undefined ? "" : `${model} counts by ${wanted}. `;
    throw new Failure(why + error.message);
  });
  const names = positionals.length > 0 ? positionals : [standardInput];
  const bytesTotal = await sizeOf(names);
  const columns = names.length === 1 ? 0 : (bytesTotal?.toString().length ?? columnsUnknown);
  const report = new CountReport(terminal, wanted, values.json ?? false, columns);
  const progress = new Progress(terminal.status ?? null, bytesTotal);
  return countAll({ names, isNamed: positionals.length > 0, counter, report, progress, terminal });
}

interface Work {
  names: string[];
  /** False where standard input is read because no file was named. */
  isNamed: boolean;
  counter: Counter;
  report: CountReport;
  progress: Progress;
  terminal: Terminal;
}

/** Counts one input after the other; one that cannot be read is told, and the others go on. */
async function countAll(work: Work): Promise<number> {
  const { names, isNamed, counter, report, progress, terminal } = work;
  const total = { bytes: 0, tokens: 0, exact: true };
  let files = 0;
  for (const name of names) {
    try {
      const tally = await withInput(name, (chunks) => countChunks(chunks, counter, name, progress));
      progress.clear();
      report.file(isNamed ? name : null, tally);
      files++;
      total.bytes += tally.bytes;
      total.tokens += tally.tokens;
      total.exact &&= tally.exact;
    } catch (error) {
      progress.clear();
      if (!(error instanceof Unreadable)) throw error;
      terminal.err(`tokenstile: ${shown(error.message)}`);
    }
  }
  if (names.length > 1) report.total(files, total);
  return files === names.length ? exitCode.done : exitCode.failed;
}

async function countChunks(
  chunks: Chunks,
  counter: Counter,
  name: string,
  progress: Progress,
): Promise<Tally> {
  const stream = counter.stream();
  try {
    let bytes = 0;
    for await (const chunk of chunks) {
      stream.feed(chunk);
      bytes += chunk.length;
      progress.advance(chunk.length, shown(name));
    }
    const tokens = stream.finish();
    const whole = stream.exact ? null : await readWhole(name, wholeBytesMax);
    if (whole === null) return { bytes, tokens, exact: stream.exact };
    return { bytes, tokens: counter.count(whole), exact: true };
  } finally {
    stream.dispose();
  }
}

/** In a checkout the module is built if need be; a package brings it along. */
async function readyModule(terminal: Terminal): Promise<string> {
  if (!existsSync(join(rootDir, "package-lock.json"))) return modulePath;
  if (!existsSync(modulePath)) terminal.err("Building the module, which takes a moment once.");
  return buildModule();
}
