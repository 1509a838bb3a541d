import { modelBytesMax } from "../bounds";
import { JsonError } from "../json/error";
import { PromptFacts } from "../prompt/prompt_facts";

/** Why a request's body is refused before anything of it is sent on. */
export const enum RequestError {
  None,
  /** Not JSON; `jsonError` says why. */
  NotJson,
  NotAnObject,
  /** A member that decides something stands there twice (parsers disagree on which one counts). */
  RepeatedMember,
  /** A member that a case-folding parser would take for one that decides something. */
  LookAlikeMember,
  ModelMissing,
  ModelNotAString,
  ModelEmpty,
  ModelTooLong,
  /** Invalid UTF-8 or a lone surrogate: readers would see different names. */
  ModelNotText,
  StreamNotABoolean,
  StreamOptionsNotAnObject,
  /** A member by which some servers choose another model than `model`. */
  OtherModels,
}

/** What was read of a request. Offsets are in the body as the client sent it. */
@unmanaged
export class LlmRequest extends PromptFacts {
  error: RequestError;
  jsonError: JsonError;
  errorOffset: u32;

  modelBytes: u32;
  /** The value with its quotes; both 0 until read. */
  modelStart: u32;
  modelEnd: u32;

  stream: bool;
  /** The most tokens the client lets the answer have, 0 when it does not say. */
  maxOutputTokens: u64;

  /** `stream_options`: just behind its opening brace, 0 when absent. */
  streamOptionsInside: u32;
  /** `stream_options` as `null`, from its first to behind its last byte. */
  streamOptionsNullStart: u32;
  streamOptionsNullEnd: u32;
  streamOptionsEmpty: bool;
  usageAsked: bool;
  /** A literal `false` of `include_usage` that would have to become `true`. */
  usageFalseStart: u32;
  usageFalseEnd: u32;
  /** Where the document's closing brace stands. */
  rootEnd: u32;

  /** What cannot be read comes to so many tokens, about. */
  unreadTokens: u64;
  /** Bytes of text in the prompt, as escaped in the body. */
  textBytes: u64;
  /** Of these, what every family of models is given: content, and calls of tools. */
  givenBytes: u64;
  /** Something of the prompt was not counted but estimated at most. */
  estimated: bool;
  /** Counting stopped when what models are given passed the reader's limit. */
  overLimit: bool;
  /** Of a prompt refused for its length: what it comes to at least, and what there may be. */
  refusedTokens: u64;
  allowedTokens: u64;

  get modelPtr(): usize {
    return changetype<usize>(this) + offsetof<LlmRequest>();
  }

  reset(): void {
    memory.fill(changetype<usize>(this), 0, offsetof<LlmRequest>());
  }

  fail(error: RequestError, offset: u32): bool {
    this.error = error;
    this.errorOffset = offset;
    return false;
  }

  /** Appends to the model's name; false when it grows too long. */
  addModelText(ptr: usize, bytes: u32): bool {
    if (bytes > modelBytesMax - this.modelBytes) return false;
    memory.copy(this.modelPtr + this.modelBytes, ptr, bytes);
    this.modelBytes += bytes;
    return true;
  }
}

export function newLlmRequest(): LlmRequest {
  const made = changetype<LlmRequest>(heap.alloc(offsetof<LlmRequest>() + modelBytesMax));
  made.reset();
  return made;
}
