import { removeHeader, headerPairs } from "../abi/headers";
import { nowNs, propertyBytes, propertyPtr, readProperty } from "../abi/host";
import { BodyResult, HeadersResult, MapType, Status } from "../abi/types";
import { Dialect } from "../api/dialect";
import { RequestError } from "../api/request";
import { Encoding } from "../bpe/encoding";
import { equalsAscii, startsWithAsciiIgnoreCase } from "../bytes/ascii";
import { parseDecimalU64 } from "../bytes/decimal";
import { Literal, literal } from "../bytes/literal";
import { BodyMode, Config, CountMode } from "../config/config";
import { admit } from "./admit";
import { countDenial, countSettlement, moveOpenStreams } from "./counters";
import { decide } from "./decide";
import { applyDecision } from "./decision";
import { Denial } from "./denial";
import { explain } from "./explain";
import { readBody } from "./read";
import { sendDenial } from "./reply";
import { settle } from "./settle";
import { Stage, StreamRecord } from "./stream-record";
import { writeDecision, writeSettlement } from "./telemetry";
import { newWatch, ResponseForm, Watch } from "./watch";

/*
 * The way of one stream, in the order in which the host calls: admit, read, decide, watch, settle.
 * All branching about a stream is here; the verbs answer questions.
 */

/** Request headers: strip, tell what this is, who pays. */
export function onRequestHeaders(stream: StreamRecord, endOfStream: bool): HeadersResult {
  const config = stream.config;
  if (config === null) return refuseHeaders(stream, Denial.Sealed);
  const denial = admit(stream, config, endOfStream);
  if (denial != Denial.None) return refuseHeaders(stream, denial);
  if (stream.dialect != Dialect.OpenAiChat) {
    stream.stage = Stage.Passed;
    return HeadersResult.Continue;
  }
  stream.stage = Stage.Reading;
  moveOpenStreams(1);
  const holds = config.attach.body == BodyMode.Hold;
  return holds ? HeadersResult.StopIteration : HeadersResult.Continue;
}

function refuseHeaders(stream: StreamRecord, denial: Denial): HeadersResult {
  const config = stream.config;
  if (denial == Denial.Failure && config !== null && config.onFailureAllows) {
    stream.stage = Stage.Passed;
    return HeadersResult.Continue;
  }
  if (stream.dialect != Dialect.None) moveOpenStreams(1);
  refuse(stream, denial);
  return HeadersResult.StopIteration;
}

/** Request body: read what is new; at its end decide. */
export function onRequestBody(stream: StreamRecord, size: u32, endOfStream: bool): BodyResult {
  if (stream.stage == Stage.Denied) return BodyResult.StopIterationAndBuffer;
  if (stream.stage != Stage.Reading) return BodyResult.Continue;
  const config = stream.config;
  if (config === null) return BodyResult.Continue;
  const denial = readBody(stream, config, size);
  if (denial != Denial.None) return refuseBody(stream, config, denial);
  return endOfStream ? endRequest(stream, config) : BodyResult.StopIterationAndBuffer;
}

/** Request trailers: the body ended before them, without saying so. */
export function onRequestTrailers(stream: StreamRecord): HeadersResult {
  const config = stream.config;
  if (stream.stage != Stage.Reading || config === null) return HeadersResult.Continue;
  const denial = stream.request === null ? Denial.BodyMissing : Denial.None;
  const result =
    denial == Denial.None ? endRequest(stream, config) : refuseBody(stream, config, denial);
  return result == BodyResult.Continue ? HeadersResult.Continue : HeadersResult.StopIteration;
}

function endRequest(stream: StreamRecord, config: Config): BodyResult {
  const denial = decide(stream, config);
  if (denial != Denial.None) return refuseBody(stream, config, denial);
  const held = config.attach.body == BodyMode.Hold;
  const status = applyDecision(stream.bodyRead, held, stream.requestLengthOpen);
  if (status != Status.Ok) return refuseBody(stream, config, Denial.Failure);
  stream.stage = Stage.Admitted;
  writeDecision(stream);
  return BodyResult.Continue;
}

/** A failure of ours may be let pass, uncounted; what the client did wrong may not. */
function refuseBody(stream: StreamRecord, config: Config, denial: Denial): BodyResult {
  stream.closeReader();
  if (denial == Denial.Failure && config.onFailureAllows) {
    stream.stage = Stage.Passed;
    moveOpenStreams(-1);
    return BodyResult.Continue;
  }
  refuse(stream, denial);
  return BodyResult.StopIterationAndBuffer;
}

function refuse(stream: StreamRecord, denial: Denial): void {
  stream.stage = Stage.Denied;
  stream.denial = denial;
  const request = stream.request;
  sendDenial(denial, request);
  countDenial(denial, request === null ? RequestError.None : request.error);
  writeDecision(stream);
}

const contentLength: Literal = literal("content-length");
const codeDetails: Literal = literal("response\0code_details");

/**
 * Response headers: whose answer is it, and in which form. An upstream may answer before the
 * request has ended, so before it is decided.
 */
export function onResponseHeaders(stream: StreamRecord, endOfStream: bool): HeadersResult {
  stream.responseStarted = true;
  const metered = stream.stage == Stage.Admitted || stream.stage == Stage.Reading;
  const config = stream.config;
  if (!metered || config === null) return HeadersResult.Continue;
  stream.responseEnded = endOfStream;
  stream.upstreamAnswered = isViaUpstream();
  if (!stream.upstreamAnswered) return HeadersResult.Continue;
  const watch = openWatch(stream, config);
  if (watch.editor !== null) {
    stream.responseLengthOpen = removeHeader(MapType.ResponseHeaders, contentLength) == Status.Ok;
  }
  return HeadersResult.Continue;
}

function openWatch(stream: StreamRecord, config: Config): Watch {
  const watch = newWatch();
  stream.watch = watch;
  const request = stream.request;
  if (stream.renames && request !== null) {
    watch.modelPtr = request.modelPtr;
    watch.modelBytes = request.modelBytes;
  }
  watch.hidesUsage = stream.hidesUsage;
  watch.explains = config.attach.explain;
  watch.counts = config.count != CountMode.Off;
  const model = stream.model;
  const exact = config.count == CountMode.Exact && model !== null;
  const encoding = exact && model !== null ? model.encoding : Encoding.None;
  watch.start(stream.responseWalker(), readForm(stream), encoding);
  return watch;
}

/** Only an upstream's own answer is charged; replies of other filters have other details. */
function isViaUpstream(): bool {
  if (!readProperty(codeDetails.ptr, codeDetails.bytes)) return false;
  return equalsAscii(propertyPtr(), propertyBytes(), "via_upstream");
}

const statusSlot: usize = memory.data(8, 8);

function readForm(stream: StreamRecord): ResponseForm {
  let form = ResponseForm.Opaque;
  let encoded = false;
  const pairs = headerPairs();
  if (pairs.read(MapType.ResponseHeaders) != Status.Ok) return form;
  while (pairs.next()) {
    const name = pairs.namePtr;
    const bytes = pairs.nameBytes;
    const value = pairs.valuePtr;
    if (equalsAscii(name, bytes, "content-type")) {
      form = formOf(value, pairs.valueBytes);
    } else if (equalsAscii(name, bytes, "content-encoding")) {
      encoded = encoded || !equalsAscii(value, pairs.valueBytes, "identity");
    } else if (equalsAscii(name, bytes, ":status")) {
      store<u64>(statusSlot, 0);
      parseDecimalU64(value, pairs.valueBytes, statusSlot);
      stream.responseStatus = load<u32>(statusSlot);
    }
  }
  return encoded ? ResponseForm.Opaque : form;
}

function formOf(type: usize, bytes: u32): ResponseForm {
  if (startsWithAsciiIgnoreCase(type, bytes, "text/event-stream")) return ResponseForm.Sse;
  if (startsWithAsciiIgnoreCase(type, bytes, "application/json")) return ResponseForm.Json;
  return ResponseForm.Opaque;
}

/** Response body: read what passes, hold back no more than must be. */
export function onResponseBody(stream: StreamRecord, size: u32, endOfStream: bool): BodyResult {
  const watch = stream.watch;
  if (watch === null) return BodyResult.Continue;
  if (stream.firstByteNs == 0 && size != 0) stream.firstByteNs = nowNs();
  watch.chunk(size, endOfStream, stream.responseLengthOpen);
  if (endOfStream) endResponse(stream);
  return BodyResult.Continue;
}

/** Response trailers: the end, for a body that did not say so. */
export function onResponseTrailers(stream: StreamRecord): HeadersResult {
  if (stream.watch !== null) endResponse(stream);
  return HeadersResult.Continue;
}

function endResponse(stream: StreamRecord): void {
  stream.responseEnded = true;
  const config = stream.config;
  if (config === null) return;
  writeSettlement(settle(stream, config));
  stream.chargeWritten = true;
}

/** The log: every stream comes here once, whatever became of it. */
export function onLog(stream: StreamRecord): void {
  if (stream.settled) return;
  stream.settled = true;
  const config = stream.config;
  if (config === null || stream.stage == Stage.Fresh || stream.stage == Stage.Passed) return;
  if (stream.stage == Stage.Reading) writeDecision(stream);
  const settlement = settle(stream, config);
  if (!stream.chargeWritten) writeSettlement(settlement);
  if (stream.dialect != Dialect.None) moveOpenStreams(-1);
  countSettlement(stream, settlement, nowNs());
  if (config.attach.explain) explain(stream, settlement);
}
