import { type JsonScan, JsonModule, logLine as jsonLine } from "../unit/json_log.ts";
import { SseModule, logLine as sseLine } from "../unit/sse_log.ts";
import type { CaseReader } from "./runner.ts";

/**
 * How each kind of case is read. A new kind is one more line here; its module is built and loaded
 * only if a case asks for it.
 */
export const kinds: Record<string, () => Promise<CaseReader>> = {
  json: jsonReader,
  sse: sseReader,
};

/** Options: `unread` asks for no text, `skip=NAME` skips the members of that name. */
async function jsonReader(): Promise<CaseReader> {
  const json = await JsonModule.load();
  return (chunks, options) => {
    const scan: JsonScan = { ...cutOf(chunks), wantText: !options.has("unread") };
    const skipName = options.get("skip");
    if (skipName !== undefined) scan.skipName = skipName;
    return json.scan(Buffer.concat(chunks), scan).map(jsonLine);
  };
}

async function sseReader(): Promise<CaseReader> {
  const sse = await SseModule.load();
  return (chunks) => sse.read(Buffer.concat(chunks), cutOf(chunks)).map(sseLine);
}

/** The two modules cut the input themselves, to lay each chunk apart from the next. */
function cutOf(chunks: Uint8Array[]): { firstBytes: number; chunkBytes: number } {
  const firstBytes = chunks[0]?.length ?? 0;
  return { firstBytes, chunkBytes: chunks[1]?.length ?? firstBytes };
}
