/** The callbacks of ABI 0.2.1 that this host makes, with their types (`>` before results). */
export const callbackSignatures = {
  proxy_on_vm_start: "ii>i",
  proxy_on_configure: "ii>i",
  proxy_on_tick: "i>",
  proxy_on_context_create: "ii>",
  proxy_on_request_headers: "iii>i",
  proxy_on_request_body: "iii>i",
  proxy_on_request_trailers: "ii>i",
  proxy_on_response_headers: "iii>i",
  proxy_on_response_body: "iii>i",
  proxy_on_response_trailers: "ii>i",
  proxy_on_http_call_response: "iiiii>",
  proxy_on_queue_ready: "ii>",
  proxy_on_done: "i>i",
  proxy_on_log: "i>",
  proxy_on_delete: "i>",
  _initialize: ">",
  _start: ">",
} as const;

export type CallbackName = keyof typeof callbackSignatures;
