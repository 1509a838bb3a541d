import {
  Encoding,
  encodingName,
  encodingsCarried,
  isCarried,
  knownEncoding,
} from "../bpe/encoding";
import { ValueKind } from "./document";
import { Node } from "./node";

/** Reads the name of an encoding: one there is, and that this module was built with. */
export function readEncoding(node: Node | null): Encoding {
  if (!node || !node.is(ValueKind.Text, "text")) return Encoding.None;
  const text = node.value.text;
  const encoding = knownEncoding(text.ptr, text.length);
  if (encoding == Encoding.None) {
    node.refuse("must be " + allNames() + "; leave it out for estimates");
  } else if (!isCarried(encoding)) {
    node.refuse(notCarried(encoding));
    return Encoding.None;
  }
  return encoding;
}

function notCarried(encoding: Encoding): string {
  const carried = encodingsCarried();
  const build = "npm run build -- --encodings " + carried + "," + encodingName(encoding);
  return "is not in this module, which carries " + carried + "; to build one: " + build;
}

function allNames(): string {
  let names = "";
  let encoding: i32 = Encoding.None;
  while (true) {
    const name = encodingName(++encoding);
    if (name.length == 0) return names + "o200k_harmony, tekken or gemini";
    names += name + ", ";
  }
}
