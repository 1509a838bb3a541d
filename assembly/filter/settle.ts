import { estimatedBytesPerToken } from "../api/openai_chat_request";
import { Usage, UsageKind } from "../api/usage";
import { Config } from "../config/config";
import { costNanoUsd } from "../cost/price";
import { endingOf, upstreamWasReached } from "./ending";
import { Ending, Settlement } from "./settlement";
import { Quality, StreamRecord } from "./stream_record";
import { ResponseForm } from "./response_head";
import { Watch } from "./watch";

const settlement = changetype<Settlement>(memory.data(96, 8));

/**
 * The fifth verb: what a stream is charged, once, whatever way it ended.
 *
 * | ending | charge |
 * |---|---|
 * | denied, not_routed, filter_replied, upstream_unreached | nothing |
 * | upstream_error | what the error's own usage says, which is as a rule nothing |
 * | complete with usage | usage |
 * | complete without usage, truncated | prompt and delivered text, by our own count |
 * | cut after the answer began | prompt and the larger of usage so far and delivered text |
 * | cut before the answer began, upstream reached | prompt |
 */
export function settle(stream: StreamRecord, config: Config): Settlement {
  const to = settlement;
  memory.fill(changetype<usize>(to), 0, offsetof<Settlement>());
  to.ending = endingOf(stream);
  const watch = stream.watch;
  if (watch !== null) to.ownOutput = ownOutput(watch, to.ending);
  if (!upstreamWasReached(stream, to.ending)) return to;
  if (watch === null) {
    to.input = stream.promptTokens;
    to.quality = Quality.Estimate;
  } else {
    const usage = watch.answer.reader.usage;
    usage.derive();
    if (to.ending == Ending.UpstreamError) chargeUsage(to, usage);
    else if (to.ending == Ending.Complete && usageHolds(watch, to)) chargeUsage(to, usage);
    else chargeOwn(to, usage, stream, watch);
  }
  to.total = saturatingSum(to.input, to.output);
  to.costNanoUsd = price(stream, config, to);
  return to;
}

/** Usage that came before text which it cannot know of is not the last word. */
function usageHolds(watch: Watch, to: Settlement): bool {
  const reader = watch.answer.reader;
  if (!reader.usage.complete) return false;
  return !reader.usageStale || reader.usage.output >= to.ownOutput;
}

function chargeUsage(to: Settlement, usage: Usage): void {
  to.quality = Quality.Exact;
  to.input = usage.input;
  to.output = usage.output;
  chargeDetails(to, usage);
}

/** Parts of a sum are never more than the sum, whatever the provider said. */
function chargeDetails(to: Settlement, usage: Usage): void {
  to.cachedRead = min<u64>(usage.cachedRead, to.input);
  to.cacheWrite = min<u64>(usage.cacheWrite, to.input - to.cachedRead);
  to.reasoning = min<u64>(usage.reasoning, to.output);
}

function chargeOwn(to: Settlement, usage: Usage, stream: StreamRecord, watch: Watch): void {
  to.input = usage.has(UsageKind.Input) ? usage.input : stream.promptTokens;
  to.output = max<u64>(usage.output, to.ownOutput);
  const read = watch.form != ResponseForm.Opaque && watch.unknownBytes == 0;
  const whole = to.ending == Ending.Complete && read && !unrecognised(watch, to.ending);
  const sure = whole && watch.answer.reader.lanes.exact;
  to.quality = sure ? stream.promptQuality : Quality.Estimate;
  chargeDetails(to, usage);
}

/** Own count of the answer: exact where its text is counted, else by its size. */
function ownOutput(watch: Watch, ending: Ending): u64 {
  if (!watch.counts) return 0;
  if (watch.form == ResponseForm.Opaque) return estimate(watch.bytes);
  if (unrecognised(watch, ending)) return estimate(watch.bytes);
  const unread = estimate(watch.unknownBytes);
  if (watch.countsExactly) return watch.outputTokens() + unread;
  return estimate(watch.answer.reader.lanes.textBytes) + unread;
}

/** A whole body in which neither text nor usage was found is in a form that we do not know. */
function unrecognised(watch: Watch, ending: Ending): bool {
  if (ending != Ending.Complete && ending != Ending.Truncated) return false;
  const reader = watch.answer.reader;
  return watch.bytes != 0 && reader.usage.reported == 0 && reader.lanes.textBytes == 0;
}

function estimate(bytes: u64): u64 {
  return (bytes + estimatedBytesPerToken - 1) / estimatedBytesPerToken;
}

function price(stream: StreamRecord, config: Config, to: Settlement): u64 {
  const model = stream.model;
  const price = model === null ? config.defaultPrice : model.price;
  if (price === null) return 0;
  const uncached = to.input - to.cachedRead - to.cacheWrite;
  return costNanoUsd(price, uncached, to.cachedRead, to.cacheWrite, to.output);
}

function saturatingSum(a: u64, b: u64): u64 {
  return a > u64.MAX_VALUE - b ? u64.MAX_VALUE : a + b;
}
