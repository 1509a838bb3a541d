/** The loads that every variant is put under. */
import {
  type ChatRequest,
  jsonAnswer,
  makeRequests,
  requestSizes,
  streamedAnswer,
} from "../haystack/chat.ts";
import { plainModel } from "../policy.ts";

/** How the mock provider answers, as its request header `x-bench-answer` asks. */
export type AnswerKind = "json" | "burst" | "paced";

export interface Load {
  name: string;
  /** Of the request's body. */
  bytes: number;
  answer: AnswerKind;
  /** Clients that each ask again once they have their answer, while CPU is measured. */
  connections: number;
  /** Measured in one pass for one variant. */
  requests: number;
  /** Asked by one client alone for the latency; 0: taken while CPU is measured. */
  lonelyRequests: number;
  /** Milliseconds of CPU that route and meter may add to a request. */
  goalMs: number;
}

export const eventsPerStream = 200;
export const paceMs = 2;

/** Different texts in turn; large ones are few, because they are dear to make. */
const poolBytes = 6_000_000;
const poolMost = 400;
const poolSeed = 101;
const answerSeed = 103;

const [small, medium, large] = requestSizes;

/** Enough clients to keep one worker busy: an idle one costs more, and costs unevenly. */
const busy = { connections: 8 };

export const loads: Load[] = [
  { ...small, ...busy, answer: "json", requests: 1_000, lonelyRequests: 300, goalMs: 0.06 },
  { ...medium, ...busy, answer: "json", requests: 500, lonelyRequests: 150, goalMs: 0.05 },
  { ...large, ...busy, answer: "json", requests: 64, lonelyRequests: 20, goalMs: 0.2 },
  {
    ...{ ...busy, name: "SSE burst", bytes: small.bytes, answer: "burst" },
    ...{ requests: 80, lonelyRequests: 30, goalMs: 0.25 },
  },
  {
    ...{ connections: 4, name: "SSE paced", bytes: small.bytes, answer: "paced" },
    ...{ requests: 8, lonelyRequests: 0, goalMs: 1 },
  },
];

/** The requests of a load, the same in every process that asks. */
export function requestPool(load: Load): ChatRequest[] {
  const count = Math.min(Math.ceil(poolBytes / load.bytes), poolMost);
  const stream = load.answer !== "json";
  return makeRequests(poolSeed, count, load.bytes, { model: plainModel, stream });
}

/** What the provider sends as the body of this answer, piece by piece. */
export function answerPieces(answer: AnswerKind): Buffer[] {
  if (answer === "json") return [jsonAnswer(answerSeed, plainModel)];
  return streamedAnswer(answerSeed, plainModel, eventsPerStream);
}
