/** Rows that the probe is run with: what it is told to do, and what it must then have seen. */
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { buildUnit } from "../../tools/build.ts";
import { pause, type Request, type Step } from "./client.ts";
import type { Answer } from "./provider.ts";
import { type Flow, type FlowSetup, onBothHosts, type Sent } from "./world_flow.ts";

const probePath = buildUnit("probe");

async function setup(options: Partial<FlowSetup> = {}): Promise<FlowSetup> {
  return {
    wasmPath: await probePath,
    configuration: { script: "" },
    providers: ["one", "two"],
    clusters: { dead: { url: "http://127.0.0.1:1" } },
    routes: [
      {
        name: "held",
        match: { prefix: "/v1", headers: [{ name: "x-to", exact: "two" }] },
        cluster: "two",
      },
      { name: "dead", match: { prefix: "/dead" }, cluster: "dead" },
      { name: "slow", match: { prefix: "/slow" }, cluster: "one", timeoutMs: 100 },
      { name: "named", match: { prefix: "/named" }, clusterHeader: "x-cluster" },
      { name: "first", match: { prefix: "/v1" }, cluster: "one" },
    ],
    ...options,
  };
}

export interface Row {
  script: string[];
  request?: Partial<Request>;
  answer?: Answer;
  /** What the filter writes to the log. */
  said: string[];
  check?: (sent: Sent, flow: Flow) => void;
  stopIterationAllowed?: boolean;
  bufferBytesMax?: number;
}

/** Chunks that arrive one by one. */
export const apart = (...chunks: string[]): Step[] => chunks.flatMap((chunk) => [chunk, pause(30)]);

export const every = [
  "request_headers",
  "request_body",
  "request_trailers",
  "response_headers",
  "response_body",
  "response_trailers",
  "log",
].map((event) => `${event} say`);
export const bodies = ["request_headers say", "request_body say", "request_trailers say"];
export const answers = [
  "response_headers say",
  "response_body say",
  "response_trailers say",
  "log say",
];

/** What the filter logged since `from`, header counts left out: they differ by host. */
export function saidSince(flow: Flow, from: number): string[] {
  const lines = flow.world
    .logText()
    .slice(from)
    .matchAll(/probe: (.*)/g);
  return [...lines].map(([, line = ""]) =>
    line.replace(/^((?:request|response)_headers) \d+/, "$1"),
  );
}

/** Declares a flow under the probe, for both hosts. */
export function onProbe(
  title: string,
  body: (flow: Flow) => Promise<void>,
  options: Partial<FlowSetup> = {},
): void {
  onBothHosts(title, () => setup(options), body);
}

/** Declares a row: the Node host and a real Envoy must both give the log that stands in it. */
export function row(
  title: string,
  { script, request, answer, said, check, ...options }: Row,
): void {
  onBothHosts(
    title,
    () => setup(options),
    async (flow) => {
      for (const provider of Object.values(flow.providers)) provider.queue(answer ?? {});
      const from = flow.world.logText().length;
      const headers: [string, string][] = [["x-probe", script.join("|")]];
      const sent = await flow.send({
        path: "/v1",
        ...request,
        headers: [...headers, ...(request?.headers ?? [])],
      });
      await sleep(50);
      expect(saidSince(flow, from)).toEqual(said);
      check?.(sent, flow);
    },
  );
}
