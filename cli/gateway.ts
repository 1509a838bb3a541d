/** The same gateway on either host: our own in this process, or a real Envoy beside it. */
import { setTimeout as sleep } from "node:timers/promises";
import type { AccessLogLine } from "../host/access_log.ts";
import { startGateway } from "../host/gateway.ts";
import type { RouteRule } from "../host/routes.ts";
import { EnvoyMissing } from "../envoy/find.ts";
import type { GatewaySetup } from "../envoy/bootstrap.ts";
import { type EnvoyGateway, startEnvoyGateway } from "../envoy/gateway.ts";
import { buildModule } from "../tools/build.ts";
import { exitCode, Failure } from "./failure.ts";
import { isRecord } from "./policy_file.ts";

const logPollMs = 50;

export type HostName = "node" | "envoy";

/** A gateway that serves; both hosts write the same access log. */
export interface ServingGateway {
  host: HostName;
  url: string;
  close(): Promise<void>;
}

export interface GatewayRequest {
  host: HostName;
  policy: unknown;
  attach: Record<string, unknown>;
  /** On 127.0.0.1; 0 is any free one. */
  port: number;
  /** Told of each request once it is settled. */
  onAccessLog(line: AccessLogLine): void;
}

type Upstreams = Record<string, { url: string }>;

/**
 * Builds the module if need be and starts a gateway before the upstreams that the policy names.
 * Refuses with the module's reasons when it does not take the policy.
 */
export async function serveGateway(request: GatewayRequest): Promise<ServingGateway> {
  const clusters = upstreamsOf(request.policy);
  const setup = {
    wasmPath: await buildModule(),
    configuration: { policy: request.policy, attach: request.attach },
    routes: routesTo(Object.keys(clusters)),
    clusters,
    stopIterationAllowed: true,
    port: request.port,
  };
  if (request.host === "envoy") return serveEnvoy(setup, request);
  const { onAccessLog } = request;
  const gateway = await startGateway({ ...setup, onAccessLog }).catch(refused);
  return { host: "node", url: gateway.url, close: () => gateway.close() };
}

async function serveEnvoy(setup: GatewaySetup, request: GatewayRequest): Promise<ServingGateway> {
  const gateway = await startEnvoyGateway(setup).catch(refused);
  const stopped = new AbortController();
  const following = followLog(gateway, request, stopped.signal);
  const close = async (): Promise<void> => {
    stopped.abort();
    await following;
    await gateway.close();
  };
  return { host: "envoy", url: gateway.url, close };
}

/** Envoy writes its log to a file, which is read again and again. */
async function followLog(
  gateway: EnvoyGateway,
  { onAccessLog }: GatewayRequest,
  stopped: AbortSignal,
): Promise<void> {
  let told = 0;
  while (!stopped.aborted) {
    const lines = await gateway.accessLog();
    for (const line of lines.slice(told)) onAccessLog(line);
    told = lines.length;
    await sleep(logPollMs, undefined, { signal: stopped }).catch(() => {});
  }
}

function refused(error: Error): never {
  throw new Failure(
    error.message,
    error instanceof EnvoyMissing ? exitCode.misused : exitCode.failed,
  );
}

/** The upstreams that a policy names; whether they are well written is the module's to say. */
export function upstreamsOf(policy: unknown): Upstreams {
  const named = isRecord(policy) && isRecord(policy.upstreams) ? policy.upstreams : {};
  const usable = Object.entries(named).filter(
    (entry): entry is [string, { url: string }] =>
      isRecord(entry[1]) && typeof entry[1].url === "string" && URL.canParse(entry[1].url),
  );
  return Object.fromEntries(usable.map(([name, { url }]) => [name, { url }]));
}

/**
 * One rule for each upstream, matched by the header that the module sets. A single upstream also
 * serves what the module lets pass without a route.
 */
export function routesTo(names: string[]): RouteRule[] {
  const rules: RouteRule[] = names.map((name) => ({
    name,
    match: { prefix: "/", headers: [{ name: "x-tokenstile-route", exact: name }] },
    cluster: name,
  }));
  const [only] = names;
  const alone = only !== undefined && names.length === 1;
  return alone ? [...rules, { name: only, match: { prefix: "/" }, cluster: only }] : rules;
}
