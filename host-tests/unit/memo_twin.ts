/**
 * The memo's hash in plain arithmetic, for words of any width: as wide as the module's it must give
 * the same numbers; narrow, all keys and all messages can be tried.
 */

/** One lane of a block: NH over groups of `2 * pairs` words of `bits` bits, the key shifted. */
export interface LaneShape {
  bits: number;
  pairs: number;
}

/** The shape that the module has. */
export const moduleLanes: LaneShape = { bits: 32, pairs: 4 };

export function laneSum(
  { bits, pairs }: LaneShape,
  words: bigint[],
  key: bigint[],
  lane: number,
): bigint {
  const mask = (1n << BigInt(bits)) - 1n;
  const width = 2 * pairs;
  let sum = 0n;
  for (let group = 0; group * width < words.length; group++) {
    for (let pair = 0; pair < pairs; pair++) {
      const plus = (at: number): bigint =>
        ((words[group * width + at] ?? 0n) + (key[(group + lane) * width + at] ?? 0n)) & mask;
      sum += plus(pair) * plus(pairs + pair);
    }
  }
  return sum & ((1n << BigInt(2 * bits)) - 1n);
}

/** x1 r^n + ... + xn r modulo a prime. */
export function polynomial(coefficients: bigint[], point: bigint, prime: bigint): bigint {
  return coefficients.reduce((sum, x) => ((sum + x) * point) % prime, 0n);
}

export const modulePrime = 2n ** 61n - 1n;

const mask64 = 2n ** 64n - 1n;
const rotl = (x: bigint, by: bigint): bigint => ((x << by) | (x >> (64n - by))) & mask64;

function sipRounds(v: bigint[], rounds: number): void {
  for (let i = 0; i < rounds; i++) {
    v[0] = (v[0]! + v[1]!) & mask64;
    v[1] = rotl(v[1]!, 13n) ^ v[0];
    v[0] = rotl(v[0], 32n);
    v[2] = (v[2]! + v[3]!) & mask64;
    v[3] = rotl(v[3]!, 16n) ^ v[2];
    v[0] = (v[0] + v[3]) & mask64;
    v[3] = rotl(v[3], 21n) ^ v[0];
    v[2] = (v[2] + v[1]) & mask64;
    v[1] = rotl(v[1], 17n) ^ v[2];
    v[2] = rotl(v[2], 32n);
  }
}

/** SipHash-2-4 of whole words: the usual 64 bits, or both halves of the 128. */
export function sipHash(words: bigint[], key: [bigint, bigint], wide: boolean): bigint[] {
  const v = [
    key[0] ^ 0x736f6d6570736575n,
    key[1] ^ 0x646f72616e646f6dn ^ (wide ? 0xeen : 0n),
    key[0] ^ 0x6c7967656e657261n,
    key[1] ^ 0x7465646279746573n,
  ];
  for (const word of [...words, (BigInt(words.length) << 59n) & mask64]) {
    v[3] = v[3]! ^ word;
    sipRounds(v, 2);
    v[0] = v[0]! ^ word;
  }
  const sum = (): bigint => v.reduce((all, each) => all ^ each, 0n);
  v[2] = v[2]! ^ (wide ? 0xeen : 0xffn);
  sipRounds(v, 4);
  const low = sum();
  if (!wide) return [low];
  v[1] = v[1]! ^ 0xddn;
  sipRounds(v, 4);
  return [low, sum()];
}

export interface TwinKey {
  lanes: bigint[];
  points: [bigint, bigint];
  seal: [bigint, bigint];
}

/** The parts of the module's key. */
export function twinKey(key: Uint8Array): TwinKey {
  const word = (at: number): bigint => wordsOf(key.subarray(at, at + 8), 8)[0]!;
  const point = (at: number): bigint => word(at) & modulePrime;
  return {
    lanes: wordsOf(key.subarray(0, 1120), 4),
    points: [point(1120), point(1128)],
    seal: [word(1136), word(1144)],
  };
}

/** Little-endian words of so many bytes, the last one filled up with zeros. */
export function wordsOf(bytes: Uint8Array, wordBytes: number): bigint[] {
  const words: bigint[] = [];
  for (let at = 0; at < bytes.length; at += wordBytes) {
    const word = [...bytes.subarray(at, at + wordBytes)];
    words.push(word.reduceRight((all, byte) => (all << 8n) | BigInt(byte), 0n));
  }
  return words;
}

export function twinDigest(
  span: Uint8Array,
  domain: number,
  payer: { low: bigint; high: bigint },
  key: TwinKey,
): bigint[] {
  const coefficients: bigint[] = [];
  for (let at = 0; at < span.length; at += 1024) {
    const words = wordsOf(span.subarray(at, at + 1024), 4);
    for (let lane = 0; lane < 4; lane++) {
      coefficients.push(laneSum(moduleLanes, words, key.lanes, lane));
    }
  }
  const values = key.points.map((point) => polynomial(coefficients, point, modulePrime));
  const size = BigInt(span.length) | (BigInt(domain) << 32n);
  return sipHash([...values, size, payer.low, payer.high], key.seal, true);
}
