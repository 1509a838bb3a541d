/** A recorded request and response, as the gateway would have met them. */
import { brotliDecompressSync, gunzipSync, inflateSync } from "node:zlib";
import { Failure } from "../failure.ts";
import { type Fields, type RawMessage, valueOf } from "./message.ts";

export interface RecordedRequest {
  method: string;
  path: string;
  /** Absent where the recording has no host. */
  authority?: string;
  headers: Fields;
}

export interface RecordedResponse {
  status: number;
  headers: Fields;
  body: Uint8Array;
  notes: string[];
}

/** Reads a request's first line; one in absolute form, as proxies get it, gives path and host. */
export function requestOf(message: RawMessage, source: string): RecordedRequest {
  const [, method, target] =
    /^([!#$%&'*+.^_`|~\w-]+) (\S+)( HTTP\/\S+)?$/.exec(message.startLine) ?? [];
  if (method === undefined || target === undefined) {
    throw new Failure(
      `${source} does not begin with a request line such as "POST /path HTTP/1.1".`,
    );
  }
  const url = /^https?:\/\//i.test(target) && URL.canParse(target) ? new URL(target) : null;
  const authority = url?.host ?? valueOf(message.headers, "host");
  return {
    method,
    path: url ? url.pathname + url.search : target,
    ...(authority === undefined ? {} : { authority }),
    headers: message.headers.filter(([name]) => name !== "host" && !name.startsWith(":")),
  };
}

/**
 * Reads a response. `accepted` is the accept-encoding of the request that the gateway sent on: an
 * encoding that it does not ask for would not have come back, so a recorded one is undone.
 */
export function responseOf(
  message: RawMessage,
  accepted: string | undefined,
  source: string,
): RecordedResponse {
  const [, digits] = /^HTTP\/\S+ (\d{3})\b/.exec(message.startLine) ?? [];
  const status = Number(digits ?? valueOf(message.headers, ":status") ?? NaN);
  if (!(status >= 200 && status <= 599)) {
    throw new Failure(`${source} does not begin with a status line such as "HTTP/1.1 200 OK".`);
  }
  const headers = message.headers.filter(([name]) => !name.startsWith(":"));
  const encoding = valueOf(headers, "content-encoding")?.toLowerCase();
  const asWasRecorded = { status, headers, body: message.body, notes: [] };
  if (encoding === undefined || encoding === "identity" || accepts(accepted, encoding)) {
    return asWasRecorded;
  }
  const plain = isPlainText(message.body) ? message.body : decode(message.body, encoding);
  if (!plain) return { ...asWasRecorded, notes: [`${source}: ${encoding} could not be undone`] };
  const notes = [`${source}: the gateway asks for plain answers, so ${encoding} was undone`];
  return { status, headers: plainHeaders(headers, plain.length), body: plain, notes };
}

function accepts(accepted: string | undefined, encoding: string): boolean {
  return (accepted ?? "")
    .toLowerCase()
    .split(/[,;\s]+/)
    .includes(encoding);
}

/** Recorders often keep the header of an encoding that they have undone. */
function isPlainText(body: Uint8Array): boolean {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(body);
    return !/[\0-\x08\x0e-\x1f]/.test(text);
  } catch {
    return false;
  }
}

const decodedBytesMax = 256 * 1024 * 1024;

const decoders: Record<string, (body: Uint8Array, limits: object) => Uint8Array> = {
  gzip: gunzipSync,
  "x-gzip": gunzipSync,
  deflate: inflateSync,
  br: brotliDecompressSync,
};

function decode(body: Uint8Array, encoding: string): Uint8Array | null {
  try {
    return decoders[encoding]?.(body, { maxOutputLength: decodedBytesMax }) ?? null;
  } catch {
    return null;
  }
}

function plainHeaders(headers: Fields, bytes: number): Fields {
  const kept = headers.filter(([name]) => name !== "content-encoding");
  return kept.map(([name, value]) => [name, name === "content-length" ? String(bytes) : value]);
}
