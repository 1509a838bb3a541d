/** Does a share of the soak of tokens, and tells the process that started it how far it is. */
import { asScript, faultOf, shrink } from "../property/bpe_fault.ts";
import { drawText } from "../property/bpe_texts.ts";
import { BpeModule, type ReferenceName } from "../unit/bpe_module.ts";
import { BpeTwin } from "../unit/bpe_twin.ts";
import { families, type Family, onePiece } from "../unit/bpe_worst.ts";

export interface Task {
  /** Drawn texts against the reference, or large ones against the plain twin. */
  kind: "drawn" | "worst";
  encodings: [name: ReferenceName, number: number][];
  seed: number;
  /** The first text's number; the others follow in steps, up to `to`. */
  from: number;
  to: number;
  step: number;
}

export interface Report {
  done: number;
  fault?: string;
}

const reportEvery = 500;
const faultsMax = 5;
const worstBytes = 1 << 20;
/** What a stream may give up: where a piece ends is told by what comes behind all of this. */
const undecided: keyof typeof families = "capitals behind a caseless letter";
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

const wasmLoaded = BpeModule.load();
process.once("message", (task: Task) => {
  const work = task.kind === "drawn" ? countDrawn(task) : countWorst(task);
  void work.then(() => process.disconnect());
});

function tell(report: Report): void {
  process.send?.(report);
}

async function countDrawn({ seed, from, to, step, encodings }: Task): Promise<void> {
  const bpe = await wasmLoaded;
  let done = 0;
  let faults = 0;
  for (let index = from; index < to && faults < faultsMax; index += step) {
    const { shape, bytes } = drawText(seed, index);
    for (const encoding of encodings) {
      if (faultOf(bpe, encoding, bytes) === null) continue;
      faults++;
      const found = await shrunk(encoding, bytes);
      tell({ done, fault: `${encoding[0]} --seed ${seed} --from ${index} (${shape}): ${found}` });
    }
    done++;
    // The message is sent once this turn is over.
    if (done % reportEvery === 0) {
      tell({ done });
      await new Promise((next) => setImmediate(next));
    }
  }
  tell({ done });
}

/** The shortest text that fails in a module which has counted nothing else. */
async function shrunk(encoding: Task["encodings"][number], bytes: Uint8Array): Promise<string> {
  const fresh = await BpeModule.load();
  if (faultOf(fresh, encoding, bytes) === null) {
    return `${asScript(bytes)} (only behind the texts before it)`;
  }
  const least = shrink(bytes, (shorter) => faultOf(fresh, encoding, shorter) !== null);
  const fault = faultOf(fresh, encoding, least);
  return `${asScript(least)} counted ${fault?.way}: ${fault?.counted}, not ${fault?.expected}`;
}

async function countWorst({ seed, encodings }: Task): Promise<void> {
  const bpe = await wasmLoaded;
  for (const [name, number] of encodings) {
    const twin = await BpeTwin.load(name);
    for (const [family, of] of Object.entries<Family>(families)) {
      const text = of(worstBytes, seed);
      const expected = twin.count(decoder.decode(text));
      const counted = [bpe.countWhole(number, text)];
      const streamed = bpe.count(number, text);
      if (streamed !== -1 || family !== undecided) counted.push(streamed);
      if (Object.hasOwn(onePiece, family)) counted.push(bpe.longPiece(number, text));
      if (counted.some((count) => count !== expected)) {
        tell({ done: 0, fault: `${name}, a MiB of ${family}: ${counted}, not ${expected}` });
      }
    }
  }
}
