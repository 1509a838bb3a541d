/** `npm run bench`, plain or with `envoy` or `tokens` behind it: README.md beside this file. */
import { benchInNode } from "./node/main.ts";
import { benchInEnvoy } from "./envoy/main.ts";
import { readBenchOptions } from "./options.ts";
import { aboutThisRun, commonVersions, keepRecord, type Section } from "./report.ts";
import { benchTokens } from "./tokens/main.ts";

const sections: Section[] = [];

function show(section: Section): void {
  sections.push(section);
  process.stdout.write(`## ${section.title}\n\n${section.body}\n\n`);
}

const args = process.argv.slice(2);
const options = readBenchOptions(args);
const versions = commonVersions();
const command = ["npm run bench", ...(args.length > 0 ? ["--", ...args] : [])].join(" ");
show(aboutThisRun(command, versions));
const benches = { node: benchInNode, envoy: benchInEnvoy, tokens: benchTokens };
const kept = await benches[options.what](options, show);
if (options.record) process.stdout.write(`kept as ${keepRecord(options.what, sections)}\n`);
process.exitCode = kept ? 0 : 1;
