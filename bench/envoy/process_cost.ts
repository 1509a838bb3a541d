/** What a process has cost so far, from Linux's /proc. */
import { existsSync, readdirSync, readFileSync } from "node:fs";

/** False where the kernel does not tell (another system, or no scheduler statistics). */
export function canMeasure(): boolean {
  return existsSync("/proc/self/schedstat");
}

/** Nanoseconds that all threads of a process have run. */
export function runNs(pid: number): number {
  let sum = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const text = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8");
    sum += Number(text.split(" ")[0]);
  }
  return sum;
}

/** Resident memory in MiB. */
export function residentMib(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? NaN) / 1024;
}
