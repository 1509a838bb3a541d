import { sendLocalReply } from "../abi/host";
import { Status } from "../abi/types";
import { Literal, literal } from "../bytes/literal";
import { codeOf, Denial, statusOf, typeOf, writeLength, writeSentence } from "./denial";
import { textScratch } from "./scratch";
import { LlmRequest, RequestError } from "../api/request";
import { JsonError } from "../json/error";

/** One serialized header pair: content-type of every reply. */
const replyHeaders: Literal = pairOf("content-type", "application/json");

/** The response code details of every reply of ours; the log's `reason` says more. */
const replyDetails: Literal = literal("tokenstile_denied");

/**
 * Answers in OpenAI's error form. `request` may be null where no body was read. After this the
 * stream's own response callbacks see the reply pass.
 */
export function sendDenial(denial: Denial, request: LlmRequest | null): Status {
  const out = textScratch;
  out.reset();
  const error = request === null ? RequestError.None : request.error;
  out.ascii('{"error":{"message":"');
  writeSentence(
    out,
    denial,
    error,
    request === null ? JsonError.None : request.jsonError,
    request === null ? 0 : request.errorOffset,
  );
  if (denial == Denial.ContextLengthExceeded && request !== null) writeLength(out, request);
  out.ascii('","type":"');
  out.ascii(typeOf(denial));
  out.ascii('","param":');
  out.ascii(concernsModel(denial, error) ? '"model"' : "null");
  out.ascii(',"code":"');
  out.ascii(codeOf(denial, error));
  out.ascii('"}}');
  return sendLocalReply(statusOf(denial), replyDetails, out.ptr, out.bytes, replyHeaders);
}

function concernsModel(denial: Denial, error: RequestError): bool {
  if (denial == Denial.UnknownModel) return true;
  return error >= RequestError.ModelMissing && error <= RequestError.ModelNotText;
}

function pairOf(name: string, value: string): Literal {
  const made = literal("\x01\0\0\0........" + name + "\0" + value + "\0");
  store<u32>(made.ptr, <u32>name.length, 4);
  store<u32>(made.ptr, <u32>value.length, 8);
  return made;
}
