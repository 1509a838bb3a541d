/**
 * Every host call fails at every use, under both settings of `onFailure`: there is one documented
 * outcome for each, no trap, no stream that waits for ever, and nothing is left behind.
 */
import { beforeAll, describe, expect, it } from "vitest";
import { Status } from "../../host/abi.ts";
import { Faults } from "../../host/faults.ts";
import { Replayer } from "../../host/replayer.ts";
import { buildModule } from "../../tools/build.ts";
import { type Failure, failures } from "./failing_host.ts";
import { effectsOf } from "./failure_effects.ts";
import { setupOf } from "./failure_scenarios.ts";

let module: string;

beforeAll(async () => {
  module = await buildModule();
});

/** What SECURITY.md says: by host call and callback, the effects under `deny` and under `allow`. */
const refusedOrPassed = { deny: ["refused"], allow: ["passed uncounted"] };
const always = (...effects: string[]) => ({ deny: effects, allow: effects });
const asUsual = always("as usual");

const documented: Record<string, { deny: string[]; allow: string[] }> = {
  // Under allow a request passes only when forged headers are sure to be out.
  "get_header_map_pairs in request_headers": {
    ...{ deny: ["refused"], allow: ["passed uncounted", "refused"] },
  },
  "get_property in request_headers": refusedOrPassed,
  "get_buffer_bytes in request_body": refusedOrPassed,
  "remove_header_map_value in request_headers": always("refused"),
  "replace_header_map_value in request_headers": always("refused"),
  "replace_header_map_value in request_body": always("refused"),
  "set_buffer_bytes in request_body": always("refused"),
  "get_header_map_pairs in request_trailers": always("cut", "refused"),
  "remove_header_map_value in request_trailers": always("cut", "refused"),
  "get_buffer_bytes in request_trailers": refusedOrPassed,
  "set_buffer_bytes in request_trailers": always("refused"),
  "replace_header_map_value in request_trailers": always("refused"),
  "send_local_response in request_headers": always("cut without a reply"),
  "send_local_response in request_body": always("cut without a reply"),
  "get_header_map_pairs in response_headers": always("answer as it came", "charged by its size"),
  "remove_header_map_value in response_headers": always("answer as it came"),
  "get_property in response_headers": always("as usual", "taken for the upstream's answer"),
  "get_buffer_bytes in response_body": always(
    ...["answer as it came", "as usual", "charged by its size"],
  ),
  "set_buffer_bytes in response_body": always("answer as it came", "answer cut"),
  "get_property in log": always("as usual", "ending client_aborted"),
  "set_property in request_headers": always("log field missing"),
  "set_property in request_body": always("log field missing"),
  "set_property in request_trailers": always("log field missing"),
  "set_property in response_body": always("log field missing"),
  "set_property in response_trailers": always("log field missing"),
  "set_property in log": always("log field missing"),
  "define_metric in request_headers": always("as usual", "count missing"),
  "define_metric in request_body": always("count missing"),
  "define_metric in log": always("count missing"),
  "increment_metric in request_headers": always("as usual", "count missing"),
  "increment_metric in request_body": always("count missing"),
  "increment_metric in log": always("count missing", "gauge corrected at the next stream"),
  "record_metric in log": always("count missing"),
  "get_current_time_nanoseconds in request_headers": asUsual,
  "get_current_time_nanoseconds in response_body": always("as usual", "count missing"),
  "get_current_time_nanoseconds in log": asUsual,
  "call_foreign_function in response_body": asUsual,
  "call_foreign_function in log": asUsual,
};

function placeOf({ call, callback }: Failure): string {
  return `${call.replace("proxy_", "")} in ${callback}`;
}

describe.each(["deny", "allow"] as const)("with onFailure: %s", (onFailure) => {
  it("each failure has its documented outcome, and the next stream is as usual", () => {
    const found = new Map<string, Set<string>>();
    for (const failure of failures(module, onFailure)) {
      const place = placeOf(failure);
      const { seen, usual, after } = failure;
      expect(seen.result.trap, place).toBe(null);
      expect(seen.result.violations, place).toEqual([]);
      const state = { ...after, result: after.result.accessLog };
      expect(state, place).toEqual({ ...usual, result: usual.result.accessLog });
      if (failure.callback === "none") continue;
      const effects = found.get(place) ?? new Set();
      for (const effect of effectsOf(failure)) effects.add(effect);
      found.set(place, effects);
    }
    const outcomes = [...found].map(([place, effects]) => [place, [...effects].sort()]);
    const expected = Object.entries(documented).map(([place, { [onFailure]: effects }]) => [
      place,
      [...effects].sort(),
    ]);
    expect(Object.fromEntries(outcomes)).toEqual(Object.fromEntries(expected));
  });

  it("a call that fails from some use on ends no stream in a trap or a hang", () => {
    let runs = 0;
    for (const failure of failures(module, onFailure, true)) {
      const { trap, violations } = failure.seen.result;
      expect([trap, violations], placeOf(failure)).toEqual([null, []]);
      runs++;
    }
    expect(runs).toBeGreaterThan(300);
  });
});

describe("a configuration", () => {
  it("that cannot be read is refused with a reason", () => {
    const faults = new Faults();
    faults.fail("proxy_get_buffer_bytes", 1, Status.InternalFailure);
    const { configuration } = setupOf("deny", "hold");
    const start = (): Replayer => new Replayer({ module, configuration, vm: { faults } });
    expect(start).toThrow(/refuses the configuration:\ntokenstile: refused: /);
  });
});
