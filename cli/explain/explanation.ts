/** What became of one recorded exchange: the module's own report, and what went on the wire. */
import type { ReplayResult } from "../../host/replay.ts";
import type { ModuleReport } from "./module_report.ts";
import { type Fields, formatMessage } from "./message.ts";

export interface ExplainedUsage {
  input: number | null;
  cachedRead: number | null;
  cacheWrite: number | null;
  output: number | null;
  reasoning: number | null;
  total: number | null;
}

/** Null stands for what the provider, or the module, did not say. */
export interface Explanation {
  dialect: string | null;
  stream: boolean | null;
  requestedModel: string | null;
  model: string | null;
  targetModel: string | null;
  route: string | null;
  identity: string | null;
  maxOutput: number | null;
  promptTokens: number | null;
  /** The provider's own numbers. */
  usage: ExplainedUsage;
  /** The module's own count of the delivered text. */
  ownOutputTokens: number | null;
  deliveredText: string;
  costNanoUsd: number | null;
  quality: string | null;
  ending: string | null;
  decision: string | null;
  reason: string | null;
  /** What was sent on, as a raw message; null: nothing was. */
  upstreamRequest: string | null;
  /** What the client was sent, as a raw message. */
  clientResponse: string | null;
}

const nothingSaid: Omit<Explanation, "deliveredText" | "upstreamRequest" | "clientResponse"> = {
  dialect: null,
  stream: null,
  requestedModel: null,
  model: null,
  targetModel: null,
  route: null,
  identity: null,
  maxOutput: null,
  promptTokens: null,
  usage: {
    input: null,
    cachedRead: null,
    cacheWrite: null,
    output: null,
    reasoning: null,
    total: null,
  },
  ownOutputTokens: null,
  costNanoUsd: null,
  quality: null,
  ending: null,
  decision: null,
  reason: null,
};

/** Puts together what the module reported, if it read the request, and what was sent. */
export function explanationOf(said: ModuleReport, result: ReplayResult): Explanation {
  const { accessLog } = result;
  const logged = accessLog ? { decision: accessLog.decision, ending: accessLog.ending } : {};
  const known = { ...nothingSaid, ...logged, ...said.settlement };
  known.reason ||= null;
  const { usage, ownOutputTokens, costNanoUsd, quality, ending, decision, reason, ...read } = known;
  return {
    ...read,
    usage: { ...nothingSaid.usage, ...usage },
    ownOutputTokens,
    deliveredText: said.deliveredText,
    ...{ costNanoUsd, quality, ending, decision, reason },
    upstreamRequest: requestText(result),
    clientResponse: responseText(result),
  };
}

function requestText({ upstreamRequest }: ReplayResult): string | null {
  if (!upstreamRequest) return null;
  const { method, path, authority, headers, body } = upstreamRequest;
  const fields: Fields = [["host", authority], ...plainFields(headers)];
  return formatMessage(`${method} ${path} HTTP/1.1`, fields, body);
}

function responseText({ clientResponse }: ReplayResult): string | null {
  if (!clientResponse) return null;
  const { status, headers, body } = clientResponse;
  return formatMessage(`HTTP/1.1 ${status}`, plainFields(headers), body);
}

/** The pseudo fields of the host's header map stand in the first line instead. */
function plainFields(headers: Fields): Fields {
  return headers.filter(([name]) => !name.startsWith(":") && name !== "host");
}
