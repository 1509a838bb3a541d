import { fromByteString } from "./abi.ts";
import type { HeaderMap } from "./header_map.ts";
import type { StreamInfo } from "./stream_info.ts";

/** One access-log line: the same keys on this host and on a real Envoy. */
export interface AccessLogLine {
  /** `x-request-id`, the client's or a generated one. */
  id: string | null;
  method: string | null;
  path: string | null;
  /** The response code, 0 when no response was begun. */
  status: number;
  /** Envoy's response code details, such as `via_upstream`. */
  details: string | null;
  /** Envoy's response flags, such as `DC`; `-` for none. */
  flags: string;
  cluster: string | null;
  /** Body bytes from the client. */
  bytesReceived: number;
  /** Body bytes to the client. */
  bytesSent: number;
  requested_model: string | null;
  model: string | null;
  target_model: string | null;
  route: string | null;
  identity: string | null;
  dialect: string | null;
  prompt_tokens: string | null;
  input_tokens: string | null;
  cached_input_tokens: string | null;
  cache_write_tokens: string | null;
  output_tokens: string | null;
  reasoning_tokens: string | null;
  total_tokens: string | null;
  cost_nano_usd: string | null;
  quality: string | null;
  ending: string | null;
  decision: string | null;
  stream: string | null;
  reason: string | null;
}

/** The filter state fields of a line; the module writes each as property `tokenstile.NAME`. */
export const stateFields = [
  "requested_model",
  "model",
  "target_model",
  "route",
  "identity",
  "dialect",
  "prompt_tokens",
  "input_tokens",
  "cached_input_tokens",
  "cache_write_tokens",
  "output_tokens",
  "reasoning_tokens",
  "total_tokens",
  "cost_nano_usd",
  "quality",
  "ending",
  "decision",
  "stream",
  "reason",
] as const satisfies readonly (keyof AccessLogLine)[];

/** What a line is made of: any finished stream. */
export interface LoggedStream {
  readonly info: StreamInfo;
  readonly requestHeaders: HeaderMap;
}

/** The line of a stream that has ended, as `%FILTER_STATE(wasm.tokenstile.NAME:PLAIN)%` and kin. */
export function accessLogLine(stream: LoggedStream): AccessLogLine {
  const { info, requestHeaders } = stream;
  const header = (name: string): string | null => {
    const value = requestHeaders.get(name);
    return value === null ? null : fromByteString(value);
  };
  const line: Record<string, unknown> = {
    id: header("x-request-id"),
    method: header(":method"),
    path: header(":path"),
    status: info.responseCode ?? 0,
    details: info.details,
    flags: info.flagsText,
    cluster: info.cluster,
    bytesReceived: info.bytesReceived,
    bytesSent: info.bytesSent,
  };
  for (const field of stateFields) {
    const value = info.filterState.get(`wasm.tokenstile.${field}`);
    line[field] = value === undefined ? null : Buffer.from(value).toString("utf8");
  }
  return line as unknown as AccessLogLine;
}
