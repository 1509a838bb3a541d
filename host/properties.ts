import type { HeaderMap } from "./header_map.ts";
import { encodePairs } from "./pairs.ts";
import type { StreamInfo } from "./stream_info.ts";

/** What properties of a stream are read from. */
export interface PropertySource {
  info: StreamInfo;
  requestHeaders: HeaderMap | null;
  responseHeaders: HeaderMap | null;
  responseTrailers: HeaderMap | null;
  nowNs(): bigint;
}

export interface PluginNames {
  name: string;
  rootId: string;
  vmId: string;
}

/** A property that exists but has no byte form, such as the whole of `filter_state`. */
export const unserializable = Symbol("unserializable");

const roots = new Set([
  "request",
  "response",
  "connection",
  "source",
  "destination",
  "upstream",
  "xds",
  "metadata",
  "filter_state",
  "upstream_filter_state",
]);

type Lookup = Uint8Array | typeof unserializable | null;

/** The bytes of the property at `path`; null when absent. Without a stream only plugin_* exist. */
export function readProperty(
  path: string[],
  plugin: PluginNames,
  source: PropertySource | null,
): Lookup {
  const [root = "", ...rest] = path;
  if (root === "plugin_name") return encodeProperty(plugin.name);
  if (root === "plugin_root_id") return encodeProperty(plugin.rootId);
  if (root === "plugin_vm_id") return encodeProperty(plugin.vmId);
  if (source === null) return null;
  const override = source.info.properties[path.join(".")];
  if (override !== undefined) return encodeProperty(override);
  if (!roots.has(root)) return ownState(path, source.info);
  if (rest.length === 0) return unserializable;
  if (root === "request") return requestProperty(rest, source);
  if (root === "response") return responseProperty(rest, source);
  if (root === "xds") return xdsProperty(rest, source.info);
  if (root === "metadata") return metadataProperty(rest, source.info.metadata);
  if (root === "filter_state") return source.info.filterState.get(rest.join("\0")) ?? null;
  return addressProperty(root, rest[0] ?? "", source.info);
}

/** What the module set under one token is found by that token; under several by its key only. */
function ownState(path: string[], info: StreamInfo): Lookup {
  return path.length === 1 ? (info.filterState.get(`wasm.${path[0]}`) ?? null) : null;
}

/**
 * A value as Envoy hands it over: integers (bigint) 8 bytes little endian, numbers as f64, booleans
 * one byte, text as it is, maps and lists in the layout of header pairs.
 */
export function encodeProperty(value: unknown): Lookup {
  if (value === null || value === undefined) return null;
  if (value instanceof Uint8Array) return value;
  if (typeof value === "string") return Buffer.from(value, "utf8");
  if (typeof value === "boolean") return Uint8Array.of(value ? 1 : 0);
  if (typeof value === "bigint" || typeof value === "number") {
    const bytes = Buffer.alloc(8);
    if (typeof value === "bigint") bytes.writeBigInt64LE(value);
    else bytes.writeDoubleLE(value);
    return bytes;
  }
  const text = (inner: unknown): string => {
    const bytes = encodeProperty(inner);
    return bytes instanceof Uint8Array ? Buffer.from(bytes).toString("latin1") : "";
  };
  if (Array.isArray(value)) return encodePairs(value.map((item) => [text(item), ""]));
  return encodePairs(Object.entries(value).map(([key, inner]) => [text(key), text(inner)]));
}

const headerBytes = (value: string | null | undefined): Lookup =>
  value === null || value === undefined ? null : Buffer.from(value, "latin1");

function headersProperty(map: HeaderMap | null, rest: string[]): Lookup {
  if (map === null) return null;
  const [name] = rest;
  return name === undefined ? encodePairs(map.pairs()) : headerBytes(map.joined(name));
}

function requestProperty(path: string[], source: PropertySource): Lookup {
  const { info, requestHeaders: headers } = source;
  const [name = "", ...rest] = path;
  const target = headers?.get(":path") ?? null;
  const question = target?.indexOf("?") ?? -1;
  switch (name) {
    case "headers":
      return headersProperty(headers, rest);
    case "path":
      return headerBytes(target);
    case "url_path":
      return headerBytes(question < 0 ? target : target?.slice(0, question));
    case "query":
      return target === null ? null : headerBytes(question < 0 ? "" : target.slice(question + 1));
    case "host":
      return headerBytes(headers?.get(":authority"));
    case "scheme":
    case "method":
      return headerBytes(headers?.get(`:${name}`));
    case "referer":
      return headerBytes(headers?.get("referer"));
    case "useragent":
      return headerBytes(headers?.get("user-agent"));
    case "id":
      return headerBytes(headers?.get("x-request-id"));
    case "protocol":
      return encodeProperty(info.protocol);
    case "time":
      return encodeProperty(info.startNs);
    case "duration":
      return info.endNs === null ? null : encodeProperty(info.endNs - info.startNs);
    case "size":
      return encodeProperty(BigInt(headers?.get("content-length") ?? info.bytesReceived));
    case "total_size":
      return encodeProperty(BigInt(info.bytesReceived + (headers?.bytes ?? 0)));
    default:
      return null;
  }
}

function responseProperty(path: string[], source: PropertySource): Lookup {
  const { info, responseHeaders: headers } = source;
  const [name = "", ...rest] = path;
  switch (name) {
    case "headers":
      return headersProperty(headers, rest);
    case "trailers":
      return headersProperty(source.responseTrailers, rest);
    case "code":
      return info.responseCode === null ? null : encodeProperty(BigInt(info.responseCode));
    case "code_details":
      return encodeProperty(info.details);
    case "flags":
      return encodeProperty(BigInt(info.flags));
    case "size":
      return encodeProperty(BigInt(info.bytesSent));
    case "total_size":
      return encodeProperty(BigInt(info.bytesSent + (headers?.bytes ?? 0)));
    default:
      return null;
  }
}

function xdsProperty(path: string[], info: StreamInfo): Lookup {
  const [name = "", ...rest] = path;
  switch (name) {
    case "route_name":
      return encodeProperty(info.route === null ? null : (info.route.name ?? ""));
    case "cluster_name":
      return encodeProperty(info.cluster);
    case "route_metadata":
      return metadataProperty(rest, info.route?.metadata ?? {});
    case "upstream_host_metadata":
      return unserializable;
    case "listener_direction":
      return encodeProperty(0n);
    default:
      return null;
  }
}

function metadataProperty(path: string[], metadata: Record<string, unknown>): Lookup {
  const [kind, ...rest] = path;
  if (kind === undefined) return unserializable;
  if (kind !== "filter_metadata") return null;
  let value: unknown = metadata;
  for (const key of rest) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return null;
    value = (value as Record<string, unknown>)[key];
  }
  return encodeProperty(value);
}

function addressProperty(root: string, name: string, info: StreamInfo): Lookup {
  const address =
    root === "source" ? info.clientAddress : root === "upstream" ? info.upstreamAddress : null;
  if (name === "address") return encodeProperty(address);
  if (name === "port" && address !== null) {
    return encodeProperty(BigInt(address.slice(address.lastIndexOf(":") + 1)));
  }
  if (root === "connection" && name === "mtls") return encodeProperty(false);
  if (root !== "upstream") return null;
  if (name === "request_attempt_count" && info.attempts > 0) {
    return encodeProperty(BigInt(info.attempts));
  }
  return name === "transport_failure_reason" ? encodeProperty(info.upstreamFailure) : null;
}
