/** The configuration of an Envoy with one listener a variant, alike in all but the filters. */
import { accessLogFormat } from "../../envoy/access_log_format.ts";
import { statsTags } from "../../envoy/bootstrap.ts";
import type { Bootstrap } from "../../envoy/start.ts";
import { groups, metadataKeys, metadataNamespace, type Variant } from "./variants.ts";

const extension = "type.googleapis.com/envoy.extensions";
const bufferBytesMax = 1_048_576;

/** The access log of a variant, in Envoy's folder. */
export function logFileOf(variant: Variant): string {
  return `${variant.name.replaceAll(/\W+/g, "-")}.log`;
}

export function benchBootstrap(
  variants: Variant[],
  providerPort: number,
  folder: string,
): Bootstrap {
  return {
    node: { id: "bench", cluster: "bench" },
    stats_config: { stats_tags: statsTags() },
    static_resources: {
      listeners: variants.map((variant) => listener(variant, folder)),
      clusters: groups.map(([, name]) => cluster(name, providerPort)),
    },
  };
}

function listener(variant: Variant, folder: string): object {
  const manager = {
    "@type": `${extension}.filters.network.http_connection_manager.v3.HttpConnectionManager`,
    // The same for all, so that statistics cost all of them the same.
    stat_prefix: "bench",
    codec_type: "AUTO",
    preserve_external_request_id: true,
    request_id_extension: {
      typed_config: {
        "@type": `${extension}.request_id.uuid.v3.UuidRequestIdConfig`,
        pack_trace_reason: false,
      },
    },
    route_config: {
      name: "routes",
      virtual_hosts: [{ name: "all", domains: ["*"], routes: routesOf(variant) }],
    },
    http_filters: [
      ...variant.filters,
      {
        name: "envoy.filters.http.router",
        typed_config: { "@type": `${extension}.filters.http.router.v3.Router` },
      },
    ],
    access_log: [accessLog(`${folder}/${logFileOf(variant)}`)],
  };
  return {
    name: variant.name,
    address: { socket_address: { address: "127.0.0.1", port_value: 0 } },
    per_connection_buffer_limit_bytes: bufferBytesMax,
    filter_chains: [
      {
        filters: [{ name: "envoy.filters.network.http_connection_manager", typed_config: manager }],
      },
    ],
  };
}

function routesOf(variant: Variant): object[] {
  return groups.map(([model, name]) => ({
    match: { prefix: "/", ...variant.matchOf(model, name) },
    route: { cluster: name, timeout: "0s" },
  }));
}

/** Every variant logs the fields of all, null where it has none: a field costs also when empty. */
function accessLog(path: string): object {
  const metadata = metadataKeys.map((key) => [
    `${metadataNamespace}_${key}`,
    `%DYNAMIC_METADATA(${metadataNamespace}:${key})%`,
  ]);
  return {
    name: "envoy.access_loggers.file",
    typed_config: {
      "@type": `${extension}.access_loggers.file.v3.FileAccessLog`,
      path,
      log_format: { json_format: { ...accessLogFormat(), ...Object.fromEntries(metadata) } },
    },
  };
}

function cluster(name: string, port: number): object {
  const address = { socket_address: { address: "127.0.0.1", port_value: port } };
  return {
    name,
    type: "STATIC",
    connect_timeout: "2s",
    load_assignment: {
      cluster_name: name,
      endpoints: [{ lb_endpoints: [{ endpoint: { address } }] }],
    },
  };
}
