import { removeHeader } from "../abi/headers";
import { cutStream, nowNs } from "../abi/host";
import { BodyResult, HeadersResult, MapType, Status } from "../abi/types";
import { Dialect } from "../api/dialect";
import { RequestError } from "../api/request";
import { Encoding } from "../bpe/encoding";
import { Literal, literal } from "../bytes/literal";
import { BodyMode, Config, CountMode } from "../config/config";
import { admit } from "./admit";
import { countDenial, countMemo, countPass, countSettlement, moveOpenStreams } from "./counters";
import { decide } from "./decide";
import { Applied, applyDecision } from "./decision";
import { Denial } from "./denial";
import { explain } from "./explain";
import { removeOwned } from "./owned_headers";
import { readBody } from "./read";
import { sendDenial } from "./reply";
import { isUpstreamsAnswer, readResponseHead } from "./response_head";
import { settle } from "./settle";
import { Stage, StreamRecord } from "./stream_record";
import { writeDecision, writeSettlement } from "./telemetry";
import { newWatch, Watch } from "./watch";

/*
 * The way of one stream, in the order in which the host calls: admit, read, decide, watch, settle.
 * All branching about a stream is here; the verbs answer questions.
 */

/** Request headers: strip, tell what this is, who pays. */
export function onRequestHeaders(stream: StreamRecord, endOfStream: bool): HeadersResult {
  if (stream.stage != Stage.Fresh) return HeadersResult.Continue; // no host asks twice
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
    passUncounted(stream);
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
  const clean = removeOwned(MapType.RequestTrailers);
  const config = stream.config;
  if (stream.stage != Stage.Reading || config === null) {
    if (!clean) cutStream();
    return clean ? HeadersResult.Continue : HeadersResult.StopIteration;
  }
  const denial = clean ? missingBody(stream) : Denial.FailureClosed;
  const result =
    denial == Denial.None ? endRequest(stream, config) : refuseBody(stream, config, denial);
  return result == BodyResult.Continue ? HeadersResult.Continue : HeadersResult.StopIteration;
}

function missingBody(stream: StreamRecord): Denial {
  return stream.request === null ? Denial.BodyMissing : Denial.None;
}

function endRequest(stream: StreamRecord, config: Config): BodyResult {
  const denial = decide(stream, config);
  if (denial != Denial.None) return refuseBody(stream, config, denial);
  const held = config.attach.body == BodyMode.Hold;
  const applied = applyDecision(stream.bodyRead, held, stream.requestLengthOpen);
  if (applied != Applied.Whole) {
    const failure = applied == Applied.Not ? Denial.Failure : Denial.FailureClosed;
    return refuseBody(stream, config, failure);
  }
  stream.stage = Stage.Admitted;
  writeDecision(stream);
  return BodyResult.Continue;
}

/** A failure of ours may be let pass, uncounted; what the client did wrong may not. */
function refuseBody(stream: StreamRecord, config: Config, denial: Denial): BodyResult {
  stream.closeReader();
  if (denial == Denial.Failure && config.onFailureAllows) {
    passUncounted(stream);
    moveOpenStreams(-1);
    return BodyResult.Continue;
  }
  refuse(stream, denial);
  return BodyResult.StopIterationAndBuffer;
}

function passUncounted(stream: StreamRecord): void {
  stream.stage = Stage.Passed;
  stream.denial = Denial.Failure;
  countPass();
  writeDecision(stream);
}

/** Where the host takes no reply the stream is cut: a refused request never waits for ever. */
function refuse(stream: StreamRecord, denial: Denial): void {
  stream.stage = Stage.Denied;
  stream.denial = denial;
  const request = stream.request;
  if (sendDenial(denial, request) != Status.Ok) cutStream();
  countDenial(denial, request === null ? RequestError.None : request.error);
  writeDecision(stream);
}

const contentLength: Literal = literal("content-length");

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
  stream.upstreamAnswered = isUpstreamsAnswer();
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
  const head = readResponseHead();
  stream.responseStatus = head.status;
  const request = stream.request;
  const answer = watch.answer;
  const isError = head.status >= 400; // an error goes on as it is
  if (stream.renames && request !== null && !isError) {
    answer.modelPtr = request.modelPtr;
    answer.modelBytes = request.modelBytes;
  }
  answer.hidesUsage = stream.hidesUsage && !isError;
  answer.explains = config.attach.explain;
  watch.counts = config.count != CountMode.Off;
  const model = stream.model;
  const exact = config.count == CountMode.Exact && model !== null;
  const encoding = exact && model !== null ? model.encoding : Encoding.None;
  watch.start(stream.responseWalker(), head.form, encoding);
  return watch;
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
  countMemo();
  const config = stream.config;
  if (config === null || stream.stage == Stage.Fresh || stream.stage == Stage.Passed) return;
  if (stream.stage == Stage.Reading) writeDecision(stream);
  const settlement = settle(stream, config);
  if (!stream.chargeWritten) writeSettlement(settlement);
  if (stream.dialect != Dialect.None) moveOpenStreams(-1);
  countSettlement(stream, settlement, nowNs());
  if (config.attach.explain) explain(stream, settlement);
}
