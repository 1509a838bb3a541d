import { estimatedBytesPerToken } from "../api/openai_chat_request";
import { LlmRequest } from "../api/request";
import { Encoding } from "../bpe/encoding";
import { textBytesPerTokenMax } from "../bpe/token_bytes";
import { Config, CountMode, Model } from "../config/config";
import { framedTokens, toolingTokens } from "../prompt/framing";
import { Framing } from "../prompt/framing_names";
import { ImageRule, imageTokens } from "../prompt/image_rules";
import { Denial } from "./denial";
import { readAgain, sharedModel } from "./read";
import { Quality, StreamRecord } from "./stream_record";

/** A byte of text takes up to so many in JSON: `\\u0041`. */
const escapeBytesMax: u64 = 6;

/**
 * What the prompt of a stream comes to for its model, and how sure that is. `Failure` where the
 * body is gone that would have to be read again, and `ContextLengthExceeded` for a prompt that is
 * longer than its model's window. An estimate refuses nobody: only what was counted does.
 */
export function countPrompt(stream: StreamRecord, config: Config, request: LlmRequest): Denial {
  stream.promptQuality = Quality.Estimate;
  if (config.count == CountMode.Off) return Denial.None;
  const model = stream.model;
  if (model === null || config.count != CountMode.Exact || model.encoding == Encoding.None) {
    estimatePrompt(stream, config, request);
    return Denial.None;
  }
  if (sharedModel(config) === null) {
    const least = leastTokens(request, model.encoding);
    if (exceeds(model, least)) return refuse(stream, request, model, least, true);
    if (!readAgain(stream, config, model)) return Denial.Failure;
  }
  const counted = framedTokens(request, model.framing);
  if (exceeds(model, counted)) return refuse(stream, request, model, counted, request.overLimit);
  stream.promptTokens = counted + otherTokens(request, model);
  if (!request.estimated) stream.promptQuality = qualityOf(model.framing);
  return Denial.None;
}

/** Texts are counted exactly; what a template lays around them is a formula. */
function qualityOf(framing: Framing): Quality {
  return framing == Framing.None ? Quality.Exact : Quality.Formula;
}

function exceeds(model: Model, tokens: u64): bool {
  return model.contextWindow != 0 && tokens > model.contextWindow;
}

function refuse(
  stream: StreamRecord,
  request: LlmRequest,
  model: Model,
  tokens: u64,
  isLeast: bool,
): Denial {
  stream.promptTokens = tokens;
  request.refusedTokens = tokens;
  request.allowedTokens = model.contextWindow;
  request.overLimit = isLeast;
  return Denial.ContextLengthExceeded;
}

/** No token has more bytes than the longest one, so the size of texts says how many they have. */
function leastTokens(request: LlmRequest, encoding: Encoding): u64 {
  return request.givenBytes / (escapeBytesMax * textBytesPerTokenMax(encoding));
}

/** Beside what was counted: tools, images, sound, and what could not be read. */
function otherTokens(request: LlmRequest, model: Model): u64 {
  const media = imageTokens(request, model.images, model.imageTokens) + request.audioTokens;
  return toolingTokens(request, model.framing) + media + request.unreadTokens;
}

/**
 * For a model of which no encoding is known: by the size of its texts, or where the reader counted
 * on the way, as the policy's models would count them.
 */
function estimatePrompt(stream: StreamRecord, config: Config, request: LlmRequest): void {
  const model = stream.model;
  const framing = model !== null ? model.framing : Framing.OpenAi;
  const images = model !== null ? model.images : ImageRule.Gpt4o;
  const media = imageTokens(request, images, model !== null ? model.imageTokens : 0);
  const beside = media + request.audioTokens + request.unreadTokens;
  const wasCounted = sharedModel(config) !== null;
  const bytes = wasCounted ? 0 : request.textBytes;
  const text = (bytes + estimatedBytesPerToken - 1) / estimatedBytesPerToken;
  const tooling = toolingTokens(request, framing);
  stream.promptTokens = framedTokens(request, framing) + text + tooling + beside;
}
