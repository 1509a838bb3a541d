/** Whether the module's memory stays as it is over many streams that end in all sorts of ways. */
import { Random } from "../haystack/random.ts";
import { pluginConfiguration } from "../policy.ts";
import { markdownTable } from "../table.ts";
import { closeStream, openStream } from "./drive.ts";
import { type Ending, makeEndings } from "./endings.ts";
import { LeanHost } from "./lean_host.ts";

const seed = 43;
const firstStreams = 1_000;
const largeOneIn = 200;
const blockBytes = 65_536;

/** Left free when the rest is filled: three bytes lost by each of 99,000 streams are more. */
const reserveBytes = 262_144;

/** Runs `streams` streams and answers the table; `grew` when memory did. */
export function measureMemory(
  module: WebAssembly.Module,
  streams: number,
): { table: string; grew: boolean } {
  const host = new LeanHost(module);
  host.configure(pluginConfiguration("exact"));
  const [large, ...endings] = makeEndings();
  for (const ending of [large, ...endings]) checkEnding(module, ending);
  const random = new Random(seed);
  let id = 2;
  const runOne = (): void => {
    const ending = random.below(largeOneIn) === 0 ? large : random.pick(endings);
    openStream(host, id);
    ending.run(host, id, ending.data);
    closeStream(host, id++);
  };
  for (let done = 0; done < firstStreams; done++) runOne();
  const first = host.memoryBytes;
  fillSlack(host);
  const filled = host.memoryBytes;
  for (let done = firstStreams; done < streams; done++) runOne();
  const last = host.memoryBytes;
  const kib = (bytes: number): string => (bytes / 1024).toLocaleString("en");
  const head = ["memory of the VM", "KiB"];
  const rows = [
    [`after ${firstStreams.toLocaleString("en")} streams`, kib(first)],
    [`after ${streams.toLocaleString("en")} streams`, kib(last)],
  ];
  const names = [...endings, large].map(({ name }) => name).join(", ");
  const table = `${markdownTable(head, rows)}\n\nMixed: ${names}.`;
  return { table, grew: first !== filled || last !== filled };
}

/**
 * Takes what the allocator still has in hand, so that a leak cannot hide there. Memory grows by
 * doubling: without this, megabytes could go before a page is asked for.
 */
function fillSlack(host: LeanHost): void {
  const end = host.memoryBytes - reserveBytes;
  while (host.exports.malloc(blockBytes) + 2 * blockBytes < end);
}

/** A stream that does not end as it is called would not show that this ending frees everything. */
function checkEnding(module: WebAssembly.Module, ending: Ending): void {
  const host = new LeanHost(module, { watched: true });
  host.configure(pluginConfiguration("exact"));
  const { properties } = host.record(() => {
    openStream(host, 2);
    ending.run(host, 2, ending.data);
    closeStream(host, 2);
  });
  const found = properties.get("tokenstile.ending");
  if (found !== ending.ending) throw new Error(`${ending.name} ended as ${found}`);
}
