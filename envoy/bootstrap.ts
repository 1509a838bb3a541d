/**
 * Writes the configuration of an Envoy with our module in it, from the same description of routes
 * and clusters that the Node gateway takes.
 */
import { isIP } from "node:net";
import type { RouteRule } from "../host/routes.ts";
import { accessLogFormat } from "./access_log_format.ts";
import type { Bootstrap } from "./start.ts";

export interface Cluster {
  /** Plain `http://host:port`. */
  url: string;
  /** How long to wait for a connection; 2 s unless told. */
  connectTimeoutMs?: number;
  /** Speak HTTP/2 without TLS to it. */
  http2?: boolean;
}

export interface GatewaySetup {
  /** The module, build/tokenstile.wasm. */
  wasmPath: string;
  /** The plugin configuration, `{ policy, attach }`. */
  configuration: object;
  routes: RouteRule[];
  clusters: Record<string, Cluster>;
  /** Further listeners by name, each with a configuration of its own in the same VM. */
  beside?: Record<string, object>;
  /** Whether the module may hold headers while it reads the body; true unless told. */
  stopIterationAllowed?: boolean;
  /** What Envoy buffers of one body, and of one connection; 1 MiB unless told. */
  bufferBytesMax?: number;
  /** Worker threads; 1 unless told. */
  concurrency?: number;
  /** Where to listen; any free port unless told. */
  port?: number;
}

/** The name of the listener, of the filter and of its extension configuration. */
export const gatewayName = "tokenstile";

/** The file in Envoy's folder with the filter's configuration; replacing it reconfigures. */
export const filterFile = "filter.json";

export const accessLogFile = "access.log";

/**
 * The labels that our metrics carry. A label is written into the name as `;label=value;`, with a
 * pair of semicolons of its own, because two expressions cannot share the character between them.
 */
export const metricLabels = [
  ...["type", "model", "route", "identity"],
  ...["ending", "reason", "direction"],
];

const typeUrl = (name: string): string => `type.googleapis.com/${name}`;

/** A module that failed is back this soon; Envoy's own default is a second. */
const reloadBackoff = { base_interval: "0.1s", max_interval: "0.2s" };

/** How long a refused or cut connection lingers before Envoy closes it. */
const delayedClose = "0.2s";

/** The bootstrap of an Envoy whose temporary folder is `folder`. */
export function gatewayBootstrap(setup: GatewaySetup, folder: string): Bootstrap {
  return {
    node: { id: gatewayName, cluster: gatewayName },
    stats_config: { stats_tags: statsTags() },
    static_resources: {
      listeners: [
        listener(setup, folder, gatewayName, { config_discovery: discovery(folder) }),
        ...Object.entries(setup.beside ?? {}).map(([name, configuration]) =>
          listener(setup, folder, name, { typed_config: wasmFilter(setup, configuration) }),
        ),
      ],
      clusters: Object.entries(setup.clusters).map(([name, cluster]) => upstream(name, cluster)),
    },
  };
}

/** Turns the labels in our metrics' names into tags, so that Prometheus shows them as labels. */
export function statsTags(): { tag_name: string; regex: string }[] {
  return metricLabels.map((label) => ({ tag_name: label, regex: `(;${label}=(.*?);)` }));
}

/** The content of {@link filterFile}: our filter, as Envoy's extension discovery reads it. */
export function filterDiscovery(
  setup: GatewaySetup,
  configuration: object,
  version: number,
): string {
  const resource = {
    "@type": typeUrl("envoy.config.core.v3.TypedExtensionConfig"),
    name: gatewayName,
    typed_config: wasmFilter(setup, configuration),
  };
  return JSON.stringify({ version_info: String(version), resources: [resource] });
}

function wasmFilter(setup: GatewaySetup, configuration: object): object {
  const text = JSON.stringify(configuration);
  return {
    "@type": typeUrl("envoy.extensions.filters.http.wasm.v3.Wasm"),
    config: {
      name: gatewayName,
      root_id: gatewayName,
      failure_policy: "FAIL_RELOAD",
      reload_config: { backoff: reloadBackoff },
      allow_on_headers_stop_iteration: setup.stopIterationAllowed ?? true,
      configuration: { "@type": typeUrl("google.protobuf.StringValue"), value: text },
      vm_config: {
        vm_id: gatewayName,
        runtime: "envoy.wasm.runtime.v8",
        code: { local: { filename: setup.wasmPath } },
      },
    },
  };
}

/** `source` says where our filter's configuration comes from. */
function listener(setup: GatewaySetup, folder: string, name: string, source: object): object {
  const manager = {
    name: "envoy.filters.network.http_connection_manager",
    typed_config: connectionManager(setup, folder, source),
  };
  return {
    name,
    address: { socket_address: { address: "127.0.0.1", port_value: setup.port ?? 0 } },
    per_connection_buffer_limit_bytes: setup.bufferBytesMax ?? 1_048_576,
    filter_chains: [{ filters: [manager] }],
  };
}

function connectionManager(setup: GatewaySetup, folder: string, source: object): object {
  const virtualHost = { name: "all", domains: ["*"], routes: setup.routes.map(route) };
  return {
    "@type": typeUrl(
      "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
    ),
    stat_prefix: gatewayName,
    codec_type: "AUTO",
    http_protocol_options: { enable_trailers: true },
    delayed_close_timeout: delayedClose,
    preserve_external_request_id: true,
    request_id_extension: { typed_config: requestIdsAsSent },
    route_config: { name: "routes", virtual_hosts: [virtualHost] },
    http_filters: [
      { name: gatewayName, ...source },
      {
        name: "envoy.filters.http.router",
        typed_config: { "@type": typeUrl("envoy.extensions.filters.http.router.v3.Router") },
      },
    ],
    access_log: [accessLog(`${folder}/${accessLogFile}`)],
  };
}

/** Without this, Envoy writes its trace decision into ids that look like a UUID. */
const requestIdsAsSent = {
  "@type": typeUrl("envoy.extensions.request_id.uuid.v3.UuidRequestIdConfig"),
  pack_trace_reason: false,
};

function discovery(folder: string): object {
  return {
    type_urls: [typeUrl("envoy.extensions.filters.http.wasm.v3.Wasm")],
    config_source: {
      resource_api_version: "V3",
      path_config_source: { path: `${folder}/${filterFile}` },
    },
  };
}

function accessLog(path: string): object {
  return {
    name: "envoy.access_loggers.file",
    typed_config: {
      "@type": typeUrl("envoy.extensions.access_loggers.file.v3.FileAccessLog"),
      path,
      log_format: { json_format: accessLogFormat() },
    },
  };
}

function route(rule: RouteRule): object {
  const headers = rule.match.headers?.map(({ name, exact }) => ({ name, string_match: { exact } }));
  return {
    ...(rule.name === undefined ? {} : { name: rule.name }),
    ...(rule.metadata ? { metadata: { filter_metadata: rule.metadata } } : {}),
    match: { prefix: rule.match.prefix, ...(headers ? { headers } : {}) },
    route: {
      ...(rule.clusterHeader ? { cluster_header: rule.clusterHeader } : { cluster: rule.cluster }),
      timeout: `${(rule.timeoutMs ?? 0) / 1000}s`,
      ...(rule.idleTimeoutMs ? { idle_timeout: `${rule.idleTimeoutMs / 1000}s` } : {}),
      auto_host_rewrite: true,
    },
  };
}

function upstream(name: string, cluster: Cluster): object {
  const url = new URL(cluster.url);
  if (url.protocol !== "http:") throw new Error(`cluster ${name}: ${cluster.url} is not http://`);
  const isAddress = isIP(url.hostname) !== 0;
  const address = { address: url.hostname, port_value: Number(url.port || 80) };
  // A provider known by its name is asked by that name; at an address the client's host stands.
  const hostname = isAddress ? {} : { hostname: url.host };
  const lbEndpoints = [{ endpoint: { address: { socket_address: address }, ...hostname } }];
  const http = cluster.http2
    ? { http2_protocol_options: {} }
    : { http_protocol_options: { enable_trailers: true } };
  return {
    name,
    type: isAddress ? "STATIC" : "STRICT_DNS",
    connect_timeout: `${(cluster.connectTimeoutMs ?? 2_000) / 1000}s`,
    load_assignment: { cluster_name: name, endpoints: [{ lb_endpoints: lbEndpoints }] },
    typed_extension_protocol_options: {
      "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
        "@type": typeUrl("envoy.extensions.upstreams.http.v3.HttpProtocolOptions"),
        explicit_http_config: http,
      },
    },
  };
}
