/** Declares a test once and runs it on both hosts, which must then agree in all that was seen. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AccessLogLine } from "../../host/access_log.ts";
import { type Exchange, type Request, requestSteps } from "./client.ts";
import { sendHttp2, sendRaw, type Step } from "./client.ts";
import { type Provider, startProvider } from "./provider.ts";
import { type HostName, startWorld, type World, type WorldSetup } from "./world.ts";
import { comparable, type Outcome } from "./world_compare.ts";

export interface FlowSetup extends Omit<WorldSetup, "clusters"> {
  /** A scripted provider is started for each of these names and made a cluster of that name. */
  providers: string[];
  /** Further clusters, such as one that cannot be reached. */
  clusters?: WorldSetup["clusters"];
}

/** What a test body has at hand; all that goes through it is recorded and compared. */
export interface Flow {
  world: World;
  /** By cluster name. */
  providers: Record<string, Provider>;
  /** The first of them. */
  provider: Provider;
  /**
   * Sends one request over HTTP/1.1, with an id of its own, and waits for its access log line.
   * `listener` names one of the setup's `beside`; else it is the first.
   */
  send(request: Request, listener?: string): Promise<Sent>;
  /** The same over HTTP/2. */
  sendHttp2(request: Request): Promise<Sent>;
  /** Sends bytes as they are. With `id`, the one that they carry, it waits for the log line. */
  sendRaw(
    steps: Step[],
    options?: { id?: string; replies?: number; head?: boolean },
  ): Promise<Exchange>;
  /** A request id that nothing else uses, the same on both hosts. */
  nextId(): string;
  /** By how much the module's counters have risen since the test began. */
  counted(): Promise<Record<string, number>>;
}

export interface Sent extends Exchange {
  id: string;
  log: AccessLogLine;
}

const upstreamEndMs = 1_000;

const withoutEnvoy = process.env.TOKENSTILE_WITHOUT_ENVOY === "1";
if (withoutEnvoy && process.env.CI === "true") {
  throw new Error("TOKENSTILE_WITHOUT_ENVOY=1 is not for CI: there every flow runs on Envoy too");
}

let declaredWithoutEnvoy = 0;
const titles = new Set<string>();

/**
 * Runs `body` on the Node host and on Envoy and asserts that both showed the same, but for what
 * `comparable` leaves out. Without an Envoy the tests fail and say how to get one, unless
 * `TOKENSTILE_WITHOUT_ENVOY=1` leaves them out, which is printed.
 */
export function onBothHosts(
  title: string,
  setup: FlowSetup | (() => Promise<FlowSetup>),
  body: (flow: Flow) => Promise<void>,
): void {
  if (titles.has(title)) throw new Error(`two flows are called "${title}"; ids come from titles`);
  titles.add(title);
  const seen: Partial<Record<HostName, Outcome>> = {};
  const hosts: HostName[] = withoutEnvoy ? ["node"] : ["node", "envoy"];
  const stage = async (host: HostName): Promise<Stage> =>
    stageFor(host, typeof setup === "function" ? await setup() : setup);
  const runOn = async (host: HostName): Promise<void> => {
    seen[host] = await run(title, await stage(host), body);
  };
  describe(title, () => {
    // Building and starting may take longer than a test may; what fails here fails again there.
    beforeAll(() => Promise.allSettled(hosts.map(stage)));
    it("on the Node host", () => runOn("node"));
    if (withoutEnvoy) {
      declaredWithoutEnvoy += 2;
      return;
    }
    it("on Envoy", () => runOn("envoy"));
    it("the same on both", () => {
      if (!seen.node || !seen.envoy) throw new Error("one of the two runs did not succeed");
      expect(comparable(seen.node)).toEqual(comparable(seen.envoy));
    });
  });
}

interface Stage {
  world: World;
  providers: Record<string, Provider>;
}

/** Gateways and providers live as long as the test file; equal setups share them. */
const stages = new Map<string, Promise<Stage>>();

afterAll(async () => {
  if (declaredWithoutEnvoy > 0) {
    const count = `${declaredWithoutEnvoy} tests did NOT run on Envoy`;
    process.stderr.write(`\n*** ${count}: TOKENSTILE_WITHOUT_ENVOY=1 is set ***\n\n`);
  }
  for (const started of await Promise.allSettled(stages.values())) {
    if (started.status === "rejected") continue;
    const { world, providers } = started.value;
    await world.close();
    await Promise.all(Object.values(providers).map((provider) => provider.close()));
  }
});

function stageFor(host: HostName, setup: FlowSetup): Promise<Stage> {
  const key = JSON.stringify([host, setup]);
  const stage = stages.get(key) ?? startStage(host, setup);
  stages.set(key, stage);
  return stage;
}

async function startStage(host: HostName, setup: FlowSetup): Promise<Stage> {
  const providers: Record<string, Provider> = {};
  const clusters = { ...setup.clusters };
  for (const name of setup.providers) {
    providers[name] = await startProvider();
    clusters[name] = { url: providers[name].url };
  }
  return { world: await startWorld(host, { ...setup, clusters }), providers };
}

async function run(
  title: string,
  stage: Stage,
  body: (flow: Flow) => Promise<void>,
): Promise<Outcome> {
  for (const provider of Object.values(stage.providers)) provider.forget();
  const violations = stage.world.violations().length;
  const logged = stage.world.logText().length;
  const flow = new RecordedFlow(title, stage, await stage.world.stats());
  try {
    await body(flow);
    expect(stage.world.violations().slice(violations)).toEqual([]);
    return await flow.outcome();
  } catch (error) {
    const { host } = stage.world;
    process.stderr.write(`log of ${host}, "${title}":\n${stage.world.logText().slice(logged)}\n`);
    throw error;
  }
}

class RecordedFlow implements Flow {
  private ids = 0;
  private readonly client: Exchange[] = [];
  private readonly log: AccessLogLine[] = [];
  readonly world: World;
  readonly providers: Record<string, Provider>;

  constructor(
    private readonly title: string,
    stage: Stage,
    private readonly before: Record<string, number>,
  ) {
    this.world = stage.world;
    this.providers = stage.providers;
  }

  get provider(): Provider {
    const [first] = Object.values(this.providers);
    if (!first) throw new Error("the setup names no provider");
    return first;
  }

  nextId(): string {
    return `${this.title.replace(/[^a-zA-Z0-9]+/g, "-")}-${++this.ids}`;
  }

  async send(request: Request, listener?: string): Promise<Sent> {
    const [id, marked] = this.marked(request);
    const head = request.method === "HEAD";
    const { world } = this;
    const port = listener === undefined ? world.port : (world.portsBeside[listener] ?? 0);
    return this.noted(id, await sendRaw(port, requestSteps(marked), { head }));
  }

  async sendHttp2(request: Request): Promise<Sent> {
    const [id, marked] = this.marked(request);
    return this.noted(id, await sendHttp2(this.world.port, marked));
  }

  async sendRaw(
    steps: Step[],
    options: { id?: string; replies?: number; head?: boolean } = {},
  ): Promise<Exchange> {
    const exchange = await sendRaw(this.world.port, steps, options);
    if (options.id !== undefined) return this.noted(options.id, exchange);
    this.client.push(exchange);
    return exchange;
  }

  private marked(request: Request): [string, Request] {
    const given = request.headers?.find(([name]) => name.toLowerCase() === "x-request-id");
    if (given) return [given[1], request];
    const id = this.nextId();
    return [id, { ...request, headers: [...(request.headers ?? []), ["x-request-id", id]] }];
  }

  private async noted(id: string, exchange: Exchange): Promise<Sent> {
    this.client.push(exchange);
    const log = await this.world.accessLogOf(id);
    this.log.push(log);
    return { ...exchange, id, log };
  }

  async counted(): Promise<Record<string, number>> {
    const rises: Record<string, number> = {};
    for (const [name, value] of Object.entries(await this.world.stats())) {
      const rise = value - (this.before[name] ?? 0);
      if (rise !== 0) rises[name] = rise;
    }
    return rises;
  }

  async outcome(): Promise<Outcome> {
    await this.upstreamsEnded();
    const upstream = Object.fromEntries(
      Object.entries(this.providers).map(([name, { requests, malformed }]) => [
        name,
        { requests: [...requests], malformed: [...malformed] },
      ]),
    );
    return { upstream, client: this.client, log: this.log, stats: await this.counted() };
  }

  /** A request that was cut at the client is cut at the provider a moment later. */
  private async upstreamsEnded(): Promise<void> {
    const giveUpMs = Date.now() + upstreamEndMs;
    const all = Object.values(this.providers).flatMap((provider) => provider.requests);
    while (all.some((request) => !request.ended) && Date.now() < giveUpMs) await sleep(5);
  }
}
