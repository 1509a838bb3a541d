// A proxy-wasm module just big enough to see whether a host was configured as it should be: with
// the configuration {"route":"NAME"} it writes NAME into the routing header. It refuses the
// NAME "refuse".

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
const refused = String.UTF8.encode('{"route":"refuse"}');
const refusal = String.UTF8.encode("policy.name: refused by the probe");
const out = memory.data(8);

let routePtr: usize = 0;
let routeBytes: usize = 0;
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
  if (length == <usize>refused.byteLength && memory.compare(ptr, at(refused), length) == 0) {
    proxyLog(4, at(refusal), refusal.byteLength);
    return 0;
  }
  routePtr = ptr + 10;
  routeBytes = length - 12;
  defineMetric(0, at(metricName), metricName.byteLength, out);
  metric = load<u32>(out);
  return 1;
}

export function proxy_on_request_headers(context: u32, count: u32, end: u32): u32 {
  replaceHeader(0, at(routeHeader), routeHeader.byteLength, routePtr, routeBytes);
  return 0;
}

export function proxy_on_log(context: u32): void {
  incrementMetric(metric, 7);
  setProperty(at(modelKey), modelKey.byteLength, at(modelValue), modelValue.byteLength);
}
