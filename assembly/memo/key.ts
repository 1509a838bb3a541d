/**
 * The secret of this VM, drawn once from the host's random source and never shown to anybody:
 * whoever knew it could build texts that are taken for each other. All zeros until it is drawn.
 */
export const memoKeyBytes: u32 = 1152;

const key: usize = memory.data(1152, 16);

/** Where the host's random bytes go: `memoKeyBytes` of them. */
export function memoKeyPtr(): usize {
  return key;
}

/** For the first level: a block's 1,024 bytes, and 32 more for each of its lanes but one. */
// @ts-ignore: decorator
@inline
export function laneKeyPtr(): usize {
  return key;
}

/** Two points for the second level's polynomials, 8 bytes each. */
// @ts-ignore: decorator
@inline
export function pointKeyPtr(): usize {
  return key + 1120;
}

/** For the last level, 16 bytes. */
// @ts-ignore: decorator
@inline
export function sealKeyPtr(): usize {
  return key + 1136;
}
