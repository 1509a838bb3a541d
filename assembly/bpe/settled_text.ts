import { carriesNormalForm, codePointsOf, normalFormOf } from "../../build/vocab/carried";
import { Encoding } from "./encoding";
import { behindSettled } from "./normal_text";
import { gemmaCarried, hasUnderline } from "./underlines";

/** Whether no character of a well-formed text is changed before it is counted. */
export function isSettledText(encoding: Encoding, ptr: usize, end: usize): bool {
  if (carriesNormalForm && normalFormOf(encoding) != 0) {
    return behindSettled(codePointsOf(encoding), ptr, end) == end;
  }
  return !gemmaCarried || encoding != Encoding.Gemma3 || !hasUnderline(ptr, end);
}
