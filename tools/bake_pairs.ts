/** Which two tokens each token is the merge of. Pairs are numbered left * 2^18 + right. */
export const pairBase = 2 ** 18;

/**
 * For each token the two tokens whose merge it is: what is left of its own bytes when all other
 * merges are done. Leaving exactly two proves that it re-encodes to itself, and then no other pair
 * ever makes it: nothing in a longer text can change how the bytes of a token merge, as long as no
 * merge crosses its ends. A token that its bytes do not lead to is put into `unreached`.
 */
export function recoverPairs(
  tokens: Uint8Array[],
  byteIds: number[],
  unreached: Uint8Array[],
): Map<number, number> {
  const pairs = new Map<number, number>();
  for (const [id, token] of tokens.entries()) {
    if (token === undefined || token.length === 0) throw new Error(`rank ${id} has no token`);
    if (token.length === 1) continue;
    const parts = Array.from(token, (byte) => byteIds[byte]!);
    while (mergeLowest(parts, (at) => pairs.get(parts[at]! * pairBase + parts[at + 1]!)));
    if (parts.length !== 2) return recoverAnyPairs(tokens, byteIds, unreached);
    pairs.set(parts[0]! * pairBase + parts[1]!, id);
  }
  return pairs;
}

/**
 * As above where some tokens need merges of higher rank than their own, or cannot be made: asks of
 * every two neighbours whether their bytes are a token, as `tiktoken` does, which takes longer.
 */
function recoverAnyPairs(
  tokens: Uint8Array[],
  byteIds: number[],
  unreached: Uint8Array[],
): Map<number, number> {
  const pairs = new Map<number, number>();
  const texts = tokens.map((token) => Buffer.from(token).toString("latin1"));
  const ids = new Map(texts.map((text, id) => [text, id]));
  for (const [id, token] of tokens.entries()) {
    if (token.length === 1) continue;
    const parts = Array.from(token, (byte) => byteIds[byte]!);
    const mergedAt = (at: number) => ids.get(texts[parts[at]!]! + texts[parts[at + 1]!]!);
    while (parts.length > 2 && mergeLowest(parts, mergedAt));
    if (parts.length === 2) pairs.set(parts[0]! * pairBase + parts[1]!, id);
    else unreached.push(token);
  }
  return pairs;
}

function mergeLowest(parts: number[], mergedAt: (at: number) => number | undefined): boolean {
  let at = -1;
  let lowest = Infinity;
  for (let i = 0; i + 1 < parts.length; i++) {
    const merged = mergedAt(i);
    if (merged !== undefined && merged < lowest) {
      lowest = merged;
      at = i;
    }
  }
  if (at >= 0) parts.splice(at, 2, lowest);
  return at >= 0;
}
