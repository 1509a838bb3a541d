/** What one chunk of a streamed answer takes inside the module. */
import { makeRequests, streamedAnswer } from "../haystack/chat.ts";
import { textTokens } from "../haystack/expected.ts";
import {
  type CountMode,
  plainModel,
  pluginConfiguration,
  renamedModel,
  upstreamName,
} from "../policy.ts";
import { median, range } from "../statistics.ts";
import { figure, markdownTable } from "../table.ts";
import { readBytes, runStream, streamData } from "./drive.ts";
import { LeanHost } from "./lean_host.ts";
import { type Cell, type RoundsOptions, timeCells } from "./rounds.ts";

/** So many events, for which the request before them weighs little. */
const eventsPerStream = 2_000;
const streams = 8;
const seed = 19;

/** What the upstream calls the model that a client asks for. */
type Model = typeof plainModel | typeof renamedModel;
const upstreamModel: Record<Model, string> = {
  [plainModel]: plainModel,
  [renamedModel]: upstreamName,
};
const models: Model[] = [plainModel, renamedModel];

interface Variant {
  name: string;
  mode: CountMode;
  model: Model;
  /** Several events come with one read, as in a burst. */
  burst: boolean;
}

const variants: Variant[] = [false, true].flatMap((burst) =>
  models.flatMap((model) =>
    (["off", "exact"] as const).map((mode) => {
      const form = burst ? "16 KB of events a read" : "one event a read";
      const edits = model === renamedModel ? "edited" : "passed on";
      const counts = mode === "exact" ? "counted" : "not counted";
      return { name: `${form}, ${edits}, ${counts}`, mode, model, burst };
    }),
  ),
);

/** Answers the table; one unit is one event of about 200 bytes. */
export function measureChunks(module: WebAssembly.Module, options: RoundsOptions): string {
  for (const model of models) checkStream(module, model);
  const found = timeCells(
    variants.map((variant) => cellOf(module, variant)),
    options,
  );
  const rows = [...found].map(([name, us]) => {
    const { low, high } = range(us);
    return [name, figure(median(us)), `${figure(low)}..${figure(high)}`];
  });
  return markdownTable(["one SSE event of 200 bytes", "µs", "least..most"], rows);
}

function cellOf(module: WebAssembly.Module, variant: Variant): Cell {
  const host = new LeanHost(module);
  host.configure(pluginConfiguration(variant.mode));
  const data = streamData(requestFor(variant.model), "sse");
  const answers = Array.from({ length: streams }, (_, index) => {
    const events = streamedAnswer(seed + index, upstreamModel[variant.model], eventsPerStream);
    return variant.burst ? asReads(events) : events;
  });
  let id = 2;
  const run = (turn: number): number => {
    runStream(host, id++, data, answers[turn % streams] ?? []);
    return eventsPerStream;
  };
  return { name: variant.name, run };
}

function asReads(events: Buffer[]): Buffer[] {
  const all = Buffer.concat(events);
  const count = Math.ceil(all.length / readBytes);
  return Array.from({ length: count }, (_, at) =>
    all.subarray(at * readBytes, (at + 1) * readBytes),
  );
}

/** A client that asked for usage where the model keeps its name; else it is asked on its behalf. */
function requestFor(model: string): Buffer {
  const [request] = makeRequests(seed, 1, 1_000, { model, stream: model === plainModel });
  if (request === undefined) throw new Error("no request was made");
  if (model === plainModel) return request.body;
  return Buffer.from(JSON.stringify({ messages: request.messages, model, stream: true }));
}

interface Chunk {
  model: string;
  usage?: { total_tokens: number } | null;
  choices: { delta: { content?: string } }[];
}

/** What the client got is what the upstream sent, but for the edits; and all of it was counted. */
function checkStream(module: WebAssembly.Module, model: Model): void {
  const host = new LeanHost(module, { watched: true });
  host.configure(pluginConfiguration("exact"));
  const data = streamData(requestFor(model), "sse");
  const whole = streamedAnswer(seed, upstreamModel[model], 200);
  const unmetered = whole.filter((event) => !event.includes("total_tokens"));
  const edited = model === renamedModel;
  for (const events of [whole, unmetered, asReads(whole)]) {
    const { delivered, properties } = host.record(() => runStream(host, 2, data, events));
    const wanted = chunksOf(events).filter(({ usage }) => !edited || !usage);
    const shown = wanted.map(({ usage, ...rest }) =>
      edited ? { ...rest, model } : { ...rest, usage },
    );
    if (JSON.stringify(chunksOf(delivered)) !== JSON.stringify(shown)) {
      throw new Error(`the stream of ${model} was delivered otherwise than it should`);
    }
    const tokens = Number(properties.get("tokenstile.output_tokens"));
    const usage = chunksOf(events).find((chunk) => chunk.usage)?.usage;
    const text = wanted.map(({ choices }) => choices[0]?.delta.content ?? "").join("");
    const right = usage ? 228 : textTokens(text);
    if (tokens !== right) throw new Error(`${tokens} output tokens, not ${right}`);
  }
}

function chunksOf(pieces: Buffer[]): Chunk[] {
  const lines = Buffer.concat(pieces).toString().split("\n\n");
  const data = lines.filter((line) => line.startsWith("data: {"));
  return data.map((line) => JSON.parse(line.slice("data: ".length)) as Chunk);
}
