import { equalsAsciiIgnoreCase, toLowerAscii } from "../bytes/ascii";

/** The wire form of a request, which says where its model, text and usage live. */
export const enum Dialect {
  /** Not LLM traffic: none of our business. */
  None,
  /** An LLM endpoint that this version does not meter. */
  Unmetered,
  OpenAiChat,
}

/** The dialect's name in log and metrics. */
export function dialectName(dialect: Dialect): string {
  return dialect == Dialect.OpenAiChat ? "openai.chat" : "unmetered";
}

/**
 * The dialect of a request by method and normalised path (see `path.ts`). A gateway may mount an
 * API below any prefix, so paths are matched at their end. The content type is no evidence: servers
 * read a body as JSON whatever it says. An ambiguous path that may lead to an endpoint is not
 * metered: no two servers would agree on what it asks for.
 */
export function dialectOf(
  sendsBody: bool,
  upgrades: bool,
  path: usize,
  bytes: u32,
  ambiguous: bool,
): Dialect {
  if (!sendsBody && !upgrades) return Dialect.None;
  if (names(path, bytes, "/chat/completions", ambiguous)) {
    const readable = !upgrades && !ambiguous && !namesModel(path, bytes);
    return readable ? Dialect.OpenAiChat : Dialect.Unmetered;
  }
  return isUnmetered(path, bytes, ambiguous) ? Dialect.Unmetered : Dialect.None;
}

/**
 * Endpoints of LLM servers at which tokens are spent in forms that are not read yet, whatever they
 * are mounted below.
 */
function isUnmetered(path: usize, bytes: u32, ambiguous: bool): bool {
  return (
    names(path, bytes, "/completions", ambiguous) ||
    names(path, bytes, "/completion", ambiguous) ||
    names(path, bytes, "/responses", ambiguous) ||
    names(path, bytes, "/compact", ambiguous) ||
    names(path, bytes, "/embeddings", ambiguous) ||
    names(path, bytes, "/embedding", ambiguous) ||
    names(path, bytes, "/messages", ambiguous) ||
    names(path, bytes, "/realtime", ambiguous) ||
    names(path, bytes, "/speech", ambiguous) ||
    names(path, bytes, "/transcriptions", ambiguous) ||
    names(path, bytes, "/translations", ambiguous) ||
    names(path, bytes, "/images/generations", ambiguous) ||
    names(path, bytes, "/images/edits", ambiguous) ||
    names(path, bytes, "/images/variations", ambiguous) ||
    names(path, bytes, "/videos", ambiguous) ||
    names(path, bytes, "/moderations", ambiguous) ||
    names(path, bytes, "/rerank", ambiguous) ||
    names(path, bytes, "/score", ambiguous) ||
    names(path, bytes, "/generate", ambiguous) ||
    names(path, bytes, "/generate_stream", ambiguous) ||
    names(path, bytes, "/infill", ambiguous) ||
    names(path, bytes, "/invocations", ambiguous) ||
    names(path, bytes, "/batches", ambiguous) ||
    names(path, bytes, "/batch", ambiguous) ||
    names(path, bytes, "/runs", ambiguous) ||
    names(path, bytes, "/edits", ambiguous) ||
    names(path, bytes, "/v2/chat", ambiguous) ||
    names(path, bytes, "/api/chat", ambiguous) ||
    names(path, bytes, "/api/embed", ambiguous) ||
    names(path, bytes, "/interactions", ambiguous) ||
    names(path, bytes, ":generatecontent", ambiguous) ||
    names(path, bytes, ":streamgeneratecontent", ambiguous) ||
    names(path, bytes, ":embedcontent", ambiguous) ||
    names(path, bytes, ":batchembedcontents", ambiguous) ||
    names(path, bytes, ":predict", ambiguous) ||
    names(path, bytes, ":rawpredict", ambiguous) ||
    names(path, bytes, ":streamrawpredict", ambiguous) ||
    names(path, bytes, "bidigeneratecontent", ambiguous) ||
    names(path, bytes, "/converse", ambiguous) ||
    names(path, bytes, "/converse-stream", ambiguous) ||
    names(path, bytes, "/invoke", ambiguous) ||
    names(path, bytes, "/async-invoke", ambiguous) ||
    names(path, bytes, "/invoke-with-response-stream", ambiguous)
  );
}

/**
 * Steps behind which a server takes the model from the path (Azure OpenAI's deployments, LiteLLM's
 * engines), whatever the body says.
 */
function namesModel(path: usize, bytes: u32): bool {
  return holdsInOrder(path, bytes, "/deployments/") || holdsInOrder(path, bytes, "/engines/");
}

/** True when the path ends so, or if it is ambiguous, when it may. */
function names(path: usize, bytes: u32, suffix: string, ambiguous: bool): bool {
  if (ambiguous) return holdsInOrder(path, bytes, suffix);
  const suffixBytes = <u32>suffix.length;
  if (bytes < suffixBytes) return false;
  return equalsAsciiIgnoreCase(path + bytes - suffixBytes, suffixBytes, suffix);
}

/** True when the steps of `suffix`, each with its slash, stand in the path one behind the other. */
function holdsInOrder(path: usize, bytes: u32, suffix: string): bool {
  const suffixBytes = <u32>suffix.length;
  let at: u32 = 0;
  let step: u32 = 0;
  while (step < suffixBytes) {
    const next = stepEnd(suffix, step);
    const stepBytes = next - step;
    while (at + stepBytes <= bytes && !stepAt(path + at, suffix, step, next)) at++;
    if (at + stepBytes > bytes) return false;
    at += stepBytes;
    step = next;
  }
  return true;
}

function stepEnd(suffix: string, start: u32): u32 {
  let end = start + 1;
  while (end < <u32>suffix.length && charAt(suffix, end) != 0x2f) end++;
  return end;
}

function stepAt(ptr: usize, suffix: string, start: u32, end: u32): bool {
  for (let i = start; i < end; i++) {
    if (toLowerAscii(load<u8>(ptr + (i - start))) != charAt(suffix, i)) return false;
  }
  return true;
}

function charAt(text: string, index: u32): u8 {
  return <u8>load<u16>(changetype<usize>(text) + ((<usize>index) << 1));
}
