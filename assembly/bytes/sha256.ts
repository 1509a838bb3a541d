/** SHA-256 (FIPS 180-4) of bytes in memory. Known API keys are kept as such digests only. */
export const sha256Bytes: u32 = 32;

/** The bits of the fraction of the cube roots of the first 64 primes (FIPS 180-4, 4.2.2). */
// prettier-ignore
const roundConstants = memory.data<u32>([
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
  0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
  0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
]);
/** The same of the square roots of the first 8 (5.3.3). */
// prettier-ignore
const initialState = memory.data<u32>([
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
]);
const blockBytes: u32 = 64;
const roundBytes: u32 = 256;

/** What one call of `sha256` works in: nothing is allocated, and nothing is left behind. */
const state = memory.data(32, 16);
const schedule = memory.data(256, 16);
const lastBlocks = memory.data(128, 16);

/** Stores the 32 bytes of the digest at `out`. */
export function sha256(ptr: usize, bytes: u32, out: usize): void {
  memory.copy(state, initialState, sha256Bytes);
  const whole = bytes & ~(blockBytes - 1);
  for (let done: u32 = 0; done < whole; done += blockBytes) compress(ptr + done);
  const paddedBytes = pad(ptr + whole, bytes - whole, bytes);
  for (let done: u32 = 0; done < paddedBytes; done += blockBytes) compress(lastBlocks + done);
  for (let at: u32 = 0; at < sha256Bytes; at += 4) {
    store<u32>(out + at, bswap<u32>(load<u32>(state + at)));
  }
  memory.fill(lastBlocks, 0, 128);
  memory.fill(schedule, 0, roundBytes);
}

/** Puts the rest of the message, a one bit and the length in bits into `lastBlocks` (5.1.1). */
function pad(rest: usize, restBytes: u32, messageBytes: u32): u32 {
  const paddedBytes = restBytes + 9 > blockBytes ? blockBytes * 2 : blockBytes;
  memory.fill(lastBlocks, 0, paddedBytes);
  memory.copy(lastBlocks, rest, restBytes);
  store<u8>(lastBlocks + restBytes, 0x80);
  store<u64>(lastBlocks + paddedBytes - 8, bswap<u64>((<u64>messageBytes) << 3));
  return paddedBytes;
}

/** Fills `schedule` from a block (6.2.2, step 1). */
function expand(block: usize): void {
  for (let at: usize = 0; at < blockBytes; at += 4) {
    store<u32>(schedule + at, bswap<u32>(load<u32>(block + at)));
  }
  for (let at: usize = blockBytes; at < roundBytes; at += 4) {
    const slot = schedule + at;
    const early = load<u32>(slot - 60);
    const late = load<u32>(slot - 8);
    const earlySigma = rotr<u32>(early, 7) ^ rotr<u32>(early, 18) ^ (early >> 3);
    const lateSigma = rotr<u32>(late, 17) ^ rotr<u32>(late, 19) ^ (late >> 10);
    store<u32>(slot, load<u32>(slot - 64) + earlySigma + load<u32>(slot - 28) + lateSigma);
  }
}

/** Works one block into `state` (6.2.2); the letters are those of the standard. */
function compress(block: usize): void {
  expand(block);
  let a = load<u32>(state);
  let b = load<u32>(state, 4);
  let c = load<u32>(state, 8);
  let d = load<u32>(state, 12);
  let e = load<u32>(state, 16);
  let f = load<u32>(state, 20);
  let g = load<u32>(state, 24);
  let h = load<u32>(state, 28);
  for (let at: usize = 0; at < roundBytes; at += 4) {
    const choice = (e & f) ^ (~e & g);
    const majority = (a & b) ^ (a & c) ^ (b & c);
    const sigmaE = rotr<u32>(e, 6) ^ rotr<u32>(e, 11) ^ rotr<u32>(e, 25);
    const sigmaA = rotr<u32>(a, 2) ^ rotr<u32>(a, 13) ^ rotr<u32>(a, 22);
    const word = load<u32>(schedule + at) + load<u32>(roundConstants + at);
    const mixed = h + sigmaE + choice + word;
    h = g;
    g = f;
    f = e;
    e = d + mixed;
    d = c;
    c = b;
    b = a;
    a = mixed + sigmaA + majority;
  }
  addToState(0, a, b, c, d);
  addToState(16, e, f, g, h);
}

function addToState(at: usize, a: u32, b: u32, c: u32, d: u32): void {
  const slot = state + at;
  store<u32>(slot, load<u32>(slot) + a);
  store<u32>(slot, load<u32>(slot, 4) + b, 4);
  store<u32>(slot, load<u32>(slot, 8) + c, 8);
  store<u32>(slot, load<u32>(slot, 12) + d, 12);
}
