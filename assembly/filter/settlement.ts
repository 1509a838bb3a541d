import { Quality } from "./stream_record";

/** How a stream came to its end. */
export const enum Ending {
  /** The upstream's answer was passed on whole. */
  Complete,
  /** Answered by this filter. */
  Denied,
  /** The client left. */
  ClientAborted,
  /** The upstream broke off. */
  UpstreamReset,
  /** A timeout of the gateway. */
  TimedOut,
  /** No connection to the upstream came about. */
  UpstreamUnreached,
  /** The gateway had no route for it. */
  NotRouted,
  /** Another filter, or the gateway itself, answered. */
  FilterReplied,
  /** The upstream answered with an error status. */
  UpstreamError,
  /** The upstream ended its answer in the middle of a document. */
  Truncated,
}

export function endingName(ending: Ending): string {
  switch (ending) {
    case Ending.Complete:
      return "complete";
    case Ending.Denied:
      return "denied";
    case Ending.ClientAborted:
      return "client_aborted";
    case Ending.UpstreamReset:
      return "upstream_reset";
    case Ending.TimedOut:
      return "timed_out";
    case Ending.UpstreamUnreached:
      return "upstream_unreached";
    case Ending.NotRouted:
      return "not_routed";
    case Ending.FilterReplied:
      return "filter_replied";
    case Ending.UpstreamError:
      return "upstream_error";
    default:
      return "truncated";
  }
}

export function qualityName(quality: Quality): string {
  if (quality == Quality.Exact) return "exact";
  return quality == Quality.Formula ? "formula" : "estimate";
}

/** What one stream is charged: tokens in the canonical split, money in nano-USD. */
@unmanaged
export class Settlement {
  ending: Ending;
  quality: Quality;
  input: u64;
  cachedRead: u64;
  cacheWrite: u64;
  output: u64;
  reasoning: u64;
  total: u64;
  costNanoUsd: u64;
  /** Our own count of what was delivered. */
  ownOutput: u64;
}
