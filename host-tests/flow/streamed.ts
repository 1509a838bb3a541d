/** Streamed answers, written by hand, through a flow. */
import { ask, type Asked, taken } from "./chat_flow.ts";
import { chatBody, sseHeaders } from "./chat_setup.ts";
import type { Answer } from "./provider.ts";
import type { Flow } from "./world_flow.ts";

export interface StreamOptions {
  /** Asked for; `gpt-4` is served under another name, so that its answers are edited. */
  model?: "gpt-4" | "gpt-4o";
  /** The client asks for usage itself. */
  asksUsage?: boolean;
  /** The answer's pieces, paced, instead of all at once. */
  pieces?: (string | Uint8Array)[];
  answer?: Answer;
}

/** Sends a streamed request whose answer is these bytes; what the client got of them. */
export async function stream(
  flow: Flow,
  answer: string | Uint8Array,
  options: StreamOptions = {},
): Promise<Asked> {
  const { model = "gpt-4", asksUsage = false, pieces } = options;
  const cluster = model === "gpt-4" ? "azure" : "openai";
  flow.providers[cluster]?.queue({
    ...{ headers: sseHeaders, chunks: pieces ?? [answer] },
    ...(pieces ? { pauseMs: 4 } : {}),
    ...options.answer,
  });
  const more = asksUsage ? { stream_options: { include_usage: true } } : {};
  const asked = await ask(flow, chatBody({ model, stream: true, ...more }));
  taken(flow, cluster);
  return asked;
}
