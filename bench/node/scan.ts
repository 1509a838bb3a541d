/** How fast the readers alone go, in GB/s, over bodies of the shape that clients send. */
import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { buildEntry, rootDir } from "../../tools/build.ts";
import { makeRequests, requestSizes, streamedAnswer } from "../haystack/chat.ts";
import { plainModel } from "../policy.ts";
import { median, range } from "../statistics.ts";
import { figure, markdownTable } from "../table.ts";
import { type Cell, type RoundsOptions, timeCells } from "./rounds.ts";

type Read = (ptr: number, bytes: number) => number;

interface Exports {
  memory: WebAssembly.Memory;
  _initialize(): void;
  allocate(bytes: number): number;
  skipDocument: Read;
  readTexts: Read;
  readRequest: Read;
  readEvents: Read;
}

interface Placed {
  ptr: number;
  bytes: number;
}

const seed = 31;
/** Together larger than a core's nearest caches, so that a body is not found there. */
const bytesOfAll = 6_000_000;
const goalGbPerS = 2;

/** Times the readers and answers their table. */
export async function measureScans(options: RoundsOptions): Promise<string> {
  const exports = await loadEntry();
  const place = (body: Uint8Array): Placed => {
    const ptr = exports.allocate(body.length);
    new Uint8Array(exports.memory.buffer, ptr, body.length).set(body);
    return { ptr, bytes: body.length };
  };
  const cells: Cell[] = [];
  for (const { name, bytes } of requestSizes) {
    const count = Math.min(Math.ceil(bytesOfAll / bytes), 512);
    const bodies = makeRequests(seed, count, bytes, { model: plainModel });
    bodies.forEach(({ body }) => checkBody(exports, place(body), body));
    const placed = bodies.map(({ body }) => place(body));
    cells.push(cellOf(`JSON, validate only, ${name}`, placed, exports.skipDocument));
    cells.push(cellOf(`JSON, every event and text, ${name}`, placed, exports.readTexts));
    cells.push(cellOf(`chat request, not counted, ${name}`, placed, exports.readRequest));
  }
  const streams = Array.from({ length: 64 }, (_, index) =>
    Buffer.concat(streamedAnswer(seed + index, plainModel, 200)),
  );
  cells.push(cellOf("event stream, 40 KB", streams.map(place), exports.readEvents));
  const found = timeCells(cells, options);
  const rows = [...found].map(([name, usPerKb]) => {
    const gbPerS = usPerKb.map((us) => 1 / us);
    const { low, high } = range(gbPerS);
    const goal = name.startsWith("JSON, validate") ? String(goalGbPerS) : "";
    return [name, figure(median(gbPerS)), `${figure(low)}..${figure(high)}`, goal];
  });
  return markdownTable(["reader", "GB/s", "least..most", "goal"], rows);
}

/** One unit is a thousand bytes, so microseconds a unit are the inverse of GB/s. */
function cellOf(name: string, placed: Placed[], read: Read): Cell {
  const run = (turn: number): number => {
    const { ptr, bytes } = placed[turn % placed.length] ?? { ptr: 0, bytes: 0 };
    read(ptr, bytes);
    return bytes / 1000;
  };
  return { name, run };
}

async function loadEntry(): Promise<Exports> {
  const entry = fileURLToPath(new URL("./scan.as.ts", import.meta.url));
  const wasm = readFileSync(await buildEntry(relative(rootDir, entry).replaceAll("\\", "/")));
  const { instance } = await WebAssembly.instantiate(wasm, {});
  const exports = instance.exports as unknown as Exports;
  exports._initialize();
  return exports;
}

interface PlainRequest {
  model: string;
  messages: { role: string; content: string }[];
}

/** What the readers answer is what `JSON.parse` finds, or nothing is timed. */
function checkBody(exports: Exports, { ptr, bytes }: Placed, body: Buffer): void {
  const { model, messages } = JSON.parse(body.toString()) as PlainRequest;
  const texts = [model, ...messages.flatMap(({ role, content }) => [role, content])];
  const wanted = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  if (exports.skipDocument(ptr, bytes) !== bytes) throw new Error("the scanner stopped early");
  if (exports.readTexts(ptr, bytes) !== wanted) throw new Error("the scanner read other texts");
  if (exports.readRequest(ptr, bytes) !== model.length) throw new Error("another model was read");
}
