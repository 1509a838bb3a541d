import { removeHeader } from "../abi/headers";
import { MapType, Status } from "../abi/types";
import { equalsAsciiIgnoreCase } from "../bytes/ascii";
import { Literal, literal } from "../bytes/literal";

/** Request headers that only this filter may set: routers and upstreams believe them. */
export const modelNameHeader: Literal = literal("x-gateway-model-name");
export const baseModelNameHeader: Literal = literal("x-gateway-base-model-name");
export const routeHeader: Literal = literal("x-tokenstile-route");
export const promptTokensHeader: Literal = literal("x-tokenstile-prompt-tokens");

/** The bit of an owned header in a mask of those that a client sent; 0 for any other. */
export function ownedBit(name: usize, bytes: u32): u32 {
  if (equalsAsciiIgnoreCase(name, bytes, "x-gateway-model-name")) return 1;
  if (equalsAsciiIgnoreCase(name, bytes, "x-gateway-base-model-name")) return 2;
  if (equalsAsciiIgnoreCase(name, bytes, "x-tokenstile-route")) return 4;
  if (equalsAsciiIgnoreCase(name, bytes, "x-tokenstile-prompt-tokens")) return 8;
  return 0;
}

/** The mask of all of them. */
export const allOwned: u32 = 15;

/** Removes the client's copies, all values of each. False: one may still be there. */
export function removeOwned(mask: u32): bool {
  let gone = true;
  if (mask & 1) gone = remove(modelNameHeader) && gone;
  if (mask & 2) gone = remove(baseModelNameHeader) && gone;
  if (mask & 4) gone = remove(routeHeader) && gone;
  if (mask & 8) gone = remove(promptTokensHeader) && gone;
  return gone;
}

function remove(name: Literal): bool {
  const status = removeHeader(MapType.RequestHeaders, name);
  return status == Status.Ok || status == Status.NotFound;
}
