import { enterPhase, headersResult, Phase } from "../abi/phase";
import { BodyResult, HeadersResult } from "../abi/types";
import { addRecord, isRoot, recordOf, removeRecord } from "./registry";
import { Root } from "./root";
import {
  onLog,
  onRequestBody,
  onRequestHeaders,
  onRequestTrailers,
  onResponseBody,
  onResponseHeaders,
  onResponseTrailers,
} from "./stream";
import { newStreamRecord, StreamRecord } from "./stream_record";

/*
 * From the host's numbers to our records. A context id that is not known (the host may still call
 * after it gave a context up) is answered as if there were no filter.
 */

export function contextCreated(id: u32, parent: u32): void {
  if (parent == 0) {
    addRecord(id, __pin(changetype<usize>(new Root())), true);
    return;
  }
  const root = isRoot(parent) ? recordOf(parent) : 0;
  addRecord(id, changetype<usize>(newStreamRecord(id, root)), false);
}

export function configured(id: u32, bytes: u32): bool {
  enterPhase(Phase.Configure);
  const record = recordOf(id);
  return record != 0 && isRoot(id) && changetype<Root>(record).configure(bytes);
}

export function requestHeaders(id: u32, endOfStream: bool): HeadersResult {
  enterPhase(Phase.RequestHeaders);
  const stream = streamOf(id);
  if (stream === null) return HeadersResult.Continue;
  return headersResult(onRequestHeaders(stream, endOfStream), endOfStream);
}

export function requestBody(id: u32, bytes: u32, endOfStream: bool): BodyResult {
  enterPhase(Phase.RequestBody);
  const stream = streamOf(id);
  return stream === null ? BodyResult.Continue : onRequestBody(stream, bytes, endOfStream);
}

export function requestTrailers(id: u32): HeadersResult {
  enterPhase(Phase.RequestTrailers);
  const stream = streamOf(id);
  return stream === null ? HeadersResult.Continue : onRequestTrailers(stream);
}

export function responseHeaders(id: u32, endOfStream: bool): HeadersResult {
  enterPhase(Phase.ResponseHeaders);
  const stream = streamOf(id);
  if (stream === null) return HeadersResult.Continue;
  return headersResult(onResponseHeaders(stream, endOfStream), endOfStream);
}

export function responseBody(id: u32, bytes: u32, endOfStream: bool): BodyResult {
  enterPhase(Phase.ResponseBody);
  const stream = streamOf(id);
  return stream === null ? BodyResult.Continue : onResponseBody(stream, bytes, endOfStream);
}

export function responseTrailers(id: u32): HeadersResult {
  enterPhase(Phase.ResponseTrailers);
  const stream = streamOf(id);
  return stream === null ? HeadersResult.Continue : onResponseTrailers(stream);
}

export function logged(id: u32): void {
  enterPhase(Phase.Log);
  const stream = streamOf(id);
  if (stream !== null) onLog(stream);
}

/** A host that logs nothing still ends its streams; a root is always ready to go. */
export function done(id: u32): bool {
  enterPhase(Phase.Done);
  const stream = streamOf(id);
  if (stream !== null) onLog(stream);
  return true;
}

export function deleted(id: u32): void {
  enterPhase(Phase.Done);
  const record = recordOf(id);
  if (record == 0) return;
  const stream = streamOf(id);
  removeRecord(id);
  if (stream !== null) stream.dispose();
  else changetype<Root>(record).giveUp();
}

function streamOf(id: u32): StreamRecord | null {
  return isRoot(id) ? null : changetype<StreamRecord | null>(recordOf(id));
}
