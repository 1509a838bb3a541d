import { bodySlices } from "../abi/body";
import { BufferType } from "../abi/types";
import { ChatRequestReader } from "../api/openai_chat_request";
import { Encoding } from "../bpe/encoding";
import { Config, CountMode, Model } from "../config/config";
import { Framing } from "../prompt/framing_names";
import { ruleOf } from "../prompt/framing_rules";
import { Denial } from "./denial";
import { payerOf } from "./memo";
import { StreamRecord } from "./stream_record";

/**
 * The second verb. Reads what the host has buffered beyond what was read before. The texts are
 * counted on the way where every model of the policy counts alike; else *decide* counts them in a
 * second pass, when the model is known.
 */
export function readBody(stream: StreamRecord, config: Config, size: u32): Denial {
  const reader = openReader(stream, config);
  if (reader === null) return Denial.Failure;
  if (size > config.attach.bodyBytesMax) return Denial.BodyTooLarge;
  const slices = bodySlices(BufferType.RequestBody, stream.bodyRead, size);
  while (slices.next()) {
    if (!reader.feed(slices.ptr, slices.bytes)) return Denial.InvalidBody;
  }
  if (!slices.complete) return Denial.Failure;
  stream.bodyRead = size;
  return Denial.None;
}

function openReader(stream: StreamRecord, config: Config): ChatRequestReader | null {
  if (stream.request === null) {
    stream.openRequest();
    const model = sharedModel(config);
    if (model !== null) startReader(stream, config, model, windowOfAll(config));
    else startReader(stream, config, null, 0);
  }
  return stream.reader;
}

/** Starts to read as `model` counts; null: without counting. */
function startReader(stream: StreamRecord, config: Config, model: Model | null, max: u64): void {
  const reader = stream.reader;
  const request = stream.request;
  const walker = stream.walker;
  if (reader === null || request === null || walker === null) return;
  if (model === null) reader.start(walker, request, Encoding.None);
  else {
    const payer = payerOf(stream, config);
    reader.start(walker, request, model.encoding, payer, model.framing, max);
  }
}

/** A model that counts as all of them do; null where they differ or nothing is counted. */
export function sharedModel(config: Config): Model | null {
  if (config.count != CountMode.Exact) return null;
  const models = config.models;
  const first = unchecked(models[0]);
  if (first.encoding == Encoding.None) return null;
  for (let i = 1; i < models.length; i++) {
    const model = unchecked(models[i]);
    if (model.encoding != first.encoding) return null;
    if (!showToolsAlike(model.framing, first.framing)) return null;
  }
  return first;
}

function showToolsAlike(one: Framing, other: Framing): bool {
  const rule = ruleOf(one);
  const otherRule = ruleOf(other);
  return rule.toolStyle == otherRule.toolStyle && rule.nestedLine == otherRule.nestedLine;
}

/** The widest context window, beyond which no model takes a prompt; 0 if one of them has none. */
function windowOfAll(config: Config): u64 {
  if (config.unknownModelPasses) return 0;
  const models = config.models;
  let widest: u64 = 0;
  for (let i = 0; i < models.length; i++) {
    const window = unchecked(models[i]).contextWindow;
    if (window == 0) return 0;
    widest = max<u64>(widest, window);
  }
  return widest;
}

/**
 * Reads the whole buffered body once more, now counting as the model does, up to its context
 * window. What was found the first time is found again; false when the host no longer has the body.
 */
export function readAgain(stream: StreamRecord, config: Config, model: Model): bool {
  startReader(stream, config, model, model.contextWindow);
  const reader = stream.reader;
  if (reader === null) return false;
  const slices = bodySlices(BufferType.RequestBody, 0, stream.bodyRead);
  while (slices.next()) if (!reader.feed(slices.ptr, slices.bytes)) return false;
  return slices.complete && reader.finish();
}
