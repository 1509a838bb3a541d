/** The module's memory: as large after many streams, identities and configurations as after few. */
import { beforeAll, describe, expect, it } from "vitest";
import { Replayer } from "../../host/replayer.ts";
import { Stats } from "../../host/stats.ts";
import { buildModule } from "../../tools/build.ts";
import { chatAnswer, chatBody, chatPath, chatSetup, jsonHeaders } from "../flow/chat_setup.ts";
import { fillSlack, MixedStreams } from "../soak/mixed_streams.ts";

let module: string;

beforeAll(async () => {
  module = await buildModule();
});

/** More sets of metric labels than the module tells apart; the rest share one. */
const labelSets = 1_100;

describe("memory", () => {
  it("stays over 3,000 streams of every ending", () => {
    const mixed = new MixedStreams(module, 7);
    mixed.run(1_000);
    const bytes = mixed.memoryBytes;
    fillSlack(mixed.replayer);
    mixed.run(2_000);
    expect(mixed.complaints).toEqual([]);
    expect(mixed.memoryBytes).toBe(bytes);
    expect(mixed.replayer.stats.values().tokenstile_streams_open).toBe(0);
    const endings = [...mixed.endings.keys()].sort();
    expect(endings).toEqual([
      ...["client_aborted", "complete", "denied", "passed", "timed_out", "truncated"],
      ...["upstream_error", "upstream_reset", "upstream_unreached"],
    ]);
  });

  it("stays once there are more identities than it keeps metrics for", () => {
    const identity = [{ header: "x-tenant", trusted: true }];
    const { configuration, routes } = chatSetup({ policy: { identity } });
    const stats = new Stats(); // the replayer would list its own after every run
    const replayer = new Replayer({ module, configuration, vm: { stats } });
    const answer = { status: 200, headers: jsonHeaders, chunks: [bytesOf(chatAnswer().chunks)] };
    const askAs = (tenant: string): void => {
      const headers: [string, string][] = [...jsonHeaders, ["x-tenant", tenant]];
      const chunks = [Buffer.from(chatBody())];
      const request = { method: "POST", path: chatPath, headers, chunks };
      const { accessLog, violations } = replayer.run({ request, routes, respond: () => answer });
      expect([accessLog.identity, violations]).toEqual([tenant, []]);
    };
    for (let at = 0; at < labelSets; at++) askAs(`tenant-${at}`);
    const bytes = replayer.vm.memoryBytes;
    const counters = Object.keys(stats.values()).length;
    fillSlack(replayer);
    for (let at = labelSets; at < 3 * labelSets; at++) askAs(`tenant-${at}`);
    expect(replayer.vm.memoryBytes).toBe(bytes);
    expect(Object.keys(stats.values()).length).toBe(counters);
    const rest =
      "tokenstile_requests_total;ending=complete;;model=other;;route=other;;identity=other;";
    expect(stats.values()[rest]).toBeGreaterThan(2 * labelSets);
  });

  it("stays over configurations that replace one another", () => {
    const { configuration } = chatSetup();
    const replayer = new Replayer({ module, configuration });
    const { vm } = replayer;
    let current = replayer.root;
    const replace = (times: number): void => {
      for (let at = 0; at < times; at++) {
        const text = Buffer.from(JSON.stringify(configuration));
        const next = vm.createRoot({ configuration: text });
        expect(next).not.toBe(null);
        current.retire();
        current = next ?? current;
      }
    };
    replace(200);
    const bytes = vm.memoryBytes;
    fillSlack(replayer);
    replace(800);
    expect(vm.memoryBytes).toBe(bytes);
  });
});

function bytesOf(chunks: unknown[] = []): Uint8Array {
  return Buffer.from(chunks.map(String).join(""));
}
