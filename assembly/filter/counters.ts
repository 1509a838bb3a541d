import { addToCounter, defineMetric, moveGauge, noMetric, observe } from "../abi/metrics";
import { MetricType, Status } from "../abi/types";
import { Denial, codeOf } from "./denial";
import { RequestError } from "../api/request";
import { memoTally } from "../memo/tally";
import { textScratch } from "./scratch";
import { Series, seriesOf, undefinedMetric, writeLabel } from "./series";
import { Ending, endingName, Settlement } from "./settlement";
import { StreamRecord } from "./stream_record";

/**
 * Metrics. Each name carries its labels in a form that one set of tag rules turns into Prometheus
 * labels: `tokenstile_tokens_total;type=input;;model=gpt-4o;;route=openai;;identity=acme;`.
 */
const enum Metric {
  /** Ten of these, one for each `Ending`. */
  Requests = 0,
  TokensInput = 10,
  TokensCachedInput,
  TokensCacheWrite,
  TokensOutput,
  TokensReasoning,
  Cost,
  /** By how much our own count was above, or below, the provider's. */
  DriftOver,
  DriftUnder,
  UsageInput,
  UsageOutput,
  TimeToFirstToken,
  TimePerOutputToken,
  Duration,
}

function writeMetricName(metric: i32): void {
  const out = textScratch;
  if (metric < Metric.TokensInput) {
    out.ascii("tokenstile_requests_total;ending=");
    out.ascii(endingName(metric));
    out.byte(0x3b);
    return;
  }
  switch (metric) {
    case Metric.TokensInput:
      return out.ascii("tokenstile_tokens_total;type=input;");
    case Metric.TokensCachedInput:
      return out.ascii("tokenstile_tokens_total;type=cached_input;");
    case Metric.TokensCacheWrite:
      return out.ascii("tokenstile_tokens_total;type=cache_write;");
    case Metric.TokensOutput:
      return out.ascii("tokenstile_tokens_total;type=output;");
    case Metric.TokensReasoning:
      return out.ascii("tokenstile_tokens_total;type=reasoning;");
    case Metric.Cost:
      return out.ascii("tokenstile_cost_nano_usd_total");
    case Metric.DriftOver:
      return out.ascii("tokenstile_drift_tokens_total;direction=over;");
    case Metric.DriftUnder:
      return out.ascii("tokenstile_drift_tokens_total;direction=under;");
    case Metric.UsageInput:
      return out.ascii("gen_ai_client_token_usage;type=input;");
    case Metric.UsageOutput:
      return out.ascii("gen_ai_client_token_usage;type=output;");
    case Metric.TimeToFirstToken:
      return out.ascii("gen_ai_server_time_to_first_token_ms");
    case Metric.TimePerOutputToken:
      return out.ascii("gen_ai_server_time_per_output_token_us");
    default:
      return out.ascii("gen_ai_server_request_duration_ms");
  }
}

function typeOfMetric(metric: i32): MetricType {
  return metric >= Metric.UsageInput ? MetricType.Histogram : MetricType.Counter;
}

function idOf(series: Series, metric: i32): u32 {
  const slot = series.idAt(metric);
  const known = load<u32>(slot);
  if (known != undefinedMetric) return known;
  textScratch.reset();
  writeMetricName(metric);
  textScratch.copy(series.labelPtr, series.labelBytes);
  const id = defineMetric(typeOfMetric(metric), textScratch.ptr, textScratch.bytes);
  if (id != noMetric) store<u32>(slot, id);
  return id;
}

function count(series: Series, metric: i32, delta: u64): void {
  if (delta != 0) addToCounter(idOf(series, metric), delta);
}

function seriesOfStream(stream: StreamRecord): Series {
  const out = textScratch;
  out.reset();
  const model = stream.model;
  const route = stream.route;
  if (model === null) writeLabel(out, "model", 0, 0);
  else writeLabel(out, "model", model.name.ptr, model.name.length);
  if (route === null) writeLabel(out, "route", 0, 0);
  else writeLabel(out, "route", route.ptr, route.length);
  writeLabel(out, "identity", stream.identityPtr, stream.identityBytes);
  return seriesOf(out.ptr, out.bytes);
}

/** Adds one settled stream. */
export function countSettlement(stream: StreamRecord, charge: Settlement, endNs: u64): void {
  const series = seriesOfStream(stream);
  count(series, Metric.Requests + charge.ending, 1);
  if (charge.ending == Ending.Denied) return;
  count(series, Metric.TokensInput, charge.input);
  count(series, Metric.TokensCachedInput, charge.cachedRead);
  count(series, Metric.TokensCacheWrite, charge.cacheWrite);
  count(series, Metric.TokensOutput, charge.output);
  count(series, Metric.TokensReasoning, charge.reasoning);
  count(series, Metric.Cost, charge.costNanoUsd);
  countDrift(series, stream, charge);
  if (!stream.upstreamAnswered) return;
  observe(idOf(series, Metric.UsageInput), charge.input);
  observe(idOf(series, Metric.UsageOutput), charge.output);
  observeTimes(series, stream, charge, endNs);
}

function countDrift(series: Series, stream: StreamRecord, charge: Settlement): void {
  const watch = stream.watch;
  if (watch === null || !watch.countsExactly || watch.unreadBytes != 0) return;
  if (!watch.answer.reader.usage.complete) return;
  const said = watch.answer.reader.usage.output;
  if (charge.ownOutput > said) count(series, Metric.DriftOver, charge.ownOutput - said);
  else count(series, Metric.DriftUnder, said - charge.ownOutput);
}

const nsPerMs: u64 = 1_000_000;
const nsPerUs: u64 = 1_000;

function observeTimes(series: Series, stream: StreamRecord, charge: Settlement, endNs: u64): void {
  const first = stream.firstByteNs;
  observe(idOf(series, Metric.Duration), elapsed(stream.startNs, endNs) / nsPerMs);
  if (first == 0) return;
  observe(idOf(series, Metric.TimeToFirstToken), elapsed(stream.startNs, first) / nsPerMs);
  if (charge.output < 2) return;
  const perToken = elapsed(first, endNs) / (charge.output - 1);
  observe(idOf(series, Metric.TimePerOutputToken), perToken / nsPerUs);
}

/** The wall clock may step back, or not be told: then no time has passed. */
function elapsed(fromNs: u64, toNs: u64): u64 {
  return fromNs != 0 && toNs > fromNs ? toNs - fromNs : 0;
}

/**
 * One counter for each reason that requests are refused for. Not by stream: nothing may be known.
 */
export function countDenial(denial: Denial, error: RequestError): void {
  textScratch.reset();
  textScratch.ascii("tokenstile_denials_total;reason=");
  textScratch.ascii(codeOf(denial, error));
  textScratch.byte(0x3b);
  const slot = denialIds + <usize>(denial * 16 + (denial == Denial.InvalidBody ? error : 0)) * 4;
  if (load<u32>(slot) == 0) {
    const id = defineMetric(MetricType.Counter, textScratch.ptr, textScratch.bytes);
    store<u32>(slot, id + 1);
  }
  addToCounter(load<u32>(slot) - 1, 1);
}

const denialIds: usize = memory.data(16 * 16 * 4, 4);

let passes: u32 = undefinedMetric;

/** A request that was let through uncounted, because of a failure. */
export function countPass(): void {
  passes = defineOnce(
    passes,
    MetricType.Counter,
    "tokenstile_passes_total;reason=gateway_failure;",
  );
  addToCounter(passes, 1);
}

let memoHits: u32 = undefinedMetric;
let memoMisses: u32 = undefinedMetric;
let memoHitBytes: u32 = undefinedMetric;

/** What the memo did since the last call, of whichever streams. */
export function countMemo(): void {
  const tally = memoTally;
  if (tally.hits != 0) {
    const name = "tokenstile_memo_spans_total;type=hit;";
    memoHits = defineOnce(memoHits, MetricType.Counter, name);
    addToCounter(memoHits, tally.hits);
    memoHitBytes = defineOnce(memoHitBytes, MetricType.Counter, "tokenstile_memo_hit_bytes_total");
    addToCounter(memoHitBytes, tally.hitBytes);
  }
  if (tally.misses != 0) {
    const name = "tokenstile_memo_spans_total;type=miss;";
    memoMisses = defineOnce(memoMisses, MetricType.Counter, name);
    addToCounter(memoMisses, tally.misses);
  }
  tally.reset();
}

let openStreams: u32 = undefinedMetric;
/** What the gauge lags behind by, where the host did not take a move. */
let openStreamsOwed: i64 = 0;

/** LLM streams that are open now. */
export function moveOpenStreams(delta: i64): void {
  openStreams = defineOnce(openStreams, MetricType.Gauge, "tokenstile_streams_open");
  openStreamsOwed += delta;
  if (moveGauge(openStreams, openStreamsOwed) == Status.Ok) openStreamsOwed = 0;
}

/** The metric's id; asked for anew where the host did not give one. */
function defineOnce(known: u32, type: MetricType, name: string): u32 {
  if (known < undefinedMetric) return known;
  textScratch.reset();
  textScratch.ascii(name);
  return defineMetric(type, textScratch.ptr, textScratch.bytes);
}
