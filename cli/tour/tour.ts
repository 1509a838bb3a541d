/** The tour: sends each step through a serving gateway and reads what its log says of it. */
import { setTimeout as sleep } from "node:timers/promises";
import OpenAI from "openai";
import type { AccessLogLine } from "../../host/access_log.ts";
import type { ServingGateway } from "../gateway.ts";
import type { SettledLog } from "../settled_log.ts";
import { type Account, accountOf } from "./account.ts";
import { complaintsAbout } from "./judge.ts";
import { type Seen, type TourStep, tourSteps } from "./steps.ts";

export interface StepOutcome {
  step: TourStep;
  account: Account;
  /** The name that the chosen provider was asked for. */
  targetModel: string | null;
  seen: Seen;
  /** What went otherwise than it should. */
  complaints: string[];
}

const settlementWaitMs = 10_000;
const settlementPollMs = 5;

/** Takes the tour, a step after the other; `log` is where the gateway's lines come in. */
export async function* takeTour(
  gateway: ServingGateway,
  log: SettledLog,
): AsyncGenerator<StepOutcome> {
  const { url } = gateway;
  const openai = new OpenAI({ apiKey: "visitor-key", baseURL: `${url}/v1`, maxRetries: 0 });
  for (const step of tourSteps) {
    const seen = await step.send({ openai, url });
    const line = await settlementOf(step.name, log);
    const account = accountOf(step.name, gateway.host, line);
    const complaints = complaintsAbout(step, account, seen);
    yield { step, account, targetModel: line.target_model, seen, complaints };
  }
}

/** A request is settled after its last byte, so its line may come a moment after the answer. */
async function settlementOf(id: string, log: SettledLog): Promise<AccessLogLine> {
  for (let waitedMs = 0; waitedMs < settlementWaitMs; waitedMs += settlementPollMs) {
    const line = log.take(id);
    if (line) return line;
    await sleep(settlementPollMs);
  }
  throw new Error(`the gateway wrote no log line for request ${id}`);
}
