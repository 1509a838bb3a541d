import { ByteWriter } from "../bytes/writer";
import { JsonError } from "../json/error";
import { LlmRequest, RequestError } from "../api/request";

/** Why this filter answers a request itself. Each has one row in `denialOf`. */
export const enum Denial {
  None,
  InvalidBody,
  BodyTooLarge,
  BodyMissing,
  BodyEncoded,
  OtherCharset,
  UnknownModel,
  ContextLengthExceeded,
  Unidentified,
  Unmetered,
  /** The host failed us: refused, or let pass uncounted, as the policy says (`onFailure`). */
  Failure,
  /** It failed us where to let pass would be wrong: half changed, or with forged headers. */
  FailureClosed,
  Sealed,
}

/** HTTP status of the reply. */
export function statusOf(denial: Denial): u32 {
  switch (denial) {
    case Denial.BodyTooLarge:
      return 413;
    case Denial.BodyEncoded:
    case Denial.OtherCharset:
      return 415;
    case Denial.UnknownModel:
      return 404;
    case Denial.Unidentified:
      return 401;
    case Denial.Unmetered:
      return 403;
    case Denial.Failure:
    case Denial.FailureClosed:
    case Denial.Sealed:
      return 503;
    default:
      return 400;
  }
}

/** The machine-readable reason: `code` of the error body, `reason` in log and metrics. */
export function codeOf(denial: Denial, error: RequestError): string {
  switch (denial) {
    case Denial.InvalidBody:
      return codeOfError(error);
    case Denial.BodyTooLarge:
      return "request_too_large";
    case Denial.BodyMissing:
      return "body_missing";
    case Denial.BodyEncoded:
      return "encoded_body";
    case Denial.OtherCharset:
      return "unsupported_charset";
    case Denial.UnknownModel:
      return "model_not_found";
    case Denial.ContextLengthExceeded:
      return "context_length_exceeded";
    case Denial.Unidentified:
      return "invalid_api_key";
    case Denial.Unmetered:
      return "endpoint_not_metered";
    case Denial.Failure:
    case Denial.FailureClosed:
      return "gateway_failure";
    case Denial.Sealed:
      return "gateway_not_configured";
    default:
      return "";
  }
}

function codeOfError(error: RequestError): string {
  switch (error) {
    case RequestError.NotJson:
      return "invalid_json";
    case RequestError.RepeatedMember:
      return "repeated_member";
    case RequestError.LookAlikeMember:
      return "look_alike_member";
    case RequestError.OtherModels:
      return "other_models";
    case RequestError.ModelMissing:
    case RequestError.ModelEmpty:
      return "model_missing";
    case RequestError.ModelNotAString:
    case RequestError.ModelTooLong:
    case RequestError.ModelNotText:
      return "invalid_model";
    default:
      return "invalid_request";
  }
}

/** The error's class in OpenAI's form, by which clients choose what to raise. */
export function typeOf(denial: Denial): string {
  switch (denial) {
    case Denial.Unidentified:
      return "authentication_error";
    case Denial.Unmetered:
      return "permission_error";
    case Denial.Failure:
    case Denial.FailureClosed:
    case Denial.Sealed:
      return "server_error";
    default:
      return "invalid_request_error";
  }
}

/** The sentence for a person: what is wrong, where, and what to do. Holds no text of the client. */
export function writeSentence(
  out: ByteWriter,
  denial: Denial,
  error: RequestError,
  jsonError: JsonError,
  offset: u32,
): void {
  if (denial != Denial.InvalidBody) {
    out.ascii(sentenceOf(denial));
    return;
  }
  out.ascii(error == RequestError.NotJson ? sentenceOfJson(jsonError) : sentenceOfError(error));
  out.ascii(" (at byte ");
  out.decimal(offset);
  out.ascii(" of the body).");
}

/** How long a refused prompt is, to stand behind its sentence: what is said is what was counted. */
export function writeLength(out: ByteWriter, request: LlmRequest): void {
  out.ascii(request.overLimit ? ": at least " : ": ");
  out.decimal(request.refusedTokens);
  out.ascii(" tokens, where ");
  out.decimal(request.allowedTokens);
  out.ascii(" are the most.");
}

function sentenceOf(denial: Denial): string {
  switch (denial) {
    case Denial.BodyTooLarge:
      return "The request body is larger than this gateway accepts.";
    case Denial.BodyMissing:
      return "The request has no body; a JSON object with `model` and `messages` is expected.";
    case Denial.BodyEncoded:
      return (
        "The request body is encoded (content-encoding) and cannot be read here. Send it " +
        "unencoded, or put the gateway's decompressor in front of this filter."
      );
    case Denial.OtherCharset:
      return "The content-type must be given once, and name no charset but UTF-8.";
    case Denial.UnknownModel:
      return "The model in this request is not known to this gateway.";
    case Denial.ContextLengthExceeded:
      return "The prompt is longer than the context window of the model";
    case Denial.Unidentified:
      return "No known identity came with this request, and anonymous requests are refused.";
    case Denial.Unmetered:
      return "This endpoint is not metered by this gateway and therefore closed.";
    case Denial.Sealed:
      return "The gateway's LLM policy is not in place; its log says why.";
    default:
      return "The gateway could not process this request.";
  }
}

function sentenceOfJson(error: JsonError): string {
  switch (error) {
    case JsonError.ByteOrderMark:
      return "The request body begins with a byte order mark, which JSON does not allow";
    case JsonError.BadEscape:
      return "The request body is not valid JSON: unknown escape in a string";
    case JsonError.ControlInString:
      return "The request body is not valid JSON: control character inside a string";
    case JsonError.BadNumber:
      return "The request body is not valid JSON: malformed number";
    case JsonError.TooDeep:
      return "The request body is nested deeper than this gateway reads";
    case JsonError.Truncated:
      return "The request body is not valid JSON: it ends too early";
    case JsonError.TrailingBytes:
      return "The request body is not valid JSON: something follows the document";
    default:
      return "The request body is not valid JSON: unexpected character";
  }
}

function sentenceOfError(error: RequestError): string {
  switch (error) {
    case RequestError.NotAnObject:
      return "The request body must be a JSON object";
    case RequestError.RepeatedMember:
      return "A member stands twice in the same object, which readers resolve differently";
    case RequestError.LookAlikeMember:
      return "A member's name differs from a known one only in case, which some readers ignore";
    case RequestError.ModelMissing:
      return "The member `model` is missing";
    case RequestError.ModelNotAString:
      return "`model` must be a string";
    case RequestError.ModelEmpty:
      return "`model` must not be empty";
    case RequestError.ModelTooLong:
      return "`model` is too long";
    case RequestError.ModelNotText:
      return "`model` is not valid Unicode text";
    case RequestError.OtherModels:
      return "`models` and `fallbacks` would let the upstream choose another model";
    case RequestError.StreamOptionsNotAnObject:
      return "`stream_options` must be an object";
    default:
      return "`stream` and `include_usage` must be true or false";
  }
}
