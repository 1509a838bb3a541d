import { removeHeader } from "../abi/headers";
import { MapType } from "../abi/types";
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

/** Removes the client's copies, all values of each. */
export function removeOwned(mask: u32): void {
  if (mask & 1) removeHeader(MapType.RequestHeaders, modelNameHeader);
  if (mask & 2) removeHeader(MapType.RequestHeaders, baseModelNameHeader);
  if (mask & 4) removeHeader(MapType.RequestHeaders, routeHeader);
  if (mask & 8) removeHeader(MapType.RequestHeaders, promptTokensHeader);
}
