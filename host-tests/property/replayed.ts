/** One exchange through the module in memory, cut anywhere, and all that could be seen of it. */
import type { Pairs } from "../../host/abi.ts";
import { replay, type ReplayResult, type ScriptedResponse } from "../../host/replay.ts";
import { chatPath, chatSetup, jsonHeaders } from "../flow/chat_setup.ts";

export interface Exchanged {
  /** Bytes of the module; the built one in most tests. */
  module: string;
  configuration?: object;
  request: Uint8Array;
  response: Uint8Array;
  responseHeaders: Pairs;
  requestTrailers?: Pairs;
  responseTrailers?: Pairs;
  method?: string;
  path?: string;
  requestHeaders?: Pairs;
  stopIterationAllowed?: boolean;
  status?: number;
  respondAt?: "headers" | "end";
  bufferBytesMax?: number;
  /** The client leaves after so many chunks of its request. */
  abortRequestAfterChunk?: number;
  /** What else the upstream does. */
  upstream?: Partial<ScriptedResponse>;
}

/** How the two bodies are cut, and whether the last chunk carries the end of the stream. */
export interface Cutting {
  request: Uint8Array[];
  response: Uint8Array[];
  endWithLastChunk?: boolean;
}

/** The bytes in one chunk; no bytes are no chunk. */
export function uncut(bytes: Uint8Array): Uint8Array[] {
  return bytes.length === 0 ? [] : [bytes];
}

/** The bytes cut before each of these positions, which rise. */
export function cutAt(bytes: Uint8Array, positions: number[]): Uint8Array[] {
  const ends = [...positions, bytes.length];
  return ends.map((end, at) => bytes.subarray(at === 0 ? 0 : ends[at - 1], end));
}

/** The bytes in pieces of this size. */
export function cutInto(bytes: Uint8Array, size: number): Uint8Array[] {
  const positions: number[] = [];
  for (let at = size; at < bytes.length; at += size) positions.push(at);
  return cutAt(bytes, positions);
}

/** Runs an exchange once. */
export function run(exchange: Exchanged, cutting: Cutting): ReplayResult {
  const { endWithLastChunk } = cutting;
  return replay({
    module: exchange.module,
    configuration: exchange.configuration ?? chatSetup().configuration,
    stopIterationAllowed: exchange.stopIterationAllowed ?? true,
    respondAt: exchange.respondAt,
    bufferBytesMax: exchange.bufferBytesMax,
    request: {
      method: exchange.method ?? "POST",
      path: exchange.path ?? chatPath,
      headers: exchange.requestHeaders ?? jsonHeaders,
      chunks: cutting.request,
      trailers: exchange.requestTrailers,
      endWithLastChunk,
      abortAfterChunk: exchange.abortRequestAfterChunk,
    },
    respond: () => ({
      status: exchange.status ?? 200,
      headers: exchange.responseHeaders,
      chunks: cutting.response,
      trailers: exchange.responseTrailers,
      endWithLastChunk,
      ...exchange.upstream,
    }),
  });
}

/**
 * What upstream, client, log and metrics show: the same at every cut. Only how much was received of
 * a request that is refused before its end depends on the chunks.
 */
export function shown(result: ReplayResult): object {
  const { upstreamRequest, clientResponse, stats, violations, trap } = result;
  const denied = result.accessLog.decision === "deny";
  const accessLog = { ...result.accessLog, ...(denied ? { bytesReceived: null } : {}) };
  const text = (bytes: Uint8Array | undefined): string => {
    return Buffer.from(bytes ?? []).toString("latin1");
  };
  return {
    upstream: { ...upstreamRequest, chunks: null, body: text(upstreamRequest?.body) },
    client: { ...clientResponse, chunks: null, body: text(clientResponse?.body) },
    ...{ accessLog, stats, violations, trap },
  };
}
