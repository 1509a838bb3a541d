/** How a chat completions request goes through a flow, and what it left behind. */
import { expect } from "vitest";
import { chatPath, jsonHeaders } from "./chat_setup.ts";
import type { Request } from "./client.ts";
import type { Reply } from "./http1_replies.ts";
import type { HeaderList, Received } from "./provider.ts";
import type { Flow, Sent } from "./world_flow.ts";

export interface Asked extends Sent {
  /** The one reply that came, whole. */
  reply: Reply;
  /** Its body as text. */
  text: string;
}

export interface AskOptions extends Request {
  http2?: boolean;
}

/** Sends a body to the chat endpoint, as JSON, and waits for the whole reply. */
export async function ask(
  flow: Flow,
  body: string | Uint8Array | undefined,
  options: AskOptions = {},
): Promise<Asked> {
  const { http2 = false, ...change } = options;
  const request = { method: "POST", path: chatPath, headers: jsonHeaders, body, ...change };
  const sent = await (http2 ? flow.sendHttp2(request) : flow.send(request));
  const [reply] = sent.replies;
  if (!reply?.complete) throw new Error(`no whole reply came; it ended: ${sent.ended}`);
  return { ...sent, reply, text: reply.body.toString("utf8") };
}

/** All values of a header, in order; names are compared without case. */
export function valuesOf(headers: HeaderList, name: string): string[] {
  return headers.filter(([known]) => known.toLowerCase() === name).map(([, value]) => value);
}

/** The one request that the provider saw since it was last asked for one. */
export function taken(flow: Flow, cluster?: string): Received {
  const provider = cluster === undefined ? flow.provider : flow.providers[cluster];
  const [request, ...others] = provider?.requests.splice(0) ?? [];
  if (!request || others.length > 0) throw new Error(`${others.length} requests more than one`);
  expect(request.complete).toBe(true);
  return request;
}

/** The bytes in pieces of this size. */
export function cutInto(bytes: string | Uint8Array, size: number): Uint8Array[] {
  const all = Buffer.from(bytes);
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < all.length; at += size) pieces.push(all.subarray(at, at + size));
  return pieces;
}
