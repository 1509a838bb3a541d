/**
 * What a gateway calls: proxy-wasm ABI 0.2.1. Each callback goes straight into the filter; the way
 * of a stream is told in filter/stream.ts. Beside it, the counter by itself.
 */
import "./abi/abort";
import { BodyResult, HeadersResult } from "./abi/types";
import * as filter from "./filter/callbacks";

export { malloc } from "./abi/memory";

// For programs that count with the very same module; gateways do not look at these.
export { tokenstile_count_encoding, tokenstile_count_encodings } from "./count/encodings";
export { tokenstile_count_alloc, tokenstile_count_free } from "./count/text_buffer";
export { tokenstile_count_text, tokenstile_count_text_till } from "./count/text";
export * from "./count/streams";

export function proxy_abi_version_0_2_1(): void {}

export function proxy_on_context_create(id: u32, parent: u32): void {
  filter.contextCreated(id, parent);
}

export function proxy_on_vm_start(id: u32, bytes: u32): bool {
  return true;
}

export function proxy_on_configure(id: u32, bytes: u32): bool {
  return filter.configured(id, bytes);
}

export function proxy_on_request_headers(id: u32, count: u32, endOfStream: bool): HeadersResult {
  return filter.requestHeaders(id, endOfStream);
}

export function proxy_on_request_body(id: u32, bytes: u32, endOfStream: bool): BodyResult {
  return filter.requestBody(id, bytes, endOfStream);
}

export function proxy_on_request_trailers(id: u32, count: u32): HeadersResult {
  return filter.requestTrailers(id);
}

export function proxy_on_response_headers(id: u32, count: u32, endOfStream: bool): HeadersResult {
  return filter.responseHeaders(id, endOfStream);
}

export function proxy_on_response_body(id: u32, bytes: u32, endOfStream: bool): BodyResult {
  return filter.responseBody(id, bytes, endOfStream);
}

export function proxy_on_response_trailers(id: u32, count: u32): HeadersResult {
  return filter.responseTrailers(id);
}

export function proxy_on_log(id: u32): void {
  filter.logged(id);
}

export function proxy_on_done(id: u32): bool {
  return filter.done(id);
}

export function proxy_on_delete(id: u32): void {
  filter.deleted(id);
}
