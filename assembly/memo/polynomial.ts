import { pointKeyPtr } from "./key";

/**
 * The second level: the lanes of all blocks, x1 to xn, as the coefficients of
 * x1 r^n + ... + xn r modulo the prime p = 2^61 - 1, evaluated at two secret points.
 *
 * Bound: two different lists of one length meet at a point with probability at most (n+1)/2^61, for
 * a polynomial of degree n has at most n roots, and one of the 2^61 points is drawn twice.
 * A lane's 64 bits are taken modulo p; of the differences of two lanes that makes 17 equal to zero
 * in place of one, which leaves all four lanes (17/2^32)^4 < 2^-111.
 */
const prime: u64 = (1 << 61) - 1;

let first: u64 = 0;
let second: u64 = 0;
let firstPoint: u64 = 0;
let secondPoint: u64 = 0;

export function startPolynomials(): void {
  first = 0;
  second = 0;
  firstPoint = load<u64>(pointKeyPtr()) & prime;
  secondPoint = load<u64>(pointKeyPtr(), 8) & prime;
}

/** The next coefficient. */
export function addCoefficient(x: u64): void {
  const folded = fold(x);
  first = timesModPrime(first + folded, firstPoint);
  second = timesModPrime(second + folded, secondPoint);
}

/** The values so far, below the prime. */
export function firstPolynomial(): u64 {
  return canonical(first);
}

export function secondPolynomial(): u64 {
  return canonical(second);
}

/** `x` modulo the prime, up to 7 above it. */
// @ts-ignore: decorator
@inline
function fold(x: u64): u64 {
  return (x & prime) + (x >> 61);
}

function canonical(x: u64): u64 {
  const folded = fold(x);
  return folded >= prime ? folded - prime : folded;
}

/** `a * b` modulo the prime, not quite reduced: below 2^61 + 8. Takes `a` below 2^63, `b` 2^61. */
function timesModPrime(a: u64, b: u64): u64 {
  const folded = fold(a);
  const aLow = folded & 0xffffffff;
  const aHigh = folded >> 32;
  const bLow = b & 0xffffffff;
  const bHigh = b >> 32;
  const middle = aLow * bHigh + aHigh * bLow; // times 2^32: 29 bits stay below 2^61
  const low = aLow * bLow;
  const high = aHigh * bHigh; // times 2^64, which is 8
  return fold(fold(low) + (high << 3) + (middle >> 29) + ((middle & 0x1fffffff) << 32));
}
