import { Literal } from "../bytes/literal";
import {
  proxy_call_foreign_function,
  proxy_close_stream,
  proxy_get_current_time_nanoseconds,
  proxy_get_property,
  proxy_log,
  proxy_send_local_response,
  proxy_set_property,
  random_get,
} from "./imports";
import {
  closeLanding,
  landedBytes,
  landedPtr,
  openLanding,
  outSecondWord,
  outWord,
} from "./memory";
import { mayCut, mayReply } from "./phase";
import { LogLevel, Status } from "./types";

export function log(level: LogLevel, ptr: usize, bytes: u32): void {
  proxy_log(level, ptr, bytes);
}

/** Wall clock, nanoseconds since 1970; 0 where the host has none. */
export function nowNs(): u64 {
  store<u64>(outWord(), 0);
  return proxy_get_current_time_nanoseconds(outWord()) == Status.Ok ? load<u64>(outWord()) : 0;
}

/**
 * Fills up to 65,536 bytes from the host's source of random numbers. False where it has none to
 * give; the bytes then are as good as known.
 */
export function fillRandom(ptr: usize, bytes: u32): bool {
  return random_get(ptr, bytes) == 0;
}

/** The last property read; good until the next call to the host. */
export function propertyPtr(): usize {
  return landedPtr();
}

export function propertyBytes(): u32 {
  return landedBytes();
}

/** Reads a property by its path (tokens joined by NUL). NotFound: the host does not have it. */
export function readProperty(path: usize, bytes: u32): Status {
  openLanding();
  const status = proxy_get_property(path, bytes, outWord(), outSecondWord());
  closeLanding();
  return status;
}

/** Writes filter state under `wasm.` + the path, which must be a single token. */
export function writeProperty(path: Literal, value: usize, bytes: u32): Status {
  return proxy_set_property(path.ptr, path.bytes, value, bytes);
}

/**
 * Answers the request in the upstream's place. `pairs` is a serialized header map. BadArgument, and
 * nothing sent, outside the request callbacks: later ones would cut the stream or end the process.
 */
export function sendLocalReply(
  status: u32,
  details: Literal,
  body: usize,
  bodyBytes: u32,
  pairs: Literal,
): Status {
  if (!mayReply()) return Status.BadArgument;
  return proxy_send_local_response(
    status,
    details.ptr,
    details.bytes,
    body,
    bodyBytes,
    pairs.ptr,
    pairs.bytes,
    -1,
  );
}

const requestStream: i32 = 0;

/**
 * Cuts the stream: the way out where nothing right can be sent any more. BadArgument, and nothing
 * done, in callbacks where a gateway would not survive it.
 */
export function cutStream(): Status {
  return mayCut() ? proxy_close_stream(requestStream) : Status.BadArgument;
}

/** Calls a host extension by name and drops what it returns. NotFound where the host lacks it. */
export function callForeign(name: Literal, args: usize, bytes: u32): Status {
  openLanding();
  const status = proxy_call_foreign_function(
    name.ptr,
    name.bytes,
    args,
    bytes,
    outWord(),
    outSecondWord(),
  );
  closeLanding();
  return status;
}
