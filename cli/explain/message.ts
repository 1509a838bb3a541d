/**
 * Reads raw HTTP/1.1 messages as recorders and people keep them: LF or CRLF, a content-length that
 * is missing or no longer fits, a body still in chunks or already joined.
 */
import { Failure } from "../failure.ts";

/** Header and trailer fields in order, names in lower case; values one character a byte. */
export type Fields = [name: string, value: string][];

export interface RawMessage {
  /** The first line, without its line end. */
  startLine: string;
  headers: Fields;
  body: Uint8Array;
  trailers: Fields;
  /** What did not fit and was put right, as sentences. */
  notes: string[];
}

const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/** Fields that belong to one connection and mean nothing in a recording (RFC 9110, 7.6.1). */
const connectionFields = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "te",
  "transfer-encoding",
  "upgrade",
]);

/** Reads one message; interim responses (1xx) before it are left out. Errors name `source`. */
export function parseMessage(bytes: Uint8Array, source: string): RawMessage {
  const head = readHead(bytes, source);
  if (/^HTTP\/\S+ 1\d\d\b/.test(head.startLine) && head.end < bytes.length) {
    return parseMessage(bytes.subarray(head.end), source);
  }
  const rest = bytes.subarray(head.end);
  const isChunked = valueOf(head.fields, "transfer-encoding")?.toLowerCase().includes("chunked");
  const chunked = isChunked ? joinChunks(rest) : null;
  const measured = chunked ?? measure(rest, valueOf(head.fields, "content-length"));
  const notes = chunked || !isChunked ? [] : [`${source}: the body is not in chunks any more`];
  const kept = head.fields.filter(([name]) => !connectionFields.has(name));
  return {
    startLine: head.startLine,
    headers: fitLength(kept, measured.body.length),
    body: measured.body,
    trailers: measured.trailers,
    notes: [...notes, ...measured.notes.map((note) => `${source}: ${note}`)],
  };
}

/** The first value of a field, or undefined. `name` in lower case. */
export function valueOf(fields: Fields, name: string): string | undefined {
  return fields.find(([candidate]) => candidate === name)?.[1];
}

/** A message on the wire: head, blank line, body; a body that is no UTF-8 loses bytes here. */
export function formatMessage(startLine: string, headers: Fields, body: Uint8Array): string {
  const lines = headers.map(([name, value]) => `${name}: ${asText(value)}\r\n`);
  return `${startLine}\r\n${lines.join("")}\r\n${Buffer.from(body).toString("utf8")}`;
}

function asText(bytes: string): string {
  return Buffer.from(bytes, "latin1").toString("utf8");
}

interface Head {
  startLine: string;
  fields: Fields;
  /** Where the body begins. */
  end: number;
}

function readHead(bytes: Uint8Array, source: string): Head {
  const lines: string[] = [];
  let start = 0;
  for (;;) {
    const { text, end } = readLine(bytes, start);
    start = end;
    const atEnd = end >= bytes.length;
    if (text === "" && lines.length > 0) break;
    if (text !== "") lines.push(text);
    if (atEnd) break;
  }
  const [startLine, ...fieldLines] = lines;
  if (startLine === undefined) throw new Failure(`${source} is empty.`);
  return { startLine, fields: readFields(fieldLines, source), end: start };
}

/** A line without its end, LF or CRLF; the last one may have none. */
function readLine(bytes: Uint8Array, start: number): { text: string; end: number } {
  const feed = bytes.indexOf(lineFeed, start);
  const stop = feed < 0 ? bytes.length : feed;
  const cut = stop > start && bytes[stop - 1] === carriageReturn ? stop - 1 : stop;
  const text = Buffer.from(bytes.subarray(start, cut)).toString("latin1");
  return { text, end: feed < 0 ? bytes.length : feed + 1 };
}

function readFields(lines: string[], source: string): Fields {
  const fields: Fields = [];
  for (const line of lines) {
    const colon = line.indexOf(":", 1);
    if (line.startsWith(":") && colon < 0) continue;
    const name = line.slice(0, colon).trim().toLowerCase();
    if (colon < 0 || !/^:?[!#$%&'*+.^_`|~\w-]+$/.test(name)) {
      throw new Failure(`${source}: "${line.slice(0, 60)}" is no header line.`);
    }
    fields.push([name, line.slice(colon + 1).trim()]);
  }
  return fields;
}

interface Measured {
  body: Uint8Array;
  trailers: Fields;
  notes: string[];
}

/** Takes all there is; only the line end that an editor puts last is cut off, by content-length. */
function measure(rest: Uint8Array, announced: string | undefined): Measured {
  const bytes = /^\d{1,15}$/.test(announced ?? "") ? Number(announced) : null;
  if (bytes === null || bytes === rest.length) return { body: rest, trailers: [], notes: [] };
  const beyond = rest.subarray(bytes);
  if (beyond.length > 0 && beyond.length <= 2 && beyond.every(isLineEnd)) {
    return { body: rest.subarray(0, bytes), trailers: [], notes: [] };
  }
  const note = `content-length says ${bytes}, but the body has ${rest.length} bytes`;
  return { body: rest, trailers: [], notes: [note] };
}

function isLineEnd(byte: number): boolean {
  return byte === lineFeed || byte === carriageReturn;
}

function fitLength(headers: Fields, bytes: number): Fields {
  return headers.map(([name, value]) => [name, name === "content-length" ? String(bytes) : value]);
}

/** The body and trailers of a chunked message, or null when the bytes are no chunks (any more). */
function joinChunks(rest: Uint8Array): Measured | null {
  const chunks: Uint8Array[] = [];
  let start = 0;
  while (start < rest.length) {
    const line = readLine(rest, start);
    const [, digits] = /^([0-9a-f]{1,8})\s*(;|$)/i.exec(line.text) ?? [];
    if (digits === undefined) return null;
    const size = parseInt(digits, 16);
    if (size === 0) return { body: Buffer.concat(chunks), ...readTrailers(rest, line.end) };
    if (line.end + size > rest.length) return null;
    chunks.push(rest.subarray(line.end, line.end + size));
    const after = readLine(rest, line.end + size);
    if (after.text !== "") return null;
    start = after.end;
  }
  const notes = ["the last chunk is missing"];
  return chunks.length > 0 ? { body: Buffer.concat(chunks), trailers: [], notes } : null;
}

function readTrailers(rest: Uint8Array, start: number): { trailers: Fields; notes: string[] } {
  const lines = Buffer.from(rest.subarray(start)).toString("latin1").split(/\r?\n/);
  const trailers = lines.flatMap((line): Fields => {
    const [, name, value] = /^([^\s:]+):(.*)$/.exec(line) ?? [];
    return name === undefined || value === undefined ? [] : [[name.toLowerCase(), value.trim()]];
  });
  return { trailers, notes: [] };
}
