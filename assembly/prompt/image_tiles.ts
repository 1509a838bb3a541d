/** A side that images are shrunk to fit, the least side after that, and the side of a tile. */
const longSidePixels: u64 = 2048;
const shortSidePixels: u64 = 768;
const tilePixels: u64 = 512;

/**
 * The tiles that an image of this size is cut into at high detail, per OpenAI's guide on images
 * and vision: it is shrunk to fit a square of 2048 pixels, then until its short side has 768, and
 * the tiles of 512 that cover it are counted. Smaller images stay as they are. 1 to 8.
 */
export function highTiles(width: u32, height: u32): u32 {
  const long = <u64>max(width, height);
  const short = <u64>min(width, height);
  // The scale as a fraction; both of its steps only ever shrink.
  let over: u64 = 1;
  let under: u64 = 1;
  if (long > longSidePixels) {
    over = longSidePixels;
    under = long;
  }
  if (short * over > shortSidePixels * under) {
    over = shortSidePixels;
    under = short;
  }
  return tilesOf(long, over, under) * tilesOf(short, over, under);
}

function tilesOf(side: u64, over: u64, under: u64): u32 {
  const whole = tilePixels * under;
  return <u32>max<u64>(1, (side * over + whole - 1) / whole);
}
