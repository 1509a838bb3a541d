/**
 * 100,000 streams of every ending through one VM, some of them with a host that fails: its memory
 * must be after them what it was after the first thousand.
 *
 *   npm run soak -- streams [how many] [seed]
 */
import { buildModule } from "../../tools/build.ts";
import { fillSlack, MixedStreams } from "./mixed_streams.ts";

const firstStreams = 1_000;
const reportEvery = 10_000;

const streams = Number(process.argv[2] ?? 100_000);
const seed = Number(process.argv[3] ?? 1);
const mixed = new MixedStreams(await buildModule(), seed);
const kib = (): string => `${(mixed.memoryBytes / 1024).toLocaleString("en")} KiB`;

mixed.run(firstStreams);
const firstBytes = mixed.memoryBytes;
console.log(`${firstStreams} streams: ${kib()}`);
fillSlack(mixed.replayer);
for (let done = firstStreams; done < streams && mixed.complaints.length === 0;) {
  const more = Math.min(reportEvery - (done % reportEvery), streams - done);
  mixed.run(more);
  done += more;
  console.log(`${done} streams: ${kib()}`);
}
const open = mixed.replayer.stats.values().tokenstile_streams_open;
console.log(
  `open at the end: ${open}; ${[...mixed.endings].map((one) => one.join(" ")).join(", ")}`,
);
for (const complaint of mixed.complaints) console.error(complaint);
const grown = mixed.memoryBytes - firstBytes;
if (grown > 0) console.error(`the memory grew by ${grown} bytes`);
process.exitCode = grown > 0 || mixed.complaints.length > 0 ? 1 : 0;
