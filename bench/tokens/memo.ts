/** What it costs to count a conversation that was counted before, in the gateway's own module. */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { rootDir } from "../../tools/build.ts";
import { median, range } from "../statistics.ts";
import { figure, markdownTable } from "../table.ts";
import type { MemoFound, MemoOrder } from "./process/memo_process.ts";
import type { Launcher } from "./process/run.ts";

export interface MemoFigures {
  table: string;
  /** In the module, the host's own calls left out. */
  repeatedMs: number;
  /** What looking up and storing adds to counting, in parts of it. */
  missCost: number;
}

export function measureMemo(launcher: Launcher, modulePath: string, rounds: number): MemoFigures {
  const program = fileURLToPath(new URL("./process/memo_process.ts", import.meta.url));
  const order: MemoOrder = { modulePath, rounds, clock: launcher.clock };
  const loader = ["--import", "tsx", program, JSON.stringify(order)];
  const [command = "", ...args] = [...launcher.pin, process.execPath, ...loader];
  const said = execFileSync(command, args, { cwd: rootDir, encoding: "utf8" });
  return figuresOf(JSON.parse(said) as MemoFound);
}

function figuresOf({ times, hitSpans, hitBytes, bodyBytes }: MemoFound): MemoFigures {
  const hostMs = median(times.hostCalls);
  const inModule = (ms: number[]): number[] => ms.map((each) => each - hostMs);
  const row = (name: string, ms: number[]): string[] => {
    const { low, high } = range(ms);
    return [name, figure(median(ms)), `${figure(low)}..${figure(high)}`];
  };
  const fresh = inModule(times.fresh);
  const missed = inModule(times.missed);
  const costs = missed.map((ms, round) => ms / (fresh[round] ?? NaN) - 1);
  const rows = [
    row("only read, not counted", inModule(times.uncounted)),
    row("all new, without a memo", fresh),
    row("all new, with a memo", missed),
    row("sent again, the last message new", inModule(times.repeated)),
    row("host's own calls, left out above", times.hostCalls),
  ];
  const percent = (share: number): string => `${figure(share * 100)} %`;
  const size = `${Math.round(bodyBytes / 1000)} KB`;
  const head = [`a conversation of 60 messages, ${size}`, "ms", "least..most"];
  const text =
    `Of what was sent again, ${percent(hitSpans)} of the spans and ${percent(hitBytes)} of the ` +
    `bytes were remembered. Where nothing is, a memo adds ${percent(median(costs))}.`;
  const repeatedMs = median(inModule(times.repeated));
  return { table: `${markdownTable(head, rows)}\n\n${text}`, repeatedMs, missCost: median(costs) };
}
