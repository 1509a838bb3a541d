/** The same gateway on either host: our own in this process, or a real Envoy beside it. */
import type { AccessLogLine } from "../host/access_log.ts";
import { startGateway } from "../host/gateway.ts";
import type { RouteRule } from "../host/routes.ts";
import { EnvoyMissing } from "../envoy/find.ts";
import { startEnvoyGateway } from "../envoy/gateway.ts";
import { buildModule } from "../tools/build.ts";
import { Failure } from "./failure.ts";
import { isRecord } from "./policy_file.ts";

export type HostName = "node" | "envoy";

/** A gateway that serves; both hosts write the same access log. */
export interface ServingGateway {
  host: HostName;
  url: string;
  /** The lines so far, in the order in which the requests ended. */
  accessLog(): Promise<AccessLogLine[]>;
  close(): Promise<void>;
}

export interface GatewayRequest {
  host: HostName;
  policy: unknown;
  attach: Record<string, unknown>;
  /** On 127.0.0.1; 0 is any free one. */
  port: number;
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
  if (request.host === "envoy") {
    const gateway = await startEnvoyGateway(setup).catch(refused);
    const { url } = gateway;
    return {
      host: "envoy",
      url,
      accessLog: () => gateway.accessLog(),
      close: () => gateway.close(),
    };
  }
  const gateway = await startGateway(setup).catch(refused);
  const accessLog = async (): Promise<AccessLogLine[]> => gateway.accessLog;
  return { host: "node", url: gateway.url, accessLog, close: () => gateway.close() };
}

/** A port in use and a missing Envoy are the caller's to settle; all else is told as said. */
function refused(error: NodeJS.ErrnoException): never {
  if (error.code === "EADDRINUSE" || error instanceof EnvoyMissing) throw error;
  throw new Failure(error.message, 1);
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
