/** A route as the gateway matches it: the first rule whose prefix and headers all match wins. */
export interface RouteRule {
  name?: string;
  match: { prefix: string; headers?: { name: string; exact: string }[] };
  /** Absent: the cluster is named by the request header `clusterHeader`. */
  cluster?: string;
  clusterHeader?: string;
  /** Milliseconds from the end of the request to the end of the response; absent or 0: none. */
  timeoutMs?: number;
  /** Read by the module as `xds.route_metadata.filter_metadata.<namespace>.<key>`. */
  metadata?: Record<string, Record<string, unknown>>;
}
