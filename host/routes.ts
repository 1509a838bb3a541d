import type { HeaderMap } from "./header_map.ts";

/** A route as the gateway matches it: the first rule whose prefix and headers all match wins. */
export interface RouteRule {
  name?: string;
  match: { prefix: string; headers?: { name: string; exact: string }[] };
  /** Absent: the cluster is named by the request header `clusterHeader`. */
  cluster?: string;
  clusterHeader?: string;
  /** Milliseconds from the end of the request to the end of the response; absent or 0: none. */
  timeoutMs?: number;
  /** Milliseconds that may pass without a byte either way; absent or 0: any. */
  idleTimeoutMs?: number;
  /** Read by the module as `xds.route_metadata.filter_metadata.<namespace>.<key>`. */
  metadata?: Record<string, Record<string, unknown>>;
}

/** The first rule that matches, or null. */
export function pickRoute(rules: readonly RouteRule[], headers: HeaderMap): RouteRule | null {
  const path = headers.get(":path") ?? "";
  for (const rule of rules) {
    if (!path.startsWith(rule.match.prefix)) continue;
    const wanted = rule.match.headers ?? [];
    if (wanted.every(({ name, exact }) => headers.get(name) === exact)) return rule;
  }
  return null;
}

/** The cluster that a route leads to; null when its header is absent. */
export function clusterOf(rule: RouteRule, headers: HeaderMap): string | null {
  if (rule.cluster !== undefined) return rule.cluster;
  return rule.clusterHeader === undefined ? null : headers.get(rule.clusterHeader);
}
