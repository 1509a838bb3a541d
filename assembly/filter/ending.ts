import { propertyBytes, propertyPtr, readProperty } from "../abi/host";
import { Status } from "../abi/types";
import { Literal, literal } from "../bytes/literal";
import { Ending } from "./settlement";
import { Stage, StreamRecord } from "./stream_record";

const codeDetails: Literal = literal("response\0code_details");
const upstreamAddress: Literal = literal("upstream\0address");

/**
 * How the stream ended, told by what was seen of the response and by the host's response code
 * details (Envoy's documentation, HTTP connection manager).
 */
export function endingOf(stream: StreamRecord): Ending {
  if (stream.stage == Stage.Denied) return Ending.Denied;
  if (stream.upstreamAnswered && stream.responseEnded) return endOfAnswer(stream);
  if (readProperty(codeDetails.ptr, codeDetails.bytes) != Status.Ok) return Ending.ClientAborted;
  if (begins("internal_redirect")) return Ending.FilterReplied; // goes on as another stream
  if (begins("upstream")) return endOfUpstream();
  if (begins("no_healthy_upstream")) return Ending.UpstreamUnreached;
  if (isTimeout()) return Ending.TimedOut;
  if (begins("downstream") || begins("http1.") || begins("http2.")) return Ending.ClientAborted;
  if (begins("route_not_found") || begins("cluster_not_found")) return Ending.NotRouted;
  if (begins("via_upstream")) return Ending.ClientAborted;
  return stream.responseStarted ? Ending.FilterReplied : Ending.ClientAborted;
}

/** Details such as `upstream_reset_before_response_started{connection_timeout}`. */
function endOfUpstream(): Ending {
  if (has("connection_failure") || has("connection_timeout") || has("overflow")) {
    return Ending.UpstreamUnreached;
  }
  const timedOut = has("timeout") || has("max_stream_duration");
  return timedOut ? Ending.TimedOut : Ending.UpstreamReset;
}

function isTimeout(): bool {
  return (
    begins("response_timeout") ||
    begins("stream_idle_timeout") ||
    begins("request_overall_timeout") ||
    begins("request_header_timeout") ||
    begins("max_duration_timeout") ||
    begins("duration_timeout")
  );
}

function endOfAnswer(stream: StreamRecord): Ending {
  if (stream.responseStatus >= 400) return Ending.UpstreamError;
  const watch = stream.watch;
  return watch !== null && watch.cutShort ? Ending.Truncated : Ending.Complete;
}

/** True when the request was handed to an upstream, which may have worked on it. */
export function upstreamWasReached(stream: StreamRecord, ending: Ending): bool {
  if (stream.upstreamAnswered) return true;
  switch (ending) {
    case Ending.ClientAborted:
    case Ending.UpstreamReset:
    case Ending.TimedOut:
      return readProperty(upstreamAddress.ptr, upstreamAddress.bytes) != Status.NotFound;
    default:
      return false;
  }
}

/** The details are in the landing of the property read last. */
function begins(text: string): bool {
  return findFrom(text, 0, 0) == 0;
}

function has(text: string): bool {
  const bytes = propertyBytes();
  const size = <u32>text.length;
  return bytes >= size && findFrom(text, 0, bytes - size) >= 0;
}

/** Where the text first stands between two offsets, or -1. */
function findFrom(text: string, from: u32, to: u32): i32 {
  const ptr = propertyPtr();
  const size = <u32>text.length;
  if (propertyBytes() < size) return -1;
  const chars = changetype<usize>(text);
  for (let at = from; at <= to; at++) {
    let same: u32 = 0;
    while (
      same < size &&
      load<u8>(ptr + at + same) == <u8>load<u16>(chars + ((<usize>same) << 1))
    ) {
      same++;
    }
    if (same == size) return at;
  }
  return -1;
}
