/**
 * A filter that does what its configuration says, to try the Node host with. Each line of the
 * configuration is `EVENT OP ARGUMENTS`, split at spaces. EVENT is a callback's name without
 * `proxy_on_`, with `$` only at the end of the stream, `!` only before it, `#N` only at its N-th
 * call on the stream. What an OP learns it writes to the log. A request may bring its own lines in
 * header `x-probe`, split at `|`; they stand in for the configuration's.
 */
type P = usize;
type N = i32;


@external("env", "proxy_log")
declare function hostLog(level: i32, text: usize, bytes: i32): i32;


@external("env", "proxy_get_header_map_value")
declare function hostHeader(map: i32, k: usize, kn: i32, v: usize, vn: usize): i32;


@external("env", "proxy_replace_header_map_value")
declare function hostReplace(map: i32, k: usize, kn: i32, v: usize, vn: i32): i32;


@external("env", "proxy_add_header_map_value")
declare function hostAdd(map: i32, k: usize, kn: i32, v: usize, vn: i32): i32;


@external("env", "proxy_remove_header_map_value")
declare function hostRemove(map: i32, k: usize, kn: i32): i32;


@external("env", "proxy_get_header_map_pairs")
declare function hostPairs(map: i32, v: usize, vn: usize): i32;


@external("env", "proxy_get_buffer_bytes")
declare function hostBuffer(type: i32, start: i32, bytes: i32, v: usize, vn: usize): i32;


@external("env", "proxy_set_buffer_bytes")
declare function hostSetBuffer(type: i32, start: i32, bytes: i32, v: usize, vn: i32): i32;


@external("env", "proxy_get_property")
declare function hostProperty(k: usize, kn: i32, v: usize, vn: usize): i32;


@external("env", "proxy_set_property")
declare function hostSetProperty(k: usize, kn: i32, v: usize, vn: i32): i32;


@external("env", "proxy_send_local_response")
declare function hostReply(
  n: i32,
  d: usize,
  dn: i32,
  b: usize,
  bn: i32,
  p: usize,
  pn: i32,
  g: i32,
): i32;


@external("env", "proxy_continue_stream")
declare function hostContinue(type: i32): i32;


@external("env", "proxy_close_stream")
declare function hostClose(type: i32): i32;


@external("env", "proxy_call_foreign_function")
declare function hostForeign(k: usize, kn: i32, a: usize, an: i32, v: usize, vn: usize): i32;


@external("env", "proxy_get_shared_data")
declare function hostShared(k: usize, kn: i32, v: usize, vn: usize, cas: usize): i32;


@external("env", "proxy_set_shared_data")
declare function hostSetShared(k: usize, kn: i32, v: usize, vn: i32, cas: i32): i32;


@external("env", "proxy_register_shared_queue")
declare function hostRegister(k: usize, kn: i32, token: usize): i32;


@external("env", "proxy_resolve_shared_queue")
declare function hostResolve(v: usize, vn: i32, k: usize, kn: i32, token: usize): i32;


@external("env", "proxy_enqueue_shared_queue")
declare function hostEnqueue(token: i32, v: usize, vn: i32): i32;


@external("env", "proxy_dequeue_shared_queue")
declare function hostDequeue(token: i32, v: usize, vn: usize): i32;


@external("env", "proxy_define_metric")
declare function hostDefine(kind: i32, k: usize, kn: i32, id: usize): i32;


@external("env", "proxy_increment_metric")
declare function hostIncrement(id: i32, delta: i64): i32;


@external("env", "proxy_record_metric")
declare function hostRecord(id: i32, value: i64): i32;


@external("env", "proxy_get_metric")
declare function hostMetric(id: i32, value: usize): i32;


@external("env", "proxy_set_tick_period_milliseconds")
declare function hostTick(ms: i32): i32;


@external("env", "proxy_get_current_time_nanoseconds")
declare function hostTime(value: usize): i32;


@external("env", "proxy_set_effective_context")
declare function hostEffective(id: i32): i32;


@external("env", "proxy_http_call")
declare function hostCall(c: P, n: N, h: P, m: N, b: P, k: N, t: P, l: N, x: N, v: P): N;

/** A property of 8 bytes below this is shown as a number. */
const smallMax: i64 = 1 << 40;

const slot = memory.data(32, 16);
const scripts = new Map<i32, string[]>();
const rootOf = new Map<i32, i32>();
const calls = new Map<string, i32>();

export function malloc(bytes: i32): usize {
  return heap.alloc(bytes);
}
export function proxy_abi_version_0_2_1(): void {}
function say(text: string): void {
  const bytes = String.UTF8.encode("probe: " + text);
  hostLog(2, changetype<usize>(bytes), bytes.byteLength);
}

/** What a call gave, or `status N`. */
function given(status: i32): string {
  if (status != 0) return "status " + status.toString();
  const bytes = load<u32>(slot + 4);
  return "'" + String.UTF8.decodeUnsafe(load<u32>(slot), bytes) + "'";
}

/** An argument: `~` is NUL, `^n` and `^r` are line ends, `_` alone is empty. */
function bytesOf(text: string): ArrayBuffer {
  const plain = text == "_" ? "" : text.replaceAll("^n", "\n").replaceAll("^r", "\r");
  return String.UTF8.encode(plain.replaceAll("~", "\0"));
}

function pairsOf(names: string[], values: string[]): ArrayBuffer {
  let bytes = 4 + names.length * 8;
  for (let i = 0; i < names.length; i++) bytes += names[i].length + values[i].length + 2;
  const out = new ArrayBuffer(bytes);
  const base = changetype<usize>(out);
  store<u32>(base, names.length);
  let at = base + 4 + names.length * 8;
  for (let i = 0; i < names.length; i++) {
    store<u32>(base + 4 + i * 8, names[i].length);
    store<u32>(base + 8 + i * 8, values[i].length);
    at += String.UTF8.encodeUnsafe(changetype<usize>(names[i]), names[i].length, at) + 1;
    at += String.UTF8.encodeUnsafe(changetype<usize>(values[i]), values[i].length, at) + 1;
  }
  return out;
}

function applies(pattern: string, event: string, endOfStream: bool, nth: i32): bool {
  const hash = pattern.indexOf("#");
  let name = hash < 0 ? pattern : pattern.substring(0, hash);
  if (hash >= 0 && I32.parseInt(pattern.substring(hash + 1)) != nth) return false;
  if (name.endsWith("$")) return endOfStream && name == event + "$";
  if (name.endsWith("!")) return !endOfStream && name == event + "!";
  return name == event;
}

function run(context: i32, event: string, size: i32, endOfStream: bool, fallback: i32): i32 {
  const root = rootOf.has(context) && !scripts.has(context) ? rootOf.get(context) : context;
  if (!scripts.has(root)) return fallback;
  const key = context.toString() + event;
  const nth = (calls.has(key) ? calls.get(key) : 0) + 1;
  calls.set(key, nth);
  const lines = scripts.get(root);
  let result = fallback;
  for (let i = 0; i < lines.length; i++) {
    const words = lines[i].trim().split(" ");
    if (words.length < 2 || !applies(words[0], event, endOfStream, nth)) continue;
    if (words[1] == "ret") result = I32.parseInt(words[2]);
    else if (words[1] == "say") say(event + " " + size.toString() + (endOfStream ? " eos" : ""));
    else op(context, words);
  }
  return result;
}

function op(context: i32, words: string[]): void {
  const name = words[1];
  if (name == "trap") unreachable();
  const a = words.length > 2 ? words[2] : "";
  const b = words.length > 3 ? words[3] : "";
  const c = words.length > 4 ? words.slice(4).join(" ") : "";
  if (headerOp(name, a, b, c) || bodyOp(name, a, b, words) || dataOp(name, a, b, c)) return;
  streamOp(context, name, a, b, c);
}

function headerOp(name: string, a: string, b: string, c: string): bool {
  const map = I32.parseInt(a);
  const key = bytesOf(b);
  const k = changetype<usize>(key);
  const value = bytesOf(c);
  const v = changetype<usize>(value);
  if (name == "get") {
    say("get " + b + " = " + given(hostHeader(map, k, key.byteLength, slot, slot + 4)));
  } else if (name == "set") {
    say("set " + b + " " + hostReplace(map, k, key.byteLength, v, value.byteLength).toString());
  } else if (name == "add") {
    say("add " + b + " " + hostAdd(map, k, key.byteLength, v, value.byteLength).toString());
  } else if (name == "del") {
    say("del " + b + " " + hostRemove(map, k, key.byteLength).toString());
  } else if (name == "pairs") {
    const status = hostPairs(map, slot, slot + 4);
    const count = status == 0 && load<u32>(slot) != 0 ? load<u32>(load<u32>(slot)) : 0;
    say("pairs " + a + " " + status.toString() + " " + count.toString());
  } else return false;
  return true;
}

function bodyOp(name: string, a: string, b: string, words: string[]): bool {
  if (name != "body" && name != "put") return false;
  const type = I32.parseInt(a);
  const start = I32.parseInt(b);
  const bytes = <i32>I64.parseInt(words[4]);
  if (name == "body") {
    say("body " + given(hostBuffer(type, start, bytes, slot, slot + 4)));
  } else {
    const data = bytesOf(words.slice(5).join(" "));
    const from = changetype<usize>(data);
    say("put " + hostSetBuffer(type, start, bytes, from, data.byteLength).toString());
  }
  return true;
}

function dataOp(name: string, a: string, b: string, c: string): bool {
  const key = bytesOf(a);
  const value = bytesOf(b);
  const k = changetype<usize>(key);
  const v = changetype<usize>(value);
  const kn = key.byteLength;
  const vn = value.byteLength;
  if (name == "prop") {
    const status = hostProperty(k, kn, slot, slot + 4);
    const number = status == 0 && load<u32>(slot + 4) == 8 ? load<i64>(load<u32>(slot)) : -1;
    const text = number >= 0 && number < smallMax ? "i64 " + number.toString() : given(status);
    say("prop " + a + " = " + text);
  } else if (name == "pset") {
    say("pset " + hostSetProperty(k, kn, v, vn).toString());
  } else if (name == "shared") {
    const text = given(hostShared(k, kn, slot, slot + 4, slot + 8));
    say("shared " + text + " cas " + load<u32>(slot + 8).toString());
  } else if (name == "share") {
    say("share " + hostSetShared(k, kn, v, vn, I32.parseInt(c)).toString());
  } else if (name == "foreign") {
    store<u64>(slot, 0);
    say("foreign " + given(hostForeign(k, kn, v, vn, slot, slot + 4)));
  } else if (name == "register") {
    const status = hostRegister(k, kn, slot);
    say("register " + status.toString() + " " + load<u32>(slot).toString());
  } else if (name == "send") {
    const found = hostResolve(k, 0, k, kn, slot) == 0 ? load<u32>(slot) : 0;
    say("send " + hostEnqueue(found, v, vn).toString());
  } else if (name == "metric") {
    const kind = I32.parseInt(b);
    hostDefine(kind, k, kn, slot);
    const id = load<u32>(slot);
    const delta = I64.parseInt(c.startsWith("=") ? c.substring(1) : c);
    const first = c.startsWith("=") ? hostRecord(id, delta) : hostIncrement(id, delta);
    const second = hostMetric(id, slot);
    const value = load<i64>(slot).toString();
    say("metric " + id.toString() + " " + [first, second].join(" ") + " " + value);
  } else return false;
  return true;
}

function streamOp(context: i32, name: string, a: string, b: string, c: string): void {
  const details = bytesOf(b.replaceAll("+", " "));
  const body = bytesOf(c);
  if (name == "reply") {
    const pairs = pairsOf(["x-reply"], ["probe"]);
    const d = changetype<usize>(details);
    const t = changetype<usize>(body);
    const p = changetype<usize>(pairs);
    const sizes = [details.byteLength, body.byteLength, pairs.byteLength];
    const status = hostReply(I32.parseInt(a), d, sizes[0], t, sizes[1], p, sizes[2], -1);
    say("reply " + status.toString());
  } else if (name == "continue") say("continue " + hostContinue(I32.parseInt(a)).toString());
  else if (name == "close") say("close " + hostClose(I32.parseInt(a)).toString());
  else if (name == "effective") say("effective " + hostEffective(I32.parseInt(a)).toString());
  else if (name == "tick") say("tick " + hostTick(I32.parseInt(a)).toString());
  else if (name == "wild") say("wild " + hostHeader(0, -8, 64, slot, slot + 4).toString());
  else if (name == "time") {
    hostTime(slot);
    say("time " + load<u64>(slot).toString());
  } else if (name == "call") {
    const cluster = bytesOf(a);
    const headers = pairsOf([":path", ":method", ":authority"], ["/x", "GET", "x"]);
    const sizes = [cluster.byteLength, headers.byteLength];
    const h = changetype<usize>(headers);
    const from = changetype<usize>(cluster);
    const status = hostCall(from, sizes[0], h, sizes[1], 0, 0, 0, 0, 100, slot);
    say("call " + status.toString());
  } else if (name == "take") {
    const text = given(hostDequeue(I32.parseInt(a), slot, slot + 4));
    say("take " + text);
    if (b != "release" || !text.startsWith("'")) return;
    const words = text.substring(1, text.length - 1).split("/");
    say("effective " + hostEffective(I32.parseInt(words[0])).toString());
    headerOp("set", "0", "x-model", words[1]);
    say("continue " + hostContinue(0).toString());
  } else if (name == "tell") {
    const key = bytesOf("filter_state~wasm.twin.holder");
    if (hostProperty(changetype<usize>(key), key.byteLength, slot, slot + 4) != 0) return;
    const holder = String.UTF8.decodeUnsafe(load<u32>(slot), load<u32>(slot + 4));
    dataOp("send", a, holder + "/" + b, "");
  } else if (name == "hold") {
    dataOp("pset", "twin.holder", context.toString(), "");
  } else say("no such op: " + name);
}
export function proxy_on_context_create(context: i32, root: i32): void {
  if (root != 0) rootOf.set(context, root);
  run(context, "context_create", 0, false, 0);
}
export function proxy_on_vm_start(root: i32, bytes: i32): i32 {
  return run(root, "vm_start", bytes, false, 1);
}

/** The lines of plain text, or of `{"script":"LINES"}`, whose line ends are escaped. */
function scriptOf(text: string): string[] {
  const start = text.indexOf(":");
  if (!text.startsWith("{") || start < 0) return text.split("\n");
  return text.substring(text.indexOf('"', start) + 1, text.lastIndexOf('"')).split("\\n");
}
export function proxy_on_configure(root: i32, bytes: i32): i32 {
  hostBuffer(7, 0, bytes, slot, slot + 4);
  const text = String.UTF8.decodeUnsafe(load<u32>(slot), load<u32>(slot + 4));
  scripts.set(root, scriptOf(text));
  return run(root, "configure", bytes, false, 1);
}
export function proxy_on_request_headers(context: i32, count: i32, end: i32): i32 {
  const name = String.UTF8.encode("x-probe");
  if (hostHeader(0, changetype<usize>(name), name.byteLength, slot, slot + 4) == 0) {
    const text = String.UTF8.decodeUnsafe(load<u32>(slot), load<u32>(slot + 4));
    scripts.set(context, text.split("|"));
  }
  return run(context, "request_headers", count, end != 0, 0);
}
export function proxy_on_request_body(context: i32, bytes: i32, end: i32): i32 {
  return run(context, "request_body", bytes, end != 0, 0);
}
export function proxy_on_request_trailers(context: i32, count: i32): i32 {
  return run(context, "request_trailers", count, false, 0);
}
export function proxy_on_response_headers(context: i32, count: i32, end: i32): i32 {
  return run(context, "response_headers", count, end != 0, 0);
}
export function proxy_on_response_body(context: i32, bytes: i32, end: i32): i32 {
  return run(context, "response_body", bytes, end != 0, 0);
}
export function proxy_on_response_trailers(context: i32, count: i32): i32 {
  return run(context, "response_trailers", count, false, 0);
}
export function proxy_on_http_call_response(root: i32, t: i32, h: i32, b: i32, n: i32): void {
  run(root, "http_call_response", b, false, 0);
}
export function proxy_on_queue_ready(root: i32, token: i32): void {
  run(root, "queue_ready", token, false, 0);
}
export function proxy_on_tick(root: i32): void {
  run(root, "tick", 0, false, 0);
}
export function proxy_on_log(context: i32): void {
  run(context, "log", 0, false, 0);
}
export function proxy_on_done(context: i32): i32 {
  return run(context, "done", 0, false, 1);
}
export function proxy_on_delete(context: i32): void {
  run(context, "delete", 0, false, 0);
  rootOf.delete(context);
  scripts.delete(context);
}
