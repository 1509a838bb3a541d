import { equalsAscii } from "../bytes/ascii";

/** The vocabularies the module carries, by the names their publisher gave them. */
export const enum Encoding {
  None,
  O200kBase,
  Cl100kBase,
}

/**
 * The encoding of that name, `None` when we do not carry it. `o200k_harmony` differs from
 * `o200k_base` in special tokens only, which plain text never yields, so its counts are the same.
 */
export function encodingByName(ptr: usize, bytes: u32): Encoding {
  if (equalsAscii(ptr, bytes, "o200k_base")) return Encoding.O200kBase;
  if (equalsAscii(ptr, bytes, "o200k_harmony")) return Encoding.O200kBase;
  if (equalsAscii(ptr, bytes, "cl100k_base")) return Encoding.Cl100kBase;
  return Encoding.None;
}
