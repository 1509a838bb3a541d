/** A host whose calls fail one at a time, and what becomes of a stream when they do. */
import { type Pairs, Status } from "../../host/abi.ts";
import type { Context } from "../../host/context.ts";
import { Faults } from "../../host/faults.ts";
import type { ReplayResult } from "../../host/replay.ts";
import { Replayer } from "../../host/replayer.ts";
import { type Scenario, scenarios, setupOf } from "./failure_scenarios.ts";

/** Faults that remember in which callback they struck. */
class TracedFaults extends Faults {
  callback = "";
  struckIn: string | null = null;

  override use(name: string): Status | null {
    const status = super.use(name);
    if (status !== null) this.struckIn ??= this.callback;
    return status;
  }
}

export interface FailingHost {
  replayer: Replayer;
  faults: TracedFaults;
}

export function startFailingHost(module: string, onFailure: string, body: string): FailingHost {
  const faults = new TracedFaults();
  const onCallback = (name: string, _context: Context): void => {
    faults.callback = name.slice("proxy_on_".length);
  };
  const { configuration } = setupOf(onFailure, body);
  return { replayer: new Replayer({ module, configuration, vm: { faults, onCallback } }), faults };
}

function fieldsOf(pairs: Pairs): string[] {
  return pairs.map(([name, value]) => `${name}: ${value}`).sort();
}

/** What a run showed, without what never matters here. */
export interface Seen {
  result: ReplayResult;
  /** Headers and trailers in one list. */
  upstream: { cluster: string; body: string; headers: string[] } | null;
  client: { status: number; body: string; complete: boolean } | null;
}

export function run(host: FailingHost, scenario: Scenario): Seen {
  const result = host.replayer.run(scenario.run);
  const { upstreamRequest: up, clientResponse: down } = result;
  return {
    result,
    upstream: up && {
      cluster: up.cluster,
      body: String(up.body),
      headers: fieldsOf([...up.headers, ...(up.trailers ?? [])]),
    },
    client: down && {
      status: down.status,
      body: String(down.body),
      complete: down.complete,
    },
  };
}

function importedCalls(host: FailingHost): string[] {
  return host.replayer.loaded.shape.imports.map(({ name }) => name);
}

/** One failure of one host call, and what came of it. */
export interface Failure {
  call: string;
  callback: string;
  scenario: string;
  seen: Seen;
  /** The same scenario without a failure, before and after it in the same VM. */
  usual: Seen;
  after: Seen;
}

/** Every use of every host call fails in a run of its own: once, or (`lasting`) from then on. */
export function* failures(
  module: string,
  onFailure: "deny" | "allow",
  lasting = false,
): Generator<Failure> {
  for (const [title, scenario] of Object.entries(scenarios)) {
    const host = startFailingHost(module, onFailure, scenario.body);
    run(host, scenario);
    for (const call of importedCalls(host)) {
      const definesMetrics = call === "proxy_define_metric";
      const before = host.faults.uses(call);
      host.replayer.fresh();
      const usual = definesMetrics ? null : run(host, scenario);
      const uses = definesMetrics ? before : host.faults.uses(call) - before;
      for (let nth = 1; nth <= uses; nth++) {
        const one = definesMetrics ? startFailingHost(module, onFailure, scenario.body) : host;
        one.replayer.fresh();
        one.faults.struckIn = null;
        one.faults.fail(call, nth, Status.InternalFailure, lasting);
        const seen = run(one, scenario);
        one.faults.clear();
        const callback = one.faults.struckIn ?? "none";
        one.replayer.fresh();
        const after = run(one, scenario);
        yield { call, callback, scenario: title, seen, usual: usual ?? after, after };
      }
    }
  }
}
