import { identityBytesMax } from "../bounds";
import { ValueKind } from "./document";
import { IdentitySource } from "./config";
import { Name } from "./name";
import { NameIndex } from "./name_index";
import { Node } from "./node";
import { readText } from "./scalars";
import { quoted } from "./spelling";

const digestBytes: u32 = 32;

/**
 * Reads `{ HASH: name }` into `source`. The hashes do not appear in messages: what stands there by
 * mistake may be a key in clear.
 */
export function readKnownKeys(node: Node, source: IdentitySource): void {
  const entries = node.entries(true);
  if (entries.length == 0 && node.value.kind == ValueKind.Object) node.refuse("must not be empty");
  source.keyIndex = new NameIndex(entries.length);
  for (let i = 0; i < entries.length; i++) readKnownKey(entries[i], source);
}

function readKnownKey(node: Node, source: IdentitySource): void {
  const name = readText(node, identityBytesMax);
  if (!name) return;
  const digest = digestFromHex(node.name);
  if (!digest) {
    node.refuse("what stands for " + quoted(name) + " is not a SHA-256 in 64 hexadecimal digits");
    return;
  }
  const taken = source.keyIndex.add(digest, source.keyNames.length);
  if (taken < 0) source.keyNames.push(name);
  else node.refuse("the same key for " + quoted(source.keyNames[taken]) + " and " + quoted(name));
}

function digestFromHex(hex: Name): Name | null {
  if (hex.length != digestBytes * 2) return null;
  const digest = new Name(new StaticArray<u8>(digestBytes));
  for (let i: u32 = 0; i < digestBytes; i++) {
    const high = hexValue(load<u8>(hex.ptr + i * 2));
    const low = hexValue(load<u8>(hex.ptr + i * 2 + 1));
    if (high > 15 || low > 15) return null;
    store<u8>(digest.ptr + i, (high << 4) | low);
  }
  return digest;
}

/** 0 to 15, or more for what is no hexadecimal digit. */
function hexValue(byte: u8): u8 {
  const digit = <u8>(byte - 0x30);
  if (digit < 10) return digit;
  const letter = <u8>((byte | 0x20) - 0x61);
  return letter < 6 ? letter + 10 : 255;
}
