import { headerPairs, removeHeader } from "../abi/headers";
import { MapType, Status } from "../abi/types";
import { toLowerAscii } from "../bytes/ascii";
import { Literal, literal } from "../bytes/literal";

/** Request headers that only this filter may set: routers and upstreams believe them. */
export const modelNameHeader: Literal = literal("x-gateway-model-name");
export const baseModelNameHeader: Literal = literal("x-gateway-base-model-name");
export const routeHeader: Literal = literal("x-tokenstile-route");
export const promptTokensHeader: Literal = literal("x-tokenstile-prompt-tokens");

/** Longer than any of their names. */
const nameBytesMax: u32 = 32;

/** Copies of owned headers in other spellings that are looked for; Envoy takes 100 headers. */
const spellingsMax: u32 = 128;

/**
 * True for the name of an owned header in any case, also with `_` for `-`: some servers (WSGI, CGI)
 * take the two for the same.
 */
export function isOwned(name: usize, bytes: u32): bool {
  return (
    spells(name, bytes, modelNameHeader) ||
    spells(name, bytes, baseModelNameHeader) ||
    spells(name, bytes, routeHeader) ||
    spells(name, bytes, promptTokensHeader)
  );
}

function spells(name: usize, bytes: u32, owned: Literal): bool {
  if (bytes != owned.bytes) return false;
  for (let i: u32 = 0; i < bytes; i++) {
    const byte = load<u8>(name + i);
    if ((byte == 0x5f ? 0x2d : toLowerAscii(byte)) != load<u8>(owned.ptr + i)) return false;
  }
  return true;
}

const spelling = changetype<Literal>(memory.data(16, 4));
const spellingText: usize = memory.data(64);

/** Removes the client's copies from a map, all values of each. False: one may still be there. */
export function removeOwned(map: MapType): bool {
  for (let tries: u32 = 0; tries < spellingsMax; tries++) {
    const found = findOwned(map);
    if (found == Found.None) return true;
    if (found == Found.Unknown || !remove(map, spelling)) return false;
  }
  return false;
}

/** As `removeOwned`, where the map cannot be read: by name, and so not in every spelling. */
export function removeOwnedUnseen(): bool {
  const map = MapType.RequestHeaders;
  const first = remove(map, modelNameHeader);
  const second = remove(map, baseModelNameHeader);
  const third = remove(map, routeHeader);
  return remove(map, promptTokensHeader) && first && second && third;
}

const enum Found {
  None,
  /** Its name as it is spelt is in `spelling`. */
  Some,
  Unknown,
}

function findOwned(map: MapType): Found {
  const pairs = headerPairs();
  if (pairs.read(map) != Status.Ok) return Found.Unknown;
  while (pairs.next()) {
    if (pairs.nameBytes > nameBytesMax || !isOwned(pairs.namePtr, pairs.nameBytes)) continue;
    memory.copy(spellingText, pairs.namePtr, pairs.nameBytes);
    spelling.ptr = spellingText;
    spelling.bytes = pairs.nameBytes;
    return Found.Some;
  }
  return Found.None;
}

function remove(map: MapType, name: Literal): bool {
  const status = removeHeader(map, name);
  return status == Status.Ok || status == Status.NotFound;
}
