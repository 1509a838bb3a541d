import { HeadersResult } from "./types";

/**
 * Which callback is running. A few calls are deadly in some of them, so the wrappers ask here and
 * no caller can get it wrong: `send_local_response` or `close_stream` in on_log, on_done or
 * on_delete ends the whole Envoy process, and a stream paused on headers that end the message never
 * resumes.
 */
export const enum Phase {
  Idle,
  Configure,
  RequestHeaders,
  RequestBody,
  RequestTrailers,
  ResponseHeaders,
  ResponseBody,
  ResponseTrailers,
  Log,
  Done,
}

let current: Phase = Phase.Idle;

export function enterPhase(phase: Phase): void {
  current = phase;
}

// @ts-ignore: decorator
@inline
function isRequest(phase: Phase): bool {
  return phase >= Phase.RequestHeaders && phase <= Phase.RequestTrailers;
}

/** A local reply is ours to give only before the response began. */
export function mayReply(): bool {
  return isRequest(current);
}

/** A stream can be cut as long as it is alive. */
export function mayCut(): bool {
  return current >= Phase.RequestHeaders && current <= Phase.ResponseTrailers;
}

/** Bodies can be replaced while their own callbacks run; a request's also in its trailers. */
export function mayReplaceRequestBody(): bool {
  return current == Phase.RequestBody || current == Phase.RequestTrailers;
}

export function mayReplaceResponseBody(): bool {
  return current == Phase.ResponseBody;
}

/** The result that may be given to the host: headers that end the message are never held. */
export function headersResult(wanted: HeadersResult, endOfStream: bool): HeadersResult {
  return endOfStream ? HeadersResult.Continue : wanted;
}
