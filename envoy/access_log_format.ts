import { stateFields } from "../host/access_log.ts";

/** The `json_format` of Envoy's access loggers that writes the lines of `host/access_log.ts`. */
export function accessLogFormat(): Record<string, string> {
  const format: Record<string, string> = {
    id: "%REQ(X-REQUEST-ID)%",
    method: "%REQ(:METHOD)%",
    path: "%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%",
    status: "%RESPONSE_CODE%",
    details: "%RESPONSE_CODE_DETAILS%",
    flags: "%RESPONSE_FLAGS%",
    cluster: "%UPSTREAM_CLUSTER%",
    bytesReceived: "%BYTES_RECEIVED%",
    bytesSent: "%BYTES_SENT%",
  };
  for (const field of stateFields) format[field] = `%FILTER_STATE(wasm.tokenstile.${field}:PLAIN)%`;
  return format;
}
