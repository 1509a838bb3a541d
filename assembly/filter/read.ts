import { bodySlices } from "../abi/body";
import { BufferType } from "../abi/types";
import { ChatRequestReader } from "../api/openai_chat_request";
import { Encoding } from "../bpe/encoding";
import { Config, CountMode } from "../config/config";
import { Denial } from "./denial";
import { payerOf } from "./memo";
import { StreamRecord } from "./stream_record";

/**
 * The second verb. Reads what the host has buffered beyond what was read before. The texts are
 * counted on the way where every model of the policy has the same encoding; else *decide* counts
 * them in a second pass, when the model is known.
 */
export function readBody(stream: StreamRecord, config: Config, size: u32): Denial {
  const reader = openReader(stream, config);
  if (reader === null) return Denial.Failure;
  if (size > config.attach.bodyBytesMax) return Denial.BodyTooLarge;
  const slices = bodySlices(BufferType.RequestBody, stream.bodyRead, size);
  while (slices.next()) {
    if (!reader.feed(slices.ptr, slices.bytes)) return Denial.InvalidBody;
  }
  if (!slices.complete) return Denial.Failure;
  stream.bodyRead = size;
  return Denial.None;
}

function openReader(stream: StreamRecord, config: Config): ChatRequestReader | null {
  if (stream.request === null) {
    stream.openRequest();
    startReader(stream, config, sharedEncoding(config));
  }
  return stream.reader;
}

function startReader(stream: StreamRecord, config: Config, encoding: Encoding): void {
  const reader = stream.reader;
  const request = stream.request;
  const walker = stream.walker;
  if (reader === null || request === null || walker === null) return;
  const counts = encoding != Encoding.None;
  reader.start(walker, request, encoding, counts ? payerOf(stream, config) : null);
}

/** The encoding of all models, or None where they differ or nothing is counted. */
export function sharedEncoding(config: Config): Encoding {
  if (config.count != CountMode.Exact) return Encoding.None;
  const models = config.models;
  const first = unchecked(models[0]).encoding;
  for (let i = 1; i < models.length; i++) {
    if (unchecked(models[i]).encoding != first) return Encoding.None;
  }
  return first;
}

/**
 * Reads the whole buffered body once more, now counting in `encoding`. What was found the first
 * time is found again; false when the host no longer has the body.
 */
export function readAgain(stream: StreamRecord, config: Config, encoding: Encoding): bool {
  startReader(stream, config, encoding);
  const reader = stream.reader;
  if (reader === null) return false;
  const slices = bodySlices(BufferType.RequestBody, 0, stream.bodyRead);
  while (slices.next()) if (!reader.feed(slices.ptr, slices.bytes)) return false;
  return slices.complete && reader.finish();
}
