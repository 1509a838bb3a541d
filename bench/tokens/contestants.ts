/** Who is measured, by the names in the tables, and how much of the time each may have. */
import type { Python } from "./process/python.ts";

export type Group = "ours" | "npm" | "python";

export interface Contestant {
  /** As the tables call it. */
  name: string;
  group: Group;
  /** As the processes call it. */
  engine: string;
  /** How often the warm-up text is counted first. V8 needs more of it than compiled code. */
  warmUpPasses: number;
  /** Passes over a corpus after the first one. */
  warmPasses: number;
  /** It is measured in so many rounds at most. */
  roundsMost: number;
}

/** The encodings that are measured; the first one is what the goals are about. */
export const encodings = ["o200k_base", "cl100k_base"] as const;

/** The gateway's module on bytes, and the library that takes strings like other packages. */
export const ours = "tokenstile, bytes";
export const ourLibrary = "tokenstile/count, strings";

/** Our engine fed in chunks: within the module, and by deltas that are strings. */
export const ourChunks = "tokenstile, 4-byte chunks";
export const ourDeltas = "tokenstile/count, 4-letter deltas";

/** Its counts are the reference. */
export const reference = "npm tiktoken";
export const fastestNative = "fastokens";
export const npmPeers = ["gpt-tokenizer", "ai-tokenizer", "js-tiktoken"];

const anyRounds = Infinity;
const nodeWarmUps = 5;
const pythonWarmUps = 3;
const warmPasses = 3;
const warmPassesQuick = 1;

/** It takes minutes where the others take seconds. */
const slowest = { warmUpPasses: 1, warmPasses: 1, roundsMost: 2 };

/** All of them, or for a quick look ours and the reference. */
export function contestantsOf(quick: boolean, python: Python): Contestant[] {
  const npm = (name: string, engine = name): Contestant => ({
    ...{ name, engine, group: "npm", warmUpPasses: nodeWarmUps, warmPasses },
    roundsMost: anyRounds,
  });
  const own = (name: string, engine: string): Contestant => ({
    ...npm(name, engine),
    group: "ours",
  });
  const few = [own(ours, "module"), own(ourLibrary, "library"), npm(reference, "tiktoken")];
  const streams = [own(ourChunks, "chunks"), own(ourDeltas, "deltas")];
  if (quick) return [...few, ...streams].map((each) => ({ ...each, warmPasses: warmPassesQuick }));
  const others = npmPeers.map((name) => ({
    ...npm(name),
    ...(name === "js-tiktoken" ? slowest : {}),
  }));
  const natives = python.there.map((name): Contestant => ({
    ...npm(name),
    group: "python",
    warmUpPasses: pythonWarmUps,
  }));
  return [...few, ...streams, ...others, ...natives];
}
