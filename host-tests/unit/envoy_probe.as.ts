// A proxy-wasm module just big enough to see whether an Envoy was configured as it should be: its
// configuration is a JSON text whose bytes go into a request header, or the word "refuse".

@external("env", "proxy_log")
declare function proxyLog(level: u32, ptr: usize, bytes: usize): u32;

@external("env", "proxy_get_buffer_bytes")
declare function getBuffer(kind: u32, start: u32, max: u32, ptr: usize, bytes: usize): u32;

@external("env", "proxy_replace_header_map_value")
declare function replaceHeader(map: u32, k: usize, kn: usize, v: usize, vn: usize): u32;

@external("env", "proxy_set_property")
declare function setProperty(k: usize, kn: usize, v: usize, vn: usize): u32;

@external("env", "proxy_define_metric")
declare function defineMetric(kind: u32, ptr: usize, bytes: usize, id: usize): u32;

@external("env", "proxy_increment_metric")
declare function incrementMetric(id: u32, offset: i64): u32;

const metricName = String.UTF8.encode("tokenstile_tokens_total;type=input;;model=gpt-4o;");
const routeHeader = String.UTF8.encode("x-tokenstile-route");
const modelKey = String.UTF8.encode("tokenstile.model");
const modelValue = String.UTF8.encode("gpt-4o");
const refusal = String.UTF8.encode("policy.name: refused by the probe");
const out = memory.data(8);

let configPtr: usize = 0;
let configBytes: usize = 0;
let metric: u32 = 0;

function at(text: ArrayBuffer): usize {
  return changetype<usize>(text);
}

export function proxy_abi_version_0_2_1(): void {}

export function proxy_on_memory_allocate(bytes: usize): usize {
  return heap.alloc(bytes);
}

export function proxy_on_context_create(context: u32, root: u32): void {}

export function proxy_on_vm_start(root: u32, bytes: usize): u32 {
  return 1;
}

export function proxy_on_configure(root: u32, bytes: usize): u32 {
  if (getBuffer(7, 0, <u32>bytes, out, out + 4) != 0) return 0;
  const ptr = <usize>load<u32>(out);
  const length = <usize>load<u32>(out + 4);
  if (length == 8 && load<u8>(ptr + 1) == 0x72 && load<u8>(ptr + 6) == 0x65) {
    proxyLog(4, at(refusal), refusal.byteLength);
    return 0;
  }
  configPtr = ptr;
  configBytes = length;
  defineMetric(0, at(metricName), metricName.byteLength, out);
  metric = load<u32>(out);
  return 1;
}

/** Sets the routing header to the configuration without its quotes. */
export function proxy_on_request_headers(context: u32, count: u32, end: u32): u32 {
  replaceHeader(0, at(routeHeader), routeHeader.byteLength, configPtr + 1, configBytes - 2);
  return 0;
}

export function proxy_on_log(context: u32): void {
  incrementMetric(metric, 7);
  setProperty(at(modelKey), modelKey.byteLength, at(modelValue), modelValue.byteLength);
}
