import { headerPairs } from "../abi/headers";
import { propertyBytes, propertyPtr, readProperty } from "../abi/host";
import { MapType, Status } from "../abi/types";
import { equalsAscii, startsWithAsciiIgnoreCase } from "../bytes/ascii";
import { parseDecimalU64 } from "../bytes/decimal";
import { Literal, literal } from "../bytes/literal";

/** How a response is read. */
export const enum ResponseForm {
  /** Encoded, or in no form that is known: passes as it is, and is charged by its size. */
  Opaque,
  Json,
  Sse,
}

/** What the headers of a response say, as far as it matters here. */
@unmanaged
export class ResponseHead {
  status: u64;
  form: ResponseForm;
}

const head = changetype<ResponseHead>(memory.data(16, 8));
const codeDetails: Literal = literal("response\0code_details");

/**
 * Only an upstream's own answer is charged; replies of other filters have other details. Where the
 * host fails to tell, it counts as the upstream's.
 */
export function isUpstreamsAnswer(): bool {
  const status = readProperty(codeDetails.ptr, codeDetails.bytes);
  if (status != Status.Ok) return status != Status.NotFound;
  return equalsAscii(propertyPtr(), propertyBytes(), "via_upstream");
}

/** Reads the response headers at hand. The record is good until the next reading. */
export function readResponseHead(): ResponseHead {
  head.status = 0;
  head.form = ResponseForm.Opaque;
  let encoded = false;
  const pairs = headerPairs();
  if (pairs.read(MapType.ResponseHeaders) != Status.Ok) return head;
  while (pairs.next()) {
    const name = pairs.namePtr;
    const bytes = pairs.nameBytes;
    const value = pairs.valuePtr;
    if (equalsAscii(name, bytes, "content-type")) {
      head.form = formOf(value, pairs.valueBytes);
    } else if (equalsAscii(name, bytes, "content-encoding")) {
      encoded = encoded || !equalsAscii(value, pairs.valueBytes, "identity");
    } else if (equalsAscii(name, bytes, ":status")) {
      parseDecimalU64(value, pairs.valueBytes, changetype<usize>(head));
    }
  }
  if (encoded) head.form = ResponseForm.Opaque;
  return head;
}

function formOf(type: usize, bytes: u32): ResponseForm {
  if (startsWithAsciiIgnoreCase(type, bytes, "text/event-stream")) return ResponseForm.Sse;
  if (startsWithAsciiIgnoreCase(type, bytes, "application/json")) return ResponseForm.Json;
  return ResponseForm.Opaque;
}
