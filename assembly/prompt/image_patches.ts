/** Models that see patches see at most this many, of so many pixels on a side. */
const patchesMax: u64 = 1536;
const patchPixels: u64 = 32;

/**
 * The patches of 32 pixels that cover an image, per OpenAI's guide on images and vision; an image
 * of more than 1536 is shrunk until they suffice, so that one of its sides is whole patches. 1 to
 * 1536.
 *
 * The guide shrinks by a square root; in whole patches that is the root of 1536 times one side by
 * the other, rounded down, for the side that then fills its patches, and the other in proportion.
 */
export function shrunkPatches(width: u32, height: u32): u32 {
  const plain = ceiling(width, patchPixels) * ceiling(height, patchPixels);
  if (plain <= patchesMax) return <u32>plain;
  const across = max<u64>(1, rootOf((patchesMax * width) / height));
  const down = max<u64>(1, rootOf((patchesMax * height) / width));
  const byWidth = across * height <= down * width;
  const columns = byWidth ? across : ceiling(down * width, height);
  const rows = byWidth ? ceiling(across * height, width) : down;
  return <u32>min(columns * rows, patchesMax);
}

/** The side of what Qwen-VL makes one token of, and the fewest and most of these in an image. */
const cellPixels: u64 = 28;
const cellsMin: u64 = 4;
const cellsMax: u64 = 16384;

/**
 * The cells of 28 pixels that Qwen-VL makes of an image, each a token (`smart_resize` of
 * Qwen2-VL's processor): its sides are rounded to cells, an image of too many is shrunk and one of
 * too few is grown. 4 to 16384.
 */
export function grownPatches(width: u32, height: u32): u32 {
  const columns = max<u64>(1, (<u64>width + cellPixels / 2) / cellPixels);
  const rows = max<u64>(1, (<u64>height + cellPixels / 2) / cellPixels);
  const cells = columns * rows;
  if (cells > cellsMax) {
    const across = max<u64>(1, rootOf((cellsMax * width) / height));
    const down = max<u64>(1, rootOf((cellsMax * height) / width));
    return <u32>min(across * down, cellsMax);
  }
  if (cells < cellsMin) {
    return <u32>(rootAbove(cellsMin * width, height) * rootAbove(cellsMin * height, width));
  }
  return <u32>cells;
}

/** The root of `over / under`, rounded up. */
function rootAbove(over: u64, under: u64): u64 {
  const root = rootOf(over / under);
  return root * root * under < over ? root + 1 : root;
}

/** The largest whole number whose square is no larger. */
export function rootOf(value: u64): u64 {
  let root: u64 = 0;
  for (let bit: u64 = 1 << 31; bit != 0; bit >>= 1) {
    const tried = root | bit;
    if (tried * tried <= value) root = tried;
  }
  return root;
}

function ceiling(value: u64, by: u64): u64 {
  return (value + by - 1) / by;
}
