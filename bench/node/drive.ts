/** Leads streams through the module the way Envoy does, as far as the module can tell. */
import { type HeaderList, LeanHost, rootId, serializePairs, type StreamData } from "./lean_host.ts";

/** Envoy hands on what one read brought; this is what its buffers hold of one. */
export const readBytes = 16_384;

const requestHeaders: HeaderList = [
  [":authority", "gateway.test"],
  [":path", "/v1/chat/completions"],
  [":method", "POST"],
  [":scheme", "http"],
  ["content-type", "application/json"],
  ["accept", "application/json"],
  ["user-agent", "OpenAI/Python 1.99.0"],
  ["authorization", "Bearer sk-bench"],
  ["x-forwarded-proto", "http"],
  ["x-request-id", "3b9aca00-0000-4000-8000-000000000001"],
];

const responseHeads = {
  json: serializePairs([
    [":status", "200"],
    ["content-type", "application/json"],
    ["x-envoy-upstream-service-time", "12"],
    ["server", "envoy"],
  ]),
  sse: serializePairs([
    [":status", "200"],
    ["content-type", "text/event-stream; charset=utf-8"],
    ["x-envoy-upstream-service-time", "12"],
    ["server", "envoy"],
  ]),
};

export const answeredByUpstream = Buffer.from("via_upstream");

/** What the host has ready for a stream with this body. */
export function streamData(body: Uint8Array, answer: "json" | "sse"): StreamData {
  const length: HeaderList = [["content-length", String(body.length)]];
  return {
    requestHead: serializePairs([...requestHeaders, ...length]),
    requestBody: body,
    responseHead: responseHeads[answer],
    details: answeredByUpstream,
  };
}

export function openStream(host: LeanHost, id: number): void {
  host.exports.proxy_on_context_create(id, rootId);
}

/** Sends a whole request. */
export function sendRequest(host: LeanHost, id: number, data: StreamData): void {
  const { exports } = host;
  host.stream = data;
  exports.proxy_on_request_headers(id, requestHeaders.length + 1, 0);
  const size = data.requestBody.length;
  for (let at = readBytes; at < size; at += readBytes) {
    exports.proxy_on_request_body(id, at, 0);
  }
  exports.proxy_on_request_body(id, size, 0);
  exports.proxy_on_request_body(id, size, 1);
}

/** Sends the headers and half of the body. */
export function sendPartOfBody(host: LeanHost, id: number, data: StreamData): void {
  const { exports } = host;
  host.stream = data;
  exports.proxy_on_request_headers(id, requestHeaders.length + 1, 0);
  exports.proxy_on_request_body(id, data.requestBody.length >> 1, 0);
}

export function openResponse(host: LeanHost, id: number): void {
  host.exports.proxy_on_response_headers(id, 4, 0);
}

/** Passes chunks of a response through. */
export function sendChunks(host: LeanHost, id: number, chunks: readonly Uint8Array[]): void {
  const { exports } = host;
  for (const chunk of chunks) {
    host.responseChunk = chunk;
    host.recording?.delivered.push(Buffer.from(chunk));
    exports.proxy_on_response_body(id, chunk.length, 0);
  }
}

/** The end of the response's body, which comes to the filter by itself. */
export function endResponse(host: LeanHost, id: number): void {
  host.responseChunk = nothing;
  host.recording?.delivered.push(Buffer.alloc(0));
  host.exports.proxy_on_response_body(id, 0, 1);
}

/** The end of the response with trailers behind it, which says so for the body too. */
export function endWithTrailers(host: LeanHost, id: number): void {
  host.exports.proxy_on_response_trailers(id, 0);
}

const nothing = new Uint8Array();

/** What Envoy calls after a stream, whatever became of it. */
export function closeStream(host: LeanHost, id: number): void {
  const { exports } = host;
  exports.proxy_on_log(id);
  exports.proxy_on_done(id);
  exports.proxy_on_delete(id);
}

/** One stream from its opening to its end. */
export function runStream(
  host: LeanHost,
  id: number,
  data: StreamData,
  answer: readonly Uint8Array[],
): void {
  openStream(host, id);
  passStream(host, id, data, answer);
}

/** All callbacks of a stream but the one that tells the module of it. */
export function passStream(
  host: LeanHost,
  id: number,
  data: StreamData,
  answer: readonly Uint8Array[],
): void {
  sendRequest(host, id, data);
  openResponse(host, id);
  sendChunks(host, id, answer);
  endResponse(host, id);
  closeStream(host, id);
}
