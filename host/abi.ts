/** The numbers of proxy-wasm ABI 0.2.1, as its specification gives them. */

/** What a host call returns. */
export enum Status {
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

export enum MapType {
  RequestHeaders = 0,
  RequestTrailers = 1,
  ResponseHeaders = 2,
  ResponseTrailers = 3,
  GrpcInitialMetadata = 4,
  GrpcTrailingMetadata = 5,
  CalloutHeaders = 6,
  CalloutTrailers = 7,
}

export enum BufferType {
  RequestBody = 0,
  ResponseBody = 1,
  DownstreamData = 2,
  UpstreamData = 3,
  CalloutBody = 4,
  GrpcMessage = 5,
  VmConfiguration = 6,
  PluginConfiguration = 7,
  CallData = 8,
}

/** Result of a headers callback; 2 is treated as Continue, more than 4 as 4. */
export enum HeadersResult {
  Continue = 0,
  StopIteration = 1,
  ContinueAndEndStream = 2,
  StopAllAndBuffer = 3,
  StopAllAndWatermark = 4,
}

/** Result of a body callback; more than 3 is treated as 3. */
export enum BodyResult {
  Continue = 0,
  StopAndBuffer = 1,
  StopAndWatermark = 2,
  StopNoBuffer = 3,
}

export enum StreamType {
  Request = 0,
  Response = 1,
  Downstream = 2,
  Upstream = 3,
}

export const logLevels = ["trace", "debug", "info", "warn", "error", "critical"] as const;
export type LogLevel = (typeof logLevels)[number];

/** Header pairs as they travel: names in lower case, values as byte strings (one char a byte). */
export type Pairs = [string, string][];

/** Text to byte string and back: how UTF-8 travels in a header value. */
export const toByteString = (text: string): string => Buffer.from(text, "utf8").toString("latin1");
export const fromByteString = (value: string): string =>
  Buffer.from(value, "latin1").toString("utf8");
