import { exactIntegerMax, headerNameBytesMax } from "../bounds";
import {
  equalsAscii,
  isVisibleAscii,
  startsWithAsciiIgnoreCase,
  toLowerAscii,
} from "../bytes/ascii";
import { readScaledU64, ScaledError } from "../bytes/scaled";
import { ValueKind } from "./document";
import { Name, nameFromBytes } from "./name";
import { Node } from "./node";
import { quoted } from "./spelling";

/** `true` or `false`; `absent` when there is no node or, after a report, no such value. */
export function readFlag(node: Node | null, absent: bool): bool {
  if (!node) return absent;
  const kind = node.value.kind;
  if (kind == ValueKind.True) return true;
  if (kind != ValueKind.False) node.is(ValueKind.False, "true or false");
  return kind == ValueKind.False ? false : absent;
}

/** The position of the text in `choices`; 0 without a node, -1 after a report. */
export function readChoice(node: Node | null, choices: Array<string>): i32 {
  if (!node) return 0;
  if (!node.is(ValueKind.Text, "text")) return -1;
  const text = node.value.text;
  for (let i = 0; i < choices.length; i++) {
    if (equalsAscii(text.ptr, text.length, choices[i])) return i;
  }
  node.refuse('must be "' + choices.join('" or "') + '", not ' + quoted(text));
  return -1;
}

/** A whole number from `least` to `most`, in any form of JSON; `absent` without one. */
export function readInteger(node: Node | null, least: u64, most: u64, absent: u64): u64 {
  if (!node || !node.is(ValueKind.Number, "a number")) return absent;
  const text = node.value.text;
  const out = memory.data(8, 8);
  const error = readScaledU64(text.ptr, text.length, 0, out);
  const value = error ? 0 : load<u64>(out);
  if (error == ScaledError.TooPrecise) {
    node.refuse("must be a whole number");
  } else if (error == ScaledError.TooLarge || value > exactIntegerMax) {
    node.refuse("above 2^53, where a control plane may have rounded it");
  } else if (error || value < least || value > most) {
    node.refuse("must be from " + least.toString() + " to " + most.toString());
  } else {
    return value;
  }
  return absent;
}

/**
 * A text that may go into headers and logs: 1 to `bytesMax` bytes of printable ASCII without
 * spaces. Null without one; what is wrong has then been reported.
 */
export function readText(node: Node | null, bytesMax: u32): Name | null {
  if (!node || !node.is(ValueKind.Text, "text")) return null;
  return checkText(node, node.value.text, bytesMax) ? node.value.text : null;
}

/** As `readText`, of the name that a member goes by. */
export function readMemberName(node: Node, bytesMax: u32): bool {
  return checkText(node, node.name, bytesMax);
}

function checkText(node: Node, text: Name, bytesMax: u32): bool {
  if (text.length == 0) node.refuse("must not be empty");
  else if (text.length > bytesMax) {
    node.refuse("must not be longer than " + bytesMax.toString() + " bytes");
  } else if (!isVisibleAscii(text.ptr, text.length)) {
    node.refuse("must be printable ASCII without spaces");
  } else {
    return true;
  }
  return false;
}

/** The name of a header in lower case, as hosts hold them; null after a report. */
export function readHeaderName(node: Node | null): Name | null {
  const text = readText(node, headerNameBytesMax);
  if (!node || !text) return null;
  const name = nameFromBytes(text.ptr, text.length);
  for (let i: u32 = 0; i < name.length; i++) {
    const byte = toLowerAscii(load<u8>(name.ptr + i));
    store<u8>(name.ptr + i, byte);
    if (!isTokenByte(byte)) {
      node.refuse("must be the name of a header, which has no such character in it");
      return null;
    }
  }
  if (!isOwnHeader(name)) return name;
  node.refuse("this header is set by this module, and the client's copy is always removed");
  return null;
}

/** Bytes of a header's name (RFC 9110 section 5.6.2), upper case aside. */
function isTokenByte(byte: u8): bool {
  if (<u8>(byte - 0x61) < 26 || <u8>(byte - 0x30) < 10) return true;
  return "!#$%&'*+-.^_`|~".includes(String.fromCharCode(byte));
}

function isOwnHeader(name: Name): bool {
  if (startsWithAsciiIgnoreCase(name.ptr, name.length, "x-tokenstile-")) return true;
  if (equalsAscii(name.ptr, name.length, "x-gateway-model-name")) return true;
  return equalsAscii(name.ptr, name.length, "x-gateway-base-model-name");
}
