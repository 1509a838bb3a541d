/** Numbers of proxy-wasm ABI 0.2.1 (proxy-wasm/spec, abi-versions/v0.2.1). */

export const enum Status {
  Ok = 0,
  NotFound = 1,
  BadArgument = 2,
  SerializationFailure = 3,
  ParseFailure = 4,
  InvalidMemoryAccess = 6,
  Empty = 7,
  CasMismatch = 8,
  InternalFailure = 10,
  Unimplemented = 12,
}

export const enum LogLevel {
  Trace = 0,
  Debug = 1,
  Info = 2,
  Warn = 3,
  Error = 4,
  Critical = 5,
}

/** What a headers or trailers callback answers. */
export const enum HeadersResult {
  Continue = 0,
  StopIteration = 1,
}

/** What a body callback answers. */
export const enum BodyResult {
  Continue = 0,
  StopIterationAndBuffer = 1,
}

export const enum MapType {
  RequestHeaders = 0,
  RequestTrailers = 1,
  ResponseHeaders = 2,
  ResponseTrailers = 3,
}

export const enum BufferType {
  RequestBody = 0,
  ResponseBody = 1,
  PluginConfiguration = 7,
}

export const enum MetricType {
  Counter = 0,
  Gauge = 1,
  Histogram = 2,
}
