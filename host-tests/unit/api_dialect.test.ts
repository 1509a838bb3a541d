import { beforeAll, describe, expect, it } from "vitest";
import { ApiModule, type DialectName } from "./api_module.ts";

let api: ApiModule;
beforeAll(async () => {
  api = await ApiModule.load();
});

function dialectOf(path: string, how = {}): DialectName {
  return api.path(Buffer.from(path, "latin1"), how)!.dialect;
}

const unmetered = [
  "/v1/completions",
  "/completion",
  "/v1/responses",
  "/v1/responses/compact",
  "/v1/embeddings",
  "/embedding",
  "/v1/messages",
  "/v1/realtime",
  "/v1/audio/speech",
  "/v1/audio/transcriptions",
  "/v1/audio/translations",
  "/v1/images/generations",
  "/v1/images/edits",
  "/v1/images/variations",
  "/v1/videos",
  "/v1/moderations",
  "/v2/rerank",
  "/score",
  "/generate",
  "/generate_stream",
  "/infill",
  "/invocations",
  "/v1/batches",
  "/v1/messages/batches",
  "/v1/threads/t/runs",
  "/v1/edits",
  "/v2/chat",
  "/api/chat",
  "/api/generate",
  "/api/embed",
  "/v1beta/interactions",
  "/v1beta/models/gemini-2.0-flash:generateContent",
  "/v1beta/models/gemini-2.0-flash:streamGenerateContent",
  "/v1/models/text-embedding:embedContent",
  "/v1/models/text-embedding:batchEmbedContents",
  "/v1/publishers/google/models/x:predict",
  "/v1/publishers/anthropic/models/x:rawPredict",
  "/v1/publishers/anthropic/models/x:streamRawPredict",
  "/ws/google.ai.v1.GenerativeService.BidiGenerateContent",
  "/model/a.b-v1:0/converse",
  "/model/a.b-v1:0/converse-stream",
  "/model/a.b-v1:0/invoke",
  "/model/a.b-v1:0/async-invoke",
  "/model/a.b-v1:0/invoke-with-response-stream",
  // The model is in the path, whatever the body says.
  "/openai/deployments/gpt-4o/chat/completions",
  "/Deployments/gpt-4o/chat/completions",
  "/engines/gpt-4o/chat/completions",
];
const metered = [
  "/chat/completions",
  "/v1/chat/completions",
  "/deployment/x/chat/completions",
  "/v1/engine/chat/completions",
];

const other = [
  "",
  "/",
  "/v1",
  "/v1/models",
  "/v1/chat",
  "/chat",
  "/v1/chat/completionss",
  "/v1/chat/completions/chatcmpl-1",
  "/v1/chat/completionsx",
  "/v1/chat.completions",
  "/v1/chat-completions",
  "/v1/xcompletions",
  "chat.completions",
  "/v1/messages/count_tokens",
  "/v1/embeddings/x",
  "/v1/files",
  "/api/chats",
  "/models/x:generateContents",
  "/models/x/generateContent",
  "/reconverse",
  "/invoke/x",
  "/openai/deployments/gpt-4o",
];

const prefixes = ["", "/openai", "/a/b/c", "/openai/deployment/gpt-4o", "/v1/v1", "/x.y"];

/** Other spellings of a path, each read by some server as the path itself. */
const tricks: ((path: string) => string)[] = [
  (path) => `${path}/`,
  (path) => `${path}//`,
  (path) => path.replaceAll("/", "//"),
  (path) => `${path}?a=/b`,
  (path) => `${path}#b`,
  (path) => path.toUpperCase(),
  (path) => path.replaceAll("/", "/./"),
  (path) => path.replace(/\/([^/]+)$/, "/x/../$1"),
  (path) => `${path}/x/..`,
  (path) => `/..${path}`,
  (path) => path.replace(/\/([^/]+)$/, "%2F$1"),
  (path) => path.replace(/\/([^/]+)$/, "%25252f$1"),
  (path) => path.replace(/\/([^/]+)$/, "\\$1"),
  (path) => path.replace(/\/([^/]+)$/, "%5c$1"),
  (path) => path.replaceAll(/[a-z](?=[a-z]*$)/gi, (c) => `%${c.charCodeAt(0).toString(16)}`),
  (path) => path.replaceAll(/[a-z](?=[a-z]*$)/gi, (c) => `%25${c.charCodeAt(0).toString(16)}`),
  (path) => `${path};jsessionid=1`,
  (path) => path.replaceAll(/([a-z])\//g, "$1;a=b/"),
  (path) => `${path}%0a`,
  (path) => `${path}%0D%0A`,
  (path) => `${path}%20`,
  (path) => `${path}%00`,
  (path) => `${path}%00.png`,
  (path) => `${path}%3fx`,
  (path) => `${path}%23x`,
];

describe("a dialect", () => {
  it("is told by the end of the path, below any prefix, in any spelling", () => {
    for (const prefix of prefixes) {
      for (const trick of [(path: string) => path, ...tricks]) {
        for (const path of metered) {
          const spelt = trick(prefix + path);
          expect(`${spelt} ${dialectOf(spelt)}`).toBe(`${spelt} OpenAiChat`);
        }
        for (const path of unmetered) {
          const spelt = trick(prefix + path);
          expect(`${spelt} ${dialectOf(spelt)}`).toBe(`${spelt} Unmetered`);
        }
      }
    }
  });

  it("is none for what only resembles an endpoint", () => {
    for (const path of other) expect(`${path} ${dialectOf(path)}`).toBe(`${path} None`);
  });

  it("is none without a body or an upgrade", () => {
    for (const path of [...metered, ...unmetered]) {
      expect(dialectOf(path, { sendsBody: false })).toBe("None");
      expect(dialectOf(path, { sendsBody: false, upgrades: true })).toBe("Unmetered");
      expect(dialectOf(path, { sendsBody: true, upgrades: true })).toBe("Unmetered");
    }
    expect(dialectOf("/v1/models", { upgrades: true })).toBe("None");
  });
});

/** Every server but one sees something else in these, and one sees the endpoint. */
const ambiguous: ((path: string) => string)[] = [
  (path) => `${path}/..;/..`,
  (path) => `${path}//..`,
  (path) => `${path}/x%2f../..`,
  (path) => `${path}/\\../..`,
  (path) => `${path}/%252e%252e/..`,
  (path) => `${path}/%2e%2e/..`,
  (path) => `${path}/%20/..`,
  (path) => `${path}%00/x`,
  (path) => `${path}%3f/x`,
  (path) => `${path}%23/x`,
  (path) => `${path};%2fx`,
  (path) => path.replace(/\/([^/]+)$/, "/..;/../x/$1"),
];

describe("an ambiguous path", () => {
  it("that may lead to an endpoint is not metered, so closed where the policy says so", () => {
    for (const path of [...metered, ...unmetered]) {
      for (const trick of ambiguous) {
        const spelt = trick(path);
        expect(`${spelt} ${dialectOf(spelt)}`).toBe(`${spelt} Unmetered`);
        expect(dialectOf(spelt, { sendsBody: false })).toBe("None");
      }
    }
  });

  it("that cannot is let alone", () => {
    for (const path of ["", "/static/a.css", "/v1/models", "/v1/files", "/chat"]) {
      for (const trick of ambiguous) expect(dialectOf(trick(`/static${path}`))).toBe("None");
    }
  });
});
