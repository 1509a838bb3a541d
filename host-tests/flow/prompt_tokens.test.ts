/**
 * The prompt's tokens, told to the upstream and the log: the reference encoder plus the framing.
 */
import { describe, expect } from "vitest";
import { type ModelName, tokensOf } from "./account.ts";
import { ask, taken, valuesOf } from "./chat_flow.ts";
import { chatAnswer, chatSetup } from "./chat_setup.ts";
import { type Flow, onBothHosts } from "./world_flow.ts";

const texts = [
  "",
  " ",
  "Say this is a test",
  "The quick brown fox jumps over the lazy dog. ".repeat(20),
  "Größenwahn, señor! Ça va? Œuvre naïve.",
  "これはテストです。今日はいい天気ですね。",
  "这是一个测试。人工智能正在改变世界。",
  "Привет, мир! Как дела сегодня?",
  "مرحبا بالعالم، كيف حالك؟",
  "हिन्दी में एक वाक्य। ไทยก็เช่นกัน",
  "👩‍👩‍👧‍👦 🇩🇪 👍🏽 e\u0301 \u200b\u00a0",
  "function f(x) {\r\n\treturn x?.['a'] ?? 0; // 3.14159\n}\n\n\n",
  "<|endoftext|> <|im_start|>user",
  "AAAA".repeat(300) + "____".repeat(100) + " ".repeat(200) + "0".repeat(100),
];

interface Message {
  role: string;
  content?: string | null | { type: string; text?: string }[];
  name?: string;
}

/** By OpenAI's published rule: 3 for each message, 1 more for a name, 3 that prime the answer. */
function counted(messages: Message[], model: ModelName): number {
  let tokens = 3;
  for (const { role, content, name } of messages) {
    tokens += 3 + tokensOf(role, model);
    if (name !== undefined) tokens += 1 + tokensOf(name, model);
    const parts = typeof content === "string" ? [{ text: content }] : (content ?? []);
    for (const { text = "" } of parts) tokens += tokensOf(text, model);
  }
  return tokens;
}

const clusters = { "gpt-4o": "openai", "gpt-4": "azure" } satisfies Record<ModelName, string>;

/** What the upstream was told of a body, and the log must say the same. */
async function told(flow: Flow, model: ModelName, body: string): Promise<number> {
  flow.providers[clusters[model]]?.queue(chatAnswer());
  const { log } = await ask(flow, body);
  const header = valuesOf(taken(flow, clusters[model]).headers, "x-tokenstile-prompt-tokens");
  expect(header).toEqual([log.prompt_tokens]);
  return Number(header[0]);
}

async function expectCounted(flow: Flow, messages: Message[]): Promise<void> {
  for (const model of ["gpt-4o", "gpt-4"] as const) {
    const expected = counted(messages, model);
    expect(await told(flow, model, JSON.stringify({ messages, model }))).toBe(expected);
    expect(await told(flow, model, JSON.stringify({ model, messages }))).toBe(expected);
  }
}

describe("the prompt's tokens", () => {
  onBothHosts("of texts in many languages", chatSetup(), async (flow) => {
    for (const content of texts) await expectCounted(flow, [{ role: "user", content }]);
  });

  onBothHosts("of a whole conversation", chatSetup(), async (flow) => {
    const roles = ["system", "user", "assistant", "developer"];
    const messages = texts.map((content, at) => ({ role: roles[at % 4] ?? "", content }));
    await expectCounted(flow, messages);
  });

  onBothHosts("of names, parts and empty contents", chatSetup(), async (flow) => {
    const parts = texts.slice(2, 6).map((text) => ({ type: "text", text }));
    await expectCounted(flow, [
      { role: "user", name: "Jürgen_1", content: parts },
      { role: "assistant", content: null },
      { role: "assistant" },
      { role: "user", content: [] },
    ]);
    await expectCounted(flow, []);
  });

  onBothHosts("of escaped texts", chatSetup(), async (flow) => {
    const escaped = (text: string): string => {
      return [...Array(text.length).keys()]
        .map((at) => `\\u${text.charCodeAt(at).toString(16).padStart(4, "0")}`)
        .join("");
    };
    for (const content of texts.slice(0, 11)) {
      const body = `{"messages":[{"role":"\\u0075ser","content":"${escaped(content)}"}],`;
      const expected = counted([{ role: "user", content }], "gpt-4o");
      expect(await told(flow, "gpt-4o", `${body}"model":"gpt-4o"}`)).toBe(expected);
    }
  });

  onBothHosts("of tool calls", chatSetup(), async (flow) => {
    const call = { name: "weather", arguments: '{"city":"Zürich","days":3}' };
    const called = { id: "call_1", type: "function", function: call };
    const messages = [
      { role: "user", content: "How is the weather?" },
      { role: "assistant", content: null, tool_calls: [called, called] },
      { role: "tool", tool_call_id: "call_1", content: '{"sky":"clear"}' },
    ];
    const words = tokensOf(call.name) + tokensOf(call.arguments);
    const tokens = await told(flow, "gpt-4o", JSON.stringify({ messages, model: "gpt-4o" }));
    expect(tokens).toBe(counted(messages, "gpt-4o") + 2 * (3 + words));
  });

  onBothHosts("of images, by detail", chatSetup(), async (flow) => {
    const text = { type: "text", text: "What is this?" };
    const image = (image_url: unknown): object => ({ type: "image_url", image_url });
    const url = "data:image/png;base64,AAAA";
    for (const [part, tokens] of [
      [image({ url, detail: "low" }), 85],
      [image({ detail: "high", url }), 765],
      [image({ url }), 765],
      [image(url), 765],
    ] as const) {
      const body = { messages: [{ role: "user", content: [text, part] }], model: "gpt-4o" };
      const expected = counted([{ role: "user", content: [text] }], "gpt-4o") + tokens;
      expect(await told(flow, "gpt-4o", JSON.stringify(body))).toBe(expected);
    }
  });

  onBothHosts("of nothing that is a setting", chatSetup(), async (flow) => {
    const settings = { user: "someone", stop: ["a", "b"], seed: 7, logit_bias: { "1": 2 } };
    const body = { ...settings, messages: [{ role: "user", content: "Hi" }], model: "gpt-4o" };
    const expected = counted(body.messages, "gpt-4o");
    expect(await told(flow, "gpt-4o", JSON.stringify(body))).toBe(expected);
  });

  onBothHosts("of what is not read are an estimate", chatSetup(), async (flow) => {
    const messages = [{ role: "user", content: "Hi" }];
    const unread = JSON.stringify([{ role: "user", content: "x".repeat(1000) }]);
    const body = `{"messages":${JSON.stringify(messages)},"input":${unread},"model":"gpt-4o"}`;
    const expected = counted(messages, "gpt-4o") + Math.ceil(unread.length / 4);
    expect(await told(flow, "gpt-4o", body)).toBe(expected);
    flow.provider.queue(chatAnswer({ usage: undefined }));
    expect((await ask(flow, body)).log.quality).toBe("estimate");
  });
});
