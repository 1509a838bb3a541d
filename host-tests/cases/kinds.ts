import { requestLog, responseLog } from "../unit/api_log.ts";
import { ApiModule, type Cut, type FramingWord, type ImageWord } from "../unit/api_module.ts";
import { BpeModule, encodings } from "../unit/bpe_module.ts";
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
  "chat-request": chatRequestReader,
  "chat-response": chatResponseReader,
  tokens: tokensReader,
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

/** Options: `framing=WORD` and `images=WORD` as in a policy, `max=TOKENS` where counting stops. */
async function chatRequestReader(): Promise<CaseReader> {
  const api = await ApiModule.load();
  return (chunks, options) => {
    const framing = (options.get("framing") ?? "openai") as FramingWord;
    const images = (options.get("images") ?? "gpt-4o") as ImageWord;
    api.countAs({ framing, images, tokensMax: Number(options.get("max") ?? 0) });
    return requestLog(api, Buffer.concat(chunks), cutOf(chunks));
  };
}

/** One JSON answer; with the option `events` each line is the document of one event. */
async function chatResponseReader(): Promise<CaseReader> {
  const api = await ApiModule.load();
  return (chunks, options) => {
    const whole = Buffer.concat(chunks);
    if (!options.has("events")) return responseLog(api, [[whole, cutOf(chunks)]]);
    return responseLog(api, linesOf(whole, cutOf(chunks)));
  };
}

/** The tokens of a text by each encoding that npm `tiktoken` is the reference of. */
async function tokensReader(): Promise<CaseReader> {
  const bpe = await BpeModule.load();
  return (chunks) =>
    encodings.map(([name, number]) => {
      const [only] = chunks;
      const whole = chunks.length === 1 && only !== undefined;
      return `${name} ${whole ? bpe.countWhole(number, only) : bpe.countChunks(number, chunks)}`;
    });
}

/** The lines of a text, each cut where the chunks of the whole text cut it. */
function linesOf(text: Buffer, { firstBytes, chunkBytes }: ChunkSizes): [Buffer, Cut][] {
  const lines: [Buffer, Cut][] = [];
  for (let start = 0; start <= text.length;) {
    const found = text.indexOf(0x0a, start);
    const end = found < 0 ? text.length : found;
    const beyond = start - firstBytes;
    const firstOfLine = beyond < 0 ? -beyond : chunkBytes - (beyond % chunkBytes);
    lines.push([text.subarray(start, end), { firstBytes: firstOfLine, chunkBytes }]);
    start = end + 1;
  }
  return lines;
}

interface ChunkSizes {
  firstBytes: number;
  chunkBytes: number;
}

/** The modules cut the input themselves, to lay each chunk apart from the next. */
function cutOf(chunks: Uint8Array[]): ChunkSizes {
  const firstBytes = chunks[0]?.length ?? 0;
  return { firstBytes, chunkBytes: chunks[1]?.length ?? firstBytes };
}
