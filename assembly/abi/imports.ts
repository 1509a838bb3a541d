/**
 * The host functions this module calls, and no others: the built file imports just these. Every one
 * of `env` answers a `Status`. Pointers to results are filled by the host, which takes memory for
 * them from the exported `malloc` (see memory.ts).
 */
import { LogLevel, Status } from "./types";

// prettier-ignore
// @ts-ignore: decorator
@external("env", "proxy_log")
export declare function proxy_log(level: LogLevel, ptr: usize, bytes: u32): Status;

// prettier-ignore
// @ts-ignore: decorator
@external("env", "proxy_get_buffer_bytes")
export declare function proxy_get_buffer_bytes(
  type: i32, start: u32, bytesMax: u32, outPtr: usize, outBytes: usize): Status;

// prettier-ignore
// @ts-ignore: decorator
@external("env", "proxy_set_buffer_bytes")
export declare function proxy_set_buffer_bytes(
  type: i32, start: u32, bytes: u32, ptr: usize, newBytes: u32): Status;

// prettier-ignore
// @ts-ignore: decorator
@external("env", "proxy_get_header_map_pairs")
export declare function proxy_get_header_map_pairs(
  map: i32, outPtr: usize, outBytes: usize): Status;

// prettier-ignore
// @ts-ignore: decorator
@external("env", "proxy_replace_header_map_value")
export declare function proxy_replace_header_map_value(
  map: i32, name: usize, nameBytes: u32, value: usize, valueBytes: u32): Status;

// prettier-ignore
// @ts-ignore: decorator
@external("env", "proxy_remove_header_map_value")
export declare function proxy_remove_header_map_value(
  map: i32, name: usize, nameBytes: u32): Status;

// prettier-ignore
// @ts-ignore: decorator
@external("env", "proxy_send_local_response")
export declare function proxy_send_local_response(
  status: u32, details: usize, detailsBytes: u32, body: usize, bodyBytes: u32,
  headerPairs: usize, headerPairsBytes: u32, grpcStatus: i32): Status;

// prettier-ignore
// @ts-ignore: decorator
@external("env", "proxy_close_stream")
export declare function proxy_close_stream(type: i32): Status;

// prettier-ignore
// @ts-ignore: decorator
@external("env", "proxy_get_property")
export declare function proxy_get_property(
  path: usize, pathBytes: u32, outPtr: usize, outBytes: usize): Status;

// prettier-ignore
// @ts-ignore: decorator
@external("env", "proxy_set_property")
export declare function proxy_set_property(
  path: usize, pathBytes: u32, value: usize, valueBytes: u32): Status;

// prettier-ignore
// @ts-ignore: decorator
@external("env", "proxy_define_metric")
export declare function proxy_define_metric(
  type: i32, name: usize, nameBytes: u32, outId: usize): Status;

// prettier-ignore
// @ts-ignore: decorator
@external("env", "proxy_increment_metric")
export declare function proxy_increment_metric(id: u32, delta: i64): Status;

// prettier-ignore
// @ts-ignore: decorator
@external("env", "proxy_record_metric")
export declare function proxy_record_metric(id: u32, value: u64): Status;

// prettier-ignore
// @ts-ignore: decorator
@external("env", "proxy_get_current_time_nanoseconds")
export declare function proxy_get_current_time_nanoseconds(outNs: usize): Status;

// prettier-ignore
// @ts-ignore: decorator
@external("env", "proxy_call_foreign_function")
export declare function proxy_call_foreign_function(
  name: usize, nameBytes: u32, args: usize, argsBytes: u32,
  outPtr: usize, outBytes: usize): Status;

// Of WASI, which all hosts of the ABI offer beside it: 0 for success.
// prettier-ignore
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "random_get")
export declare function random_get(ptr: usize, bytes: u32): i32;
