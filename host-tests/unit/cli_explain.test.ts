import { beforeAll, describe, expect, it } from "vitest";
import { promptTokens, textTokens } from "../../cli/mock/encodings.ts";
import { buildModule } from "../../tools/build.ts";
import { files, type } from "./cli_typed.ts";

const policy = `
version: 1
name: explained
anonymous: visitor
models:
  gpt-4o:
    aliases: [chat]
    encoding: o200k_base
    price: { input: "2.50", output: "10.00" }
    targets: [{ route: main, model: gpt-4o-prod }]
`;
const messages = [{ role: "user", content: "Say it, Zoë." }];
const text = "It is said: über 🎈.";
const usage = { prompt_tokens: 40, completion_tokens: 9, total_tokens: 49 };

function requestText(more: object, end = "\r\n"): string {
  const body = JSON.stringify({ messages, model: "chat", max_tokens: 77, ...more });
  const head = ["POST /v1/chat/completions HTTP/1.1", "host: api.example", "x-mine: yes"];
  return [...head, "content-type: application/json", "", body].join(end);
}

function responseText(usageSaid: object | null, end = "\r\n"): string {
  const message = { role: "assistant", content: text };
  const choices = [{ index: 0, message, finish_reason: "stop" }];
  const said = usageSaid ? { usage: usageSaid } : {};
  const body = JSON.stringify({
    object: "chat.completion",
    model: "gpt-4o-prod",
    choices,
    ...said,
  });
  return ["HTTP/1.1 200 OK", "content-type: application/json", "", body].join(end);
}

function streamText(): string {
  const events = [...text].map((content) => ({
    ...{ object: "chat.completion.chunk", model: "gpt-4o-prod" },
    choices: [{ index: 0, delta: { content } }],
  }));
  const data = [...events.map((event) => JSON.stringify(event)), "[DONE]"];
  const body = data.map((line) => `data: ${line}\n\n`).join("");
  return `HTTP/1.1 200 OK\ncontent-type: text/event-stream\n\n${body}`;
}

beforeAll(() => buildModule());

async function explain(request: string, response: string, ...more: string[]) {
  const paths = files({ "p.yaml": policy, "request.http": request, "response.http": response });
  const recording = ["--request", paths["request.http"], "--response", paths["response.http"]];
  return type("explain", "--policy", paths["p.yaml"], ...recording, ...more);
}

async function explained(request: string, response: string, ...more: string[]) {
  const { code, out, err } = await explain(request, response, "--json", ...more);
  expect({ code, err, lines: out.length }).toEqual({ code: 0, err: [], lines: 1 });
  return JSON.parse(out[0] ?? "") as Record<string, unknown>;
}

const prompt = promptTokens("gpt-4o", messages);
const own = textTokens("gpt-4o", text);

describe("tokenstile explain", () => {
  it("says what was read, decided and charged, by the provider's usage if given", async () => {
    const found = await explained(requestText({}), responseText(usage));
    expect(found).toMatchObject({
      ...{ dialect: "openai.chat", stream: false, requestedModel: "chat", model: "gpt-4o" },
      ...{ targetModel: "gpt-4o-prod", route: "main", identity: "visitor", maxOutput: 77 },
      promptTokens: prompt,
      usage: {
        input: 40,
        cachedRead: null,
        cacheWrite: null,
        output: 9,
        reasoning: null,
        total: 49,
      },
      ...{ ownOutputTokens: own, deliveredText: text, costNanoUsd: 40 * 2500 + 9 * 10_000 },
      ...{ quality: "exact", ending: "complete", decision: "admit", reason: null },
    });
  });

  it("says null where the provider said nothing, and what the own count then charges", async () => {
    const found = await explained(requestText({ stream: true }), streamText());
    const nothing = { input: null, cachedRead: null, cacheWrite: null, output: null };
    expect(found).toMatchObject({
      ...{ stream: true, usage: { ...nothing, reasoning: null, total: null } },
      ...{ ownOutputTokens: own, deliveredText: text, ending: "complete", quality: "formula" },
      costNanoUsd: prompt * 2500 + own * 10_000,
    });
  });

  it("shows what was sent on and delivered as raw messages", async () => {
    const { upstreamRequest, clientResponse } = await explained(
      requestText({}),
      responseText(usage),
    );
    const sentOn = String(upstreamRequest);
    expect(sentOn).toMatch(/^POST \/v1\/chat\/completions HTTP\/1\.1\r\nhost: api\.example\r\n/);
    expect(sentOn).toContain("\r\nx-mine: yes\r\n");
    expect(sentOn).toContain("\r\nx-tokenstile-route: main\r\n");
    expect(sentOn).toContain(
      `\r\n\r\n{"messages":${JSON.stringify(messages)},"model":"gpt-4o-prod"`,
    );
    expect(clientResponse).toMatch(/^HTTP\/1\.1 200\r\ncontent-type: application\/json\r\n/);
    expect(clientResponse).toContain('"model":"chat"');
  });

  it("says the same at every cut and with either line end", async () => {
    const whole = await explained(requestText({ stream: true }), streamText());
    for (const chunk of ["1", "2", "3", "7", "64"]) {
      const cut = await explained(requestText({ stream: true }), streamText(), "--chunk", chunk);
      expect(cut).toEqual(whole);
    }
    const lines = await explained(requestText({}, "\n"), responseText(usage, "\n"));
    expect(lines).toEqual(await explained(requestText({}), responseText(usage)));
  });

  it("explains a refusal, of which nothing is sent on", async () => {
    const found = await explained(requestText({ model: "gpt-99" }), responseText(usage));
    const usageUnsaid = { input: null, output: null, total: null };
    expect(found).toMatchObject({ decision: "deny", ending: "denied", usage: usageUnsaid });
    expect(found).toMatchObject({ reason: "model_not_found", upstreamRequest: null });
    expect(found.clientResponse).toMatch(/^HTTP\/1\.1 404\r\n/);
  });

  it("explains a request that is none for a model", async () => {
    const found = await explained("GET /health HTTP/1.1\n\n", "HTTP/1.1 204 No Content\n\n");
    expect(found).toMatchObject({
      dialect: null,
      model: null,
      promptTokens: null,
      costNanoUsd: null,
    });
    expect(found.upstreamRequest).toMatch(/^GET \/health HTTP\/1\.1\r\n/);
    expect(found.clientResponse).toMatch(/^HTTP\/1\.1 204\r\n/);
  });

  it("reads well, and tells on standard error what it had to put right", async () => {
    const wrong = responseText(usage).replace("\r\n\r\n", "\r\ncontent-length: 3\r\n\r\n");
    const { code, out, err } = await explain(requestText({}), wrong);
    expect(code).toBe(0);
    expect(err[0]).toContain("content-length says 3, but the body has");
    const report = out.join("\n");
    expect(report).toMatch(/Read\n[^]*Decided\n[^]*Sent on\n[^]*Delivered\n[^]*Charged\n/);
    expect(report).toContain("input 40, output 9, total 49");
    expect(report).toContain("0.000190000 USD");
  });

  it("refuses a policy that the module refuses, with the module's reasons", async () => {
    const paths = files({
      "p.yaml": "version: 2\n",
      "r.http": requestText({}),
      "s.http": streamText(),
    });
    const recording = ["--request", paths["r.http"], "--response", paths["s.http"]];
    const { code, err } = await type("explain", "--policy", paths["p.yaml"], ...recording);
    expect(code).toBe(1);
    expect(err.join("\n")).toContain("policy.version");
  });

  it.each(["0", "-1", "x", "1.5"])("refuses --chunk %s", async (chunk) => {
    const { code, err } = await explain(requestText({}), streamText(), `--chunk=${chunk}`);
    expect(code).toBe(2);
    expect(err[0]).toContain("--chunk needs a whole number from 1");
  });
});
