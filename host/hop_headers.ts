import type { Pairs } from "./abi.ts";

const hopHeaders = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "te",
  "upgrade",
  "expect",
  "trailer",
  "http2-settings",
]);

/**
 * Pairs of a flat name-value list, names in lower case, without the headers of one hop and those
 * that `connection` names (RFC 9110, section 7.6.1).
 */
export function endToEndPairs(flat: readonly string[]): Pairs {
  const pairs: Pairs = [];
  for (let index = 0; index + 1 < flat.length; index += 2) {
    pairs.push([(flat[index] as string).toLowerCase(), flat[index + 1] as string]);
  }
  const named = new Set<string>();
  for (const [name, value] of pairs) {
    if (name !== "connection") continue;
    for (const option of value.split(",")) named.add(option.trim().toLowerCase());
  }
  return pairs.filter(([name]) => !hopHeaders.has(name) && !named.has(name));
}
