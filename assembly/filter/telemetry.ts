import { writeProperty } from "../abi/host";
import { Dialect, dialectName } from "../api/dialect";
import { decimalBytesMax, writeDecimalU64 } from "../bytes/decimal";
import { Literal, literal } from "../bytes/literal";
import { codeOf } from "./denial";
import { RequestError } from "../api/request";
import { textScratch } from "./scratch";
import { endingName, qualityName, Settlement } from "./settlement";
import { Stage, StreamRecord } from "./stream_record";

/*
 * Filter state, for access logs, trace tags and rate limit descriptors. A property path must be one
 * token: with more, Envoy puts NULs into the key and no format string can name it.
 */
const requestedModel: Literal = literal("tokenstile.requested_model");
const modelName: Literal = literal("tokenstile.model");
const targetModel: Literal = literal("tokenstile.target_model");
const routeName: Literal = literal("tokenstile.route");
const identity: Literal = literal("tokenstile.identity");
const dialect: Literal = literal("tokenstile.dialect");
const streamFlag: Literal = literal("tokenstile.stream");
const promptTokens: Literal = literal("tokenstile.prompt_tokens");
const inputTokens: Literal = literal("tokenstile.input_tokens");
const cachedInputTokens: Literal = literal("tokenstile.cached_input_tokens");
const cacheWriteTokens: Literal = literal("tokenstile.cache_write_tokens");
const outputTokens: Literal = literal("tokenstile.output_tokens");
const reasoningTokens: Literal = literal("tokenstile.reasoning_tokens");
const totalTokens: Literal = literal("tokenstile.total_tokens");
const costNanoUsd: Literal = literal("tokenstile.cost_nano_usd");
const quality: Literal = literal("tokenstile.quality");
const endingKey: Literal = literal("tokenstile.ending");
const decision: Literal = literal("tokenstile.decision");
const reason: Literal = literal("tokenstile.reason");

/** Envoy's rate limit filter drops an addend above this, so a larger number would go uncharged. */
const chargeMax: u64 = 1_000_000_000;

const digits: usize = memory.data(32);

/** What is known once the request is decided, refused, or let pass because of a failure. */
export function writeDecision(stream: StreamRecord): void {
  if (stream.stage != Stage.Passed) writeRequest(stream);
  if (stream.identityBytes != 0) {
    writeForeignText(identity, stream.identityPtr, stream.identityBytes);
  }
  if (stream.dialect != Dialect.None) writeText(dialect, dialectName(stream.dialect));
  switch (stream.stage) {
    case Stage.Admitted:
      writeText(decision, "admit");
      break;
    case Stage.Denied:
      writeText(decision, "deny");
      writeReason(stream);
      break;
    case Stage.Passed:
      writeText(decision, "pass");
      writeReason(stream);
      break;
    default: // it ended before it was decided
  }
}

function writeRequest(stream: StreamRecord): void {
  const request = stream.request;
  if (request !== null && request.modelEnd != 0) {
    writeForeignText(requestedModel, request.modelPtr, request.modelBytes);
    writeText(streamFlag, request.stream ? "true" : "false");
  }
  const model = stream.model;
  if (model !== null) writeProperty(modelName, model.name.ptr, model.name.length);
  const target = stream.target;
  if (target !== null) {
    writeProperty(targetModel, target.model.ptr, target.model.length);
    const route = target.route;
    if (route !== null) writeProperty(routeName, route.ptr, route.length);
  }
  if (stream.stage == Stage.Reading) return;
  writeNumber(promptTokens, min<u64>(stream.promptTokens, chargeMax));
}

function writeReason(stream: StreamRecord): void {
  const request = stream.request;
  const error = request === null ? RequestError.None : request.error;
  writeText(reason, codeOf(stream.denial, error));
}

/** The charge. Written when the response ends, and for good when the stream is logged. */
export function writeSettlement(charge: Settlement): void {
  writeNumber(inputTokens, min<u64>(charge.input, chargeMax));
  writeNumber(cachedInputTokens, min<u64>(charge.cachedRead, chargeMax));
  writeNumber(cacheWriteTokens, min<u64>(charge.cacheWrite, chargeMax));
  writeNumber(outputTokens, min<u64>(charge.output, chargeMax));
  writeNumber(reasoningTokens, min<u64>(charge.reasoning, chargeMax));
  writeNumber(totalTokens, min<u64>(charge.total, chargeMax));
  writeNumber(costNanoUsd, charge.costNanoUsd);
  writeText(quality, qualityName(charge.quality));
  writeText(endingKey, endingName(charge.ending));
}

/** Text that others chose: a line break in it must not forge a line of a log. */
function writeForeignText(path: Literal, ptr: usize, bytes: u32): void {
  textScratch.reset();
  for (let i: u32 = 0; i < bytes; i++) {
    const byte = load<u8>(ptr + i);
    textScratch.byte(byte < 0x20 || byte == 0x7f ? 0x5f : byte);
  }
  writeProperty(path, textScratch.ptr, textScratch.bytes);
}

function writeNumber(path: Literal, value: u64): void {
  const bytes = writeDecimalU64(digits, value);
  if (bytes <= decimalBytesMax) writeProperty(path, digits, bytes);
}

function writeText(path: Literal, text: string): void {
  textScratch.reset();
  textScratch.ascii(text);
  writeProperty(path, textScratch.ptr, textScratch.bytes);
}
