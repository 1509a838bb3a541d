import { LlmRequest } from "../api/request";
import { equalsBytes } from "../bytes/ascii";
import { decimalBytesMax, writeDecimalU64 } from "../bytes/decimal";
import { Config, CountMode, Model, Target } from "../config/config";
import { chooseTarget } from "../route/choose";
import { spreadHashOf } from "./admit";
import { beginBodyEdit, beginDecision, endBodyEdit, setHeader } from "./decision";
import { Denial } from "./denial";
import {
  baseModelNameHeader,
  modelNameHeader,
  promptTokensHeader,
  routeHeader,
} from "./owned_headers";
import { countPrompt } from "./prompt_tokens";
import { StreamRecord } from "./stream_record";

/**
 * The third verb, once the whole body was read: resolves the model, counts the prompt, chooses the
 * target, and writes all that follows from it into the decision record.
 */
export function decide(stream: StreamRecord, config: Config): Denial {
  const request = stream.request;
  const reader = stream.reader;
  if (request === null || reader === null || stream.bodyRead == 0) return Denial.BodyMissing;
  if (!reader.finish()) return Denial.InvalidBody;
  stream.modelIndex = config.findModel(request.modelPtr, request.modelBytes);
  const model = stream.model;
  if (model === null && !config.unknownModelPasses) return Denial.UnknownModel;
  const denial = countPrompt(stream, config, request);
  if (denial != Denial.None) return denial;
  stream.closeReader();
  beginDecision();
  if (model !== null) routeTo(stream, model, request);
  setPromptTokens(stream, config);
  editBody(stream, config, request);
  return Denial.None;
}

function routeTo(stream: StreamRecord, model: Model, request: LlmRequest): void {
  const target = chooseTarget(model, spreadHashOf(stream));
  stream.setTarget(target);
  const name = model.name;
  setHeader(modelNameHeader, name.ptr, name.length);
  setHeader(baseModelNameHeader, name.ptr, name.length);
  const route = target.route;
  if (route !== null) setHeader(routeHeader, route.ptr, route.length);
  const asked = target.model;
  stream.renames = !equalsBytes(request.modelPtr, request.modelBytes, asked.ptr, asked.length);
}

const digits: usize = memory.data(32);

function setPromptTokens(stream: StreamRecord, config: Config): void {
  if (config.count == CountMode.Off) return;
  const bytes = writeDecimalU64(digits, stream.promptTokens);
  if (bytes <= decimalBytesMax) setHeader(promptTokensHeader, digits, bytes);
}

/** The edits, in the order in which they stand in the body. */
function editBody(stream: StreamRecord, config: Config, request: LlmRequest): void {
  const target = stream.target;
  const asks = target === null ? config.includeUsage : target.includeUsage;
  stream.hidesUsage = asks && request.stream && !request.usageAsked;
  const optionsAt = max<u32>(request.streamOptionsInside, request.streamOptionsNullStart);
  const optionsFirst = optionsAt != 0 && optionsAt < request.modelStart;
  if (optionsFirst && stream.hidesUsage) editStreamOptions(request);
  if (stream.renames && target !== null) writeModel(request, target);
  if (!optionsFirst && stream.hidesUsage) editStreamOptions(request);
}

function writeModel(request: LlmRequest, target: Target): void {
  const out = beginBodyEdit(request.modelStart, request.modelEnd);
  out.byte(0x22);
  out.jsonText(target.model.ptr, target.model.length);
  out.byte(0x22);
  endBodyEdit();
}

/** Makes `stream_options.include_usage` true and leaves its other members as they are. */
function editStreamOptions(request: LlmRequest): void {
  if (request.usageFalseEnd != 0) {
    beginBodyEdit(request.usageFalseStart, request.usageFalseEnd).ascii("true");
  } else if (request.streamOptionsNullEnd != 0) {
    const out = beginBodyEdit(request.streamOptionsNullStart, request.streamOptionsNullEnd);
    out.ascii('{"include_usage":true}');
  } else if (request.streamOptionsInside != 0) {
    const inside = request.streamOptionsInside;
    const out = beginBodyEdit(inside, inside);
    out.ascii(request.streamOptionsEmpty ? '"include_usage":true' : '"include_usage":true,');
  } else {
    const out = beginBodyEdit(request.rootEnd, request.rootEnd);
    out.ascii(',"stream_options":{"include_usage":true}');
  }
  endBodyEdit();
}
