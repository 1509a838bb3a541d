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
  /** Clients that each ask again once they have their answer. */
  connections: number;
  /** Measured in one pass for one variant. */
  requests: number;
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

export const loads: Load[] = [
  { ...small, answer: "json", connections: 1, requests: 800, goalMs: 0.06 },
  { ...medium, answer: "json", connections: 1, requests: 400, goalMs: 0.05 },
  { ...large, answer: "json", connections: 1, requests: 80, goalMs: 0.2 },
  {
    ...{ name: "SSE burst", bytes: small.bytes, answer: "burst", connections: 1 },
    ...{ requests: 60, goalMs: 0.25 },
  },
  {
    ...{ name: "SSE paced", bytes: small.bytes, answer: "paced", connections: 4 },
    ...{ requests: 8, goalMs: 1 },
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
