/** What the built module asks of a host and offers to it, against proxy-wasm ABI 0.2.1. */

/** The host functions of the ABI, all of them in `env`. */
const hostFunctions = new Set(
  `proxy_log proxy_get_log_level proxy_get_current_time_nanoseconds
  proxy_set_tick_period_milliseconds proxy_set_effective_context proxy_done
  proxy_get_property proxy_set_property proxy_continue_stream proxy_close_stream
  proxy_send_local_response proxy_get_buffer_bytes proxy_get_buffer_status proxy_set_buffer_bytes
  proxy_get_header_map_value proxy_get_header_map_pairs proxy_get_header_map_size
  proxy_add_header_map_value proxy_replace_header_map_value proxy_remove_header_map_value
  proxy_set_header_map_pairs proxy_get_shared_data proxy_set_shared_data
  proxy_register_shared_queue proxy_resolve_shared_queue proxy_enqueue_shared_queue
  proxy_dequeue_shared_queue proxy_http_call proxy_grpc_call proxy_grpc_stream proxy_grpc_send
  proxy_grpc_close proxy_grpc_cancel proxy_get_status proxy_define_metric proxy_increment_metric
  proxy_record_metric proxy_get_metric proxy_call_foreign_function`.split(/\s+/),
);
const systemFunctions = new Set(["random_get", "clock_time_get"]);

/** The callbacks of the ABI for HTTP filters, and the marks by which a host knows a module. */
const callbacks = new Set(
  `proxy_abi_version_0_2_1 _initialize proxy_on_memory_allocate malloc
  proxy_on_vm_start proxy_on_configure proxy_on_tick proxy_on_context_create
  proxy_on_request_headers proxy_on_request_body proxy_on_request_trailers
  proxy_on_response_headers proxy_on_response_body proxy_on_response_trailers
  proxy_on_http_call_response proxy_on_grpc_receive proxy_on_grpc_close
  proxy_on_grpc_receive_initial_metadata proxy_on_grpc_receive_trailing_metadata
  proxy_on_queue_ready proxy_on_foreign_function proxy_on_done proxy_on_log
  proxy_on_delete`.split(/\s+/),
);

/** The counter by itself, for programs that load the module to count. */
const counting = [
  ...["encoding", "encodings", "alloc", "free", "text", "text_till"],
  ...["start", "feed", "finish", "tokens", "exact", "dispose"].map((name) => `stream_${name}`),
].map((name) => `tokenstile_count_${name}`);

/** Without these a host refuses the module, or loads one that does nothing. */
const required = [
  ...["proxy_abi_version_0_2_1", "proxy_on_configure", "proxy_on_context_create"],
  ...["proxy_on_request_headers", "proxy_on_request_body", "proxy_on_response_headers"],
  ...["proxy_on_response_body", "proxy_on_log", "memory"],
];

/** Imports that a host of ABI 0.2.1 does not have, or that this module promised not to use. */
export function foreignImports(module: WebAssembly.Module): string[] {
  return WebAssembly.Module.imports(module)
    .filter(({ module: from, name, kind }) => {
      if (kind !== "function") return true;
      if (from === "env") return !hostFunctions.has(name);
      return from !== "wasi_snapshot_preview1" || !systemFunctions.has(name);
    })
    .map(({ module: from, name }) => `${from}.${name}`);
}

/** Exports other than the callbacks of the ABI, the allocator, the memory and the counter's. */
export function foreignExports(module: WebAssembly.Module): string[] {
  const known = new Set([...callbacks, ...counting]);
  return WebAssembly.Module.exports(module)
    .filter(({ name, kind }) => (kind === "memory" ? name !== "memory" : !known.has(name)))
    .map(({ name }) => name);
}

/** What a host, or a program that counts, needs of the module and does not find. */
export function missingExports(module: WebAssembly.Module): string[] {
  const names = new Set(WebAssembly.Module.exports(module).map(({ name }) => name));
  const allocates = names.has("malloc") || names.has("proxy_on_memory_allocate");
  const wanted = [...required, ...counting].filter((name) => !names.has(name));
  return [...(allocates ? [] : ["malloc"]), ...wanted];
}

const startSectionId = 8;

/**
 * Whether the binary has a start section. Code there runs before the host has made a context, and
 * a host call from it takes Envoy down.
 */
export function hasStartSection(bytes: Uint8Array): boolean {
  let offset = 8;
  while (offset < bytes.length) {
    if (bytes[offset] === startSectionId) return true;
    const [size, sizeBytes] = readLeb128(bytes, offset + 1);
    offset += 1 + sizeBytes + size;
  }
  return false;
}

function readLeb128(bytes: Uint8Array, start: number): [value: number, length: number] {
  let value = 0;
  for (let index = 0; index < 5; index++) {
    const byte = bytes[start + index] ?? 0;
    value += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) return [value, index + 1];
  }
  return [value, 5];
}
