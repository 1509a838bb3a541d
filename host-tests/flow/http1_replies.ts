/**
 * Reads HTTP/1.1 replies out of bytes (RFC 9112), strictly: a reply that a client could only guess
 * at throws, because a test that guesses would not see a smuggled or torn reply.
 */
import type { HeaderList } from "./provider.ts";

export interface Reply {
  status: number;
  reason: string;
  /** In wire order, names as they were written. */
  headers: HeaderList;
  body: Buffer;
  /** The body as it was chunked; one piece when it was framed by length or by the end. */
  chunks: Buffer[];
  trailers: HeaderList;
  /** False: it was cut before its end. */
  complete: boolean;
}

export interface Parsed {
  replies: Reply[];
  interim: number[];
  /** What follows the last wanted reply. */
  surplus: Buffer;
}

export interface Expected {
  wanted: number;
  /** The first reply answers a HEAD request, so that it has no body. */
  head: boolean;
  /** The peer sends no more: a body without a length ends here. */
  ended: boolean;
}

/** The replies in `wire`, the last one incomplete when its end is not there. */
export function parseReplies(wire: Buffer, expected: Expected): Parsed {
  const parsed: Parsed = { replies: [], interim: [], surplus: Buffer.alloc(0) };
  let at = 0;
  while (at < wire.length && parsed.replies.length < expected.wanted) {
    const head = headAt(wire, at);
    if (!head) break;
    if (head.reply.status < 200) {
      parsed.interim.push(head.reply.status);
      at = head.end;
      continue;
    }
    const noBody = expected.head && parsed.replies.length === 0;
    at = readBody(wire, head.end, head.reply, noBody, expected.ended);
    parsed.replies.push(head.reply);
    if (!head.reply.complete) break;
  }
  if (parsed.replies.length === expected.wanted) parsed.surplus = wire.subarray(at);
  return parsed;
}

function headAt(wire: Buffer, at: number): { reply: Reply; end: number } | null {
  const end = wire.indexOf("\r\n\r\n", at);
  if (end < 0) return null;
  const [statusLine = "", ...lines] = wire.toString("latin1", at, end).split("\r\n");
  const status = /^HTTP\/1\.1 (\d{3}) ?(.*)$/.exec(statusLine);
  if (!status) throw new Error(`no status line: ${JSON.stringify(statusLine)}`);
  const reply: Reply = {
    status: Number(status[1]),
    reason: status[2] ?? "",
    headers: lines.map(headerLine),
    body: Buffer.alloc(0),
    chunks: [],
    trailers: [],
    complete: false,
  };
  return { reply, end: end + 4 };
}

function headerLine(line: string): [string, string] {
  const match = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*(.*?)[ \t]*$/.exec(line);
  if (!match) throw new Error(`no header line: ${JSON.stringify(line)}`);
  return [match[1] ?? "", match[2] ?? ""];
}

/** Fills in body, chunks, trailers and completeness; answers where the reply ends. */
function readBody(wire: Buffer, at: number, reply: Reply, noBody: boolean, ended: boolean): number {
  const lengths = valuesOf(reply, "content-length");
  const codings = valuesOf(reply, "transfer-encoding");
  if (lengths.length + codings.length > 1) throw new Error("a reply with two framings");
  if (noBody || reply.status === 204 || reply.status === 304) {
    reply.complete = true;
    return at;
  }
  if (codings.length === 1) return readChunks(wire, at, reply);
  const bytes = lengths.length === 1 ? Number(lengths[0]) : wire.length - at;
  if (!Number.isSafeInteger(bytes)) throw new Error(`content-length ${lengths[0]}`);
  reply.body = wire.subarray(at, at + bytes);
  reply.chunks = reply.body.length > 0 ? [reply.body] : [];
  reply.complete = lengths.length === 1 ? reply.body.length === bytes : ended;
  return at + reply.body.length;
}

function readChunks(wire: Buffer, start: number, reply: Reply): number {
  let at = start;
  for (;;) {
    const lineEnd = wire.indexOf("\r\n", at);
    if (lineEnd < 0) return wire.length;
    const line = wire.toString("latin1", at, lineEnd);
    if (!/^[0-9a-fA-F]{1,8}$/.test(line)) throw new Error(`chunk size ${JSON.stringify(line)}`);
    const bytes = parseInt(line, 16);
    at = lineEnd + 2;
    if (bytes === 0) return readTrailers(wire, at, reply);
    const data = wire.subarray(at, at + bytes);
    if (data.length > 0) reply.chunks.push(data);
    reply.body = Buffer.concat(reply.chunks);
    at += bytes;
    if (at + 2 > wire.length) return wire.length;
    if (wire.toString("latin1", at, at + 2) !== "\r\n") throw new Error("a chunk without its end");
    at += 2;
  }
}

function readTrailers(wire: Buffer, start: number, reply: Reply): number {
  let at = start;
  for (;;) {
    const lineEnd = wire.indexOf("\r\n", at);
    if (lineEnd < 0) return wire.length;
    if (lineEnd === at) {
      reply.complete = true;
      return at + 2;
    }
    reply.trailers.push(headerLine(wire.toString("latin1", at, lineEnd)));
    at = lineEnd + 2;
  }
}

function valuesOf(reply: Reply, name: string): string[] {
  return reply.headers
    .filter((header) => header[0].toLowerCase() === name)
    .map(([, value]) => value);
}
