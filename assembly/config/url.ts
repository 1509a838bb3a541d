import { startsWithAsciiIgnoreCase } from "../bytes/ascii";
import { parseDecimalU64 } from "../bytes/decimal";

/**
 * What keeps visible ASCII from being the URL of an upstream, or "". Wanted are `http` or `https`,
 * a host, perhaps a port and a path (RFC 3986); credentials have no place in a policy.
 */
export function urlMistake(ptr: usize, bytes: u32): string {
  const end = ptr + bytes;
  let at = ptr;
  if (startsWithAsciiIgnoreCase(ptr, bytes, "https://")) at += 8;
  else if (startsWithAsciiIgnoreCase(ptr, bytes, "http://")) at += 7;
  else return "must begin with http:// or https://";
  const slash = find(at, end, 0x2f);
  if (find(at, slash, 0x40) < slash) return "must not hold a user name or a password";
  if (find(at, end, 0x3f) < end || find(at, end, 0x23) < end) {
    return "must not hold a query or a fragment";
  }
  const hostEnd = hostEndOf(at, slash);
  if (hostEnd == at) return "must name a host";
  if (hostEnd == slash) return "";
  if (load<u8>(hostEnd) != 0x3a) return "must name a host of letters, digits, dots and hyphens";
  return isPort(hostEnd + 1, slash) ? "" : "must have a port from 1 to 65535";
}

/** The end of the host at `at`: a name, or an IPv6 address in brackets. */
function hostEndOf(at: usize, end: usize): usize {
  const bracketed = at < end && load<u8>(at) == 0x5b;
  if (!bracketed) {
    while (at < end && isHostByte(load<u8>(at))) at++;
    return at;
  }
  const start = at++;
  while (at < end && isAddressByte(load<u8>(at))) at++;
  return at < end && at > start + 1 && load<u8>(at) == 0x5d ? at + 1 : start;
}

function isHostByte(byte: u8): bool {
  if (<u8>((byte | 0x20) - 0x61) < 26 || <u8>(byte - 0x30) < 10) return true;
  return byte == 0x2d || byte == 0x2e || byte == 0x5f;
}

function isAddressByte(byte: u8): bool {
  if (<u8>((byte | 0x20) - 0x61) < 6 || <u8>(byte - 0x30) < 10) return true;
  return byte == 0x3a || byte == 0x2e;
}

function isPort(at: usize, end: usize): bool {
  const out = memory.data(8, 8);
  if (!parseDecimalU64(at, <u32>(end - at), out)) return false;
  return load<u64>(out) - 1 < 65535;
}

/** The first such byte in [`at`, `end`), else `end`. */
function find(at: usize, end: usize, byte: u8): usize {
  while (at < end && load<u8>(at) != byte) at++;
  return at;
}
