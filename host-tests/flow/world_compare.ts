/** What one run of a flow showed, in a form in which the runs on two hosts must be equal. */
import type { AccessLogLine } from "../../host/access_log.ts";
import type { Exchange } from "./client.ts";
import type { HeaderList, Received } from "./provider.ts";

/** Everything that could be seen of one run. */
export interface Outcome {
  /** What each provider received, in order of arrival. */
  upstream: Record<string, { requests: Received[]; malformed: string[] }>;
  /** What each request of the client got, in the order in which they were sent. */
  client: Exchange[];
  /** The access log line of each of those requests. */
  log: AccessLogLine[];
  /** By how much each of the module's counters rose. */
  stats: Record<string, number>;
}

/**
 * Where the hosts may differ, and why. Everything else must be equal. Chunk boundaries are not in
 * the list because only whole bodies are compared: TCP may cut a stream anywhere, on any host.
 */
const headersLeftOut: { name: RegExp; why: string }[] = [
  { name: /^date$/, why: "the time of day" },
  { name: /^server$/, why: "each host names itself" },
  { name: /^x-envoy-/, why: "Envoy's own remarks on timeouts and timings" },
  { name: /^x-forwarded-proto$/, why: "Envoy's own remark on the client's connection" },
  { name: /^(connection|keep-alive|proxy-connection)$/, why: "they concern one connection only" },
];

/** The outcome without what may differ; header names in lower case, sorted, values in order. */
export function comparable(outcome: Outcome): unknown {
  const upstream = Object.entries(outcome.upstream).map(([name, { requests, malformed }]) => ({
    name,
    malformed,
    requests: requests.map(comparableRequest),
  }));
  const client = outcome.client.map(({ ended, replies, interim, surplus }) => ({
    ended,
    interim,
    surplus: surplus.toString("latin1"),
    replies: replies.map((reply) => ({
      status: reply.status,
      headers: comparableHeaders(reply.headers),
      body: reply.body.toString("latin1"),
      trailers: comparableHeaders(reply.trailers),
      complete: reply.complete,
    })),
  }));
  return { upstream, client, log: outcome.log.map(comparableLine), stats: outcome.stats };
}

function comparableRequest(request: Received): unknown {
  return {
    method: request.method,
    path: request.path,
    headers: comparableHeaders(request.headers),
    body: request.body.toString("latin1"),
    trailers: comparableHeaders(request.trailers),
    complete: request.complete,
  };
}

function comparableHeaders(headers: HeaderList): HeaderList {
  const kept: HeaderList = headers.map(([name, value]) => [name.toLowerCase(), value]);
  return kept
    .filter(([name]) => !headersLeftOut.some((rule) => rule.name.test(name)))
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}

/** Keys sorted, so that a difference is easy to read. */
function comparableLine(line: AccessLogLine): unknown {
  return Object.fromEntries(Object.entries(line).sort(([a], [b]) => (a < b ? -1 : 1)));
}
