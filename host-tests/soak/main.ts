/**
 * Long runs that `npm test` has no time for. `npm run soak` is all of them, and with `-- tokens` or
 * `-- streams` it is that one; the head of each file tells what it takes.
 */
const runs: Record<string, () => Promise<unknown>> = {
  tokens: () => import("./tokens.ts"),
  streams: () => import("./streams.ts"),
};

const asked = process.argv[2] ?? "";
if (Object.hasOwn(runs, asked)) {
  process.argv.splice(2, 1);
  await runs[asked]!();
} else if (asked === "") {
  for (const run of Object.values(runs)) await run();
} else {
  console.error(`soak: ${asked} is none of ${Object.keys(runs).join(", ")}`);
  process.exitCode = 2;
}
