import { headerPairs } from "../abi/headers";
import { propertyBytes, propertyPtr, readProperty } from "../abi/host";
import { MapType, Status } from "../abi/types";
import { identityBytesMax } from "../bounds";
import { startsWithAsciiIgnoreCase } from "../bytes/ascii";
import { sha256 } from "../bytes/sha256";
import { Config, IdentityKind, IdentitySource } from "../config/config";
import { Name } from "../config/name";

/**
 * Who pays, from the first source of the policy that has a value. The name is written to `out`
 * (`identityBytesMax` bytes); answers its size, 0 when no source has one. A value that cannot be
 * logged as it is (empty, too long, control characters) counts as none.
 */
export function resolveIdentity(config: Config, out: usize): u32 {
  const sources = config.identities;
  for (let i = 0; i < sources.length; i++) {
    const bytes = fromSource(unchecked(sources[i]), out);
    if (bytes != 0) return bytes;
  }
  return 0;
}

/** In place of a size: the host failed to tell, so that somebody else might have to pay. */
export const identityUnreadable: u32 = u32.MAX_VALUE;

function fromSource(source: IdentitySource, out: usize): u32 {
  if (source.kind == IdentityKind.Header || source.kind == IdentityKind.ApiKey) {
    const found = findHeader(source.header);
    if (found == identityUnreadable) return identityUnreadable;
    if (found != 1) return 0; // of two values nobody knows which one counts
    const isKey = source.kind == IdentityKind.ApiKey;
    return isKey ? nameOfKey(source, out) : keep(out, foundPtr, foundBytes);
  }
  const status = readProperty(source.property.ptr, source.property.length);
  if (status == Status.InternalFailure) return identityUnreadable;
  return status == Status.Ok ? keep(out, propertyPtr(), propertyBytes()) : 0;
}

let foundPtr: usize = 0;
let foundBytes: u32 = 0;

/** How often a header stands there; the last of its values is in `foundPtr`. */
function findHeader(name: Name): u32 {
  const pairs = headerPairs();
  if (pairs.read(MapType.RequestHeaders) != Status.Ok) return identityUnreadable;
  let found: u32 = 0;
  while (pairs.next()) {
    if (pairs.nameBytes != name.length) continue;
    if (memory.compare(pairs.namePtr, name.ptr, pairs.nameBytes) != 0) continue;
    foundPtr = pairs.valuePtr;
    foundBytes = pairs.valueBytes;
    found += 1;
  }
  return found;
}

const digest: usize = memory.data(32, 8);

/** The name of a known key (its SHA-256 is in the policy). An unknown key is nobody. */
function nameOfKey(source: IdentitySource, out: usize): u32 {
  let ptr = foundPtr;
  let bytes = foundBytes;
  if (startsWithAsciiIgnoreCase(ptr, bytes, "bearer ")) {
    ptr += 7;
    bytes -= 7;
  }
  while (bytes != 0 && load<u8>(ptr) == 0x20) {
    ptr += 1;
    bytes -= 1;
  }
  if (bytes == 0) return 0;
  sha256(ptr, bytes, digest);
  const name = source.nameOfKey(digest);
  return name === null ? 0 : keep(out, name.ptr, name.length);
}

function keep(out: usize, ptr: usize, bytes: u32): u32 {
  if (bytes == 0 || bytes > identityBytesMax) return 0;
  for (let i: u32 = 0; i < bytes; i++) {
    const byte = load<u8>(ptr + i);
    if (byte < 0x20 || byte == 0x7f) return 0;
  }
  memory.copy(out, ptr, bytes);
  return bytes;
}
