import { equalsAsciiIgnoreCase } from "../bytes/ascii";

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
 * read a body as JSON whatever it says.
 */
export function dialectOf(isPost: bool, upgrades: bool, path: usize, bytes: u32): Dialect {
  if (!isPost && !upgrades) return Dialect.None;
  if (endsWith(path, bytes, "/chat/completions")) {
    return upgrades ? Dialect.Unmetered : Dialect.OpenAiChat;
  }
  return isUnmetered(path, bytes) ? Dialect.Unmetered : Dialect.None;
}

/** Endpoints at which tokens are spent in forms that are not read yet. */
function isUnmetered(path: usize, bytes: u32): bool {
  return (
    endsWith(path, bytes, "/v1/completions") ||
    endsWith(path, bytes, "/v1/responses") ||
    endsWith(path, bytes, "/v1/embeddings") ||
    endsWith(path, bytes, "/v1/messages") ||
    endsWith(path, bytes, "/v1/realtime") ||
    endsWith(path, bytes, "/v1/audio/speech") ||
    endsWith(path, bytes, "/v1/audio/transcriptions") ||
    endsWith(path, bytes, "/v1/audio/translations") ||
    endsWith(path, bytes, "/v1/images/generations") ||
    endsWith(path, bytes, "/v1/images/edits") ||
    endsWith(path, bytes, "/v1/moderations") ||
    endsWith(path, bytes, "/v1/rerank") ||
    endsWith(path, bytes, "/v2/chat") ||
    endsWith(path, bytes, "/api/chat") ||
    endsWith(path, bytes, "/api/generate") ||
    endsWith(path, bytes, "/api/embed") ||
    endsWith(path, bytes, ":generatecontent") ||
    endsWith(path, bytes, ":streamgeneratecontent") ||
    endsWith(path, bytes, ":embedcontent") ||
    endsWith(path, bytes, "/converse") ||
    endsWith(path, bytes, "/converse-stream") ||
    endsWith(path, bytes, "/invoke") ||
    endsWith(path, bytes, "/invoke-with-response-stream")
  );
}

function endsWith(path: usize, bytes: u32, suffix: string): bool {
  const suffixBytes = <u32>suffix.length;
  if (bytes < suffixBytes) return false;
  return equalsAsciiIgnoreCase(path + bytes - suffixBytes, suffixBytes, suffix);
}
