import type { AccessLogLine } from "../../host/access_log.ts";
import type { HostName } from "../gateway.ts";

/** What the gateway wrote into its books for one request; null where it wrote nothing. */
export interface Account {
  name: string;
  host: HostName;
  requestedModel: string | null;
  model: string | null;
  route: string | null;
  promptTokens: number | null;
  inputTokens: number | null;
  outputTokens: number | null;
  totalTokens: number | null;
  costNanoUsd: number | null;
  quality: string | null;
  ending: string | null;
  status: number;
}

/** Reads the account of a request from its access log line; nothing is worked out here. */
export function accountOf(name: string, host: HostName, line: AccessLogLine): Account {
  return {
    name,
    host,
    requestedModel: line.requested_model,
    model: line.model,
    route: line.route,
    promptTokens: numberOf(line.prompt_tokens),
    inputTokens: numberOf(line.input_tokens),
    outputTokens: numberOf(line.output_tokens),
    totalTokens: numberOf(line.total_tokens),
    costNanoUsd: numberOf(line.cost_nano_usd),
    quality: line.quality,
    ending: line.ending,
    status: line.status,
  };
}

function numberOf(text: string | null): number | null {
  return text === null || text === "" ? null : Number(text);
}

/** A cost as people read it: `0.000747500 USD`; exact, for no binary fraction is involved. */
export function spellCost(nanoUsd: number): string {
  const digits = BigInt(nanoUsd).toString().padStart(10, "0");
  return `${digits.slice(0, -9)}.${digits.slice(-9)} USD`;
}
