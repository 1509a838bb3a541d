import { hashBlock, hashBlockBytes, laneSum } from "./block_lanes";
import { Payer } from "./payer";
import { addCoefficient, firstPolynomial, secondPolynomial, startPolynomials } from "./polynomial";
import { sealedHigh, sealedLow, sealWords } from "./seal";

/** What a digest is taken of: payers' names, or (any other number) texts in that encoding. */
export const payerNames: u32 = 0;

/** What is sealed, and a word behind it. */
const message: usize = memory.data(48, 8);

/**
 * Hashes a span of bytes to the 128 bits that stand for it: `digestLow`, `digestHigh`. Loads up to
 * 31 bytes behind it.
 *
 * Two spans that differ in their bytes have the same digest with probability at most 2^-108, over
 * the draw of the key, as long as both are below 24 KiB and whoever chose them does not know the
 * key: in some block they differ, and all its lanes hide that with probability below 2^-111
 * (block_lanes.ts, polynomial.ts); else both polynomials, of 4 lanes for each of up to 24 blocks,
 * do so with at most (97/2^61)^2 < 2^-108.8; spans of different lengths, payers or encodings go
 * through the seal as different messages, where all 128 bits agree no more often than those of
 * random functions would.
 *
 * Over the life of a table: a look-up meets at most `memoEntries` other spans, so that a wrong
 * answer comes with at most 2^-94 a look-up, and a million look-ups a second for a hundred years
 * (2^52) see one with at most 2^-42. Watching hits and misses does not help to find a collision: as
 * long as none was met, all of them could have been foretold.
 */
export function digestSpan(ptr: usize, bytes: u32, domain: u32, payer: Payer): void {
  startPolynomials();
  for (let at: u32 = 0; at < bytes; at += hashBlockBytes) {
    hashBlock(ptr + at, min(hashBlockBytes, bytes - at));
    for (let lane: u32 = 0; lane < 4; lane++) addCoefficient(laneSum(lane));
  }
  store<u64>(message, firstPolynomial());
  store<u64>(message, secondPolynomial(), 8);
  store<u32>(message, bytes, 16);
  store<u64>(message, payer.low, 24);
  store<u64>(message, payer.high, 32);
  digestAs(domain);
}

/** The digest of the last span in another domain. */
export function digestAs(domain: u32): void {
  store<u32>(message, domain, 20);
  sealWords(message, 5);
}

export function digestLow(): u64 {
  return sealedLow();
}

export function digestHigh(): u64 {
  return sealedHigh();
}
