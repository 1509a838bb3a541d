import { proxy_define_metric, proxy_increment_metric, proxy_record_metric } from "./imports";
import { outWord } from "./memory";
import { MetricType, Status } from "./types";

/** Id of a metric that could not be defined: adding to it does nothing. */
export const noMetric: u32 = u32.MAX_VALUE;

/** Defines a metric by name. The host gives a new id for each call, so ask once. */
export function defineMetric(type: MetricType, name: usize, bytes: u32): u32 {
  if (proxy_define_metric(type, name, bytes, outWord()) != Status.Ok) return noMetric;
  return load<u32>(outWord());
}

/** Adds to a counter; hosts refuse to add zero, so zero is not sent. */
export function addToCounter(id: u32, delta: u64): void {
  if (id == noMetric || delta == 0) return;
  proxy_increment_metric(id, <i64>min<u64>(delta, i64.MAX_VALUE));
}

/** Moves a gauge up or down; anything but Ok: it did not move. */
export function moveGauge(id: u32, delta: i64): Status {
  if (id == noMetric) return Status.BadArgument;
  return delta == 0 ? Status.Ok : proxy_increment_metric(id, delta);
}

/** One observation of a histogram. */
export function observe(id: u32, value: u64): void {
  if (id != noMetric) proxy_record_metric(id, value);
}
