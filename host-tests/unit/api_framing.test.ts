/** What is laid around a chat, by family: against renderings and counts that others made. */
import { models } from "ai-tokenizer";
import { encodeChat as encodeGpt4 } from "gpt-tokenizer/model/gpt-4";
import { encodeChat as encodeGpt4o } from "gpt-tokenizer/model/gpt-4o";
import fc from "fast-check";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ApiModule, type FramingWord } from "./api_module.ts";
import { recorded, recordedTexts } from "./api_framing_recorded.ts";
import { referenceCount } from "./bpe_module.ts";

interface Message {
  role: string;
  content?: string | null;
  name?: string;
  [member: string]: unknown;
}

let api: ApiModule;
beforeAll(async () => {
  api = await ApiModule.load();
});
beforeEach(() => {
  api.countAs();
});

const encodings = { o200k_base: 1, cl100k_base: 2 } as const;
type EncodingWord = keyof typeof encodings;

function count(
  messages: Message[],
  framing: FramingWord = "openai",
  encoding: EncodingWord = "o200k_base",
): number {
  api.countAs({ framing });
  const body = Buffer.from(JSON.stringify({ model: "m", messages }));
  const facts = api.readRequest(body, encodings[encoding]);
  expect(facts.error).toBe("None");
  return facts.promptTokens;
}

function tokensOf(messages: Message[], encoding: EncodingWord = "o200k_base"): number {
  return messages.reduce((sum, { content }) => sum + referenceCount(encoding, content ?? ""), 0);
}

const roleOf: Record<string, string> = { s: "system", u: "user", a: "assistant" };

function chatOf(chat: string): Message[] {
  return chat.split(" ").map((word) => {
    return { role: roleOf[word[0]!]!, content: recordedTexts[Number(word.slice(1))]! };
  });
}

describe("what is laid around a chat", () => {
  for (const [framing, { by, chats }] of Object.entries(recorded)) {
    it(`is for ${framing} what was recorded: ${by}`, () => {
      const ours = chats.map(([chat]) => {
        const messages = chatOf(chat);
        return [chat, count(messages, framing as FramingWord) - tokensOf(messages)];
      });
      expect(ours).toEqual(chats);
    });
  }

  it("is nothing where only texts count", () => {
    const messages = chatOf("s2 u0 a5 u1");
    expect(count(messages, "none")).toBe(tokensOf(messages));
    expect(count([{ role: "user", name: "Anna", content: "hello" }], "none")).toBe(1);
  });
});

const corporate: Message[] = [
  {
    role: "system",
    content:
      "You are a helpful, pattern-following assistant that translates corporate jargon into " +
      "plain English.",
  },
  {
    role: "system",
    name: "example_user",
    content: "New synergies will help drive top-line growth.",
  },
  {
    role: "system",
    name: "example_assistant",
    content: "Things working well together will increase revenue.",
  },
  {
    role: "system",
    name: "example_user",
    content:
      "Let's circle back when we have more bandwidth to touch base on opportunities for " +
      "increased leverage.",
  },
  {
    role: "system",
    name: "example_assistant",
    content: "Let's talk later when we're less busy about how to do better.",
  },
  {
    role: "user",
    content:
      "This late pivot means we don't have time to boil the ocean for the client deliverable.",
  },
];

describe("a chat for OpenAI's models", () => {
  it("has the tokens that the API counted in the cookbook", () => {
    expect(count(corporate, "openai", "cl100k_base")).toBe(129);
    expect(count(corporate, "openai", "o200k_base")).toBe(124);
    expect(count(corporate, "openai-0301", "cl100k_base")).toBe(127);
  });

  it("has the tokens that gpt-tokenizer makes of it", () => {
    const word = fc.string({ unit: "grapheme-ascii", maxLength: 30 });
    const message = fc.record({
      role: fc.constantFrom("user" as const, "assistant" as const, "system" as const),
      content: word,
    });
    fc.assert(
      fc.property(fc.array(message, { minLength: 1, maxLength: 6 }), (messages) => {
        expect(count(messages)).toBe(encodeGpt4o(messages).length);
        expect(count(messages, "openai", "cl100k_base")).toBe(encodeGpt4(messages).length);
      }),
      { numRuns: 300, seed: 20260201 },
    );
  });

  it("has the tokens that the API counted for ai-tokenizer", () => {
    const messages = [{ role: "user", content: "a" }];
    const three = [
      ...messages,
      { role: "assistant", content: "b" },
      { role: "user", content: "c" },
    ];
    for (const [name, framing] of [
      ["openai/gpt-4o", "openai"],
      ["openai/gpt-4.1", "openai"],
      ["openai/gpt-5", "openai-reasoning"],
      ["openai/o3", "openai-reasoning"],
      ["openai/o4-mini", "openai-reasoning"],
    ] as const) {
      const { baseOverhead, perMessage } = models[name].tokens;
      expect(count(messages, framing)).toBe(baseOverhead + 2);
      // Two messages more, each with its role and its text; the constant is their rounded mean.
      expect(count(three, framing)).toBe(baseOverhead + 2 + 2 * perMessage + 4);
    }
  });

  it("counts roles and names by their own tokens", () => {
    expect(count([{ role: "user", content: "hello" }])).toBe(8);
    const odd = "a role that nobody knows of";
    expect(count([{ role: odd, content: "hello" }])).toBe(7 + referenceCount("o200k_base", odd));
    expect(count([{ role: "user", name: "Jürgen", content: "hello" }])).toBe(
      8 + 1 + referenceCount("o200k_base", "Jürgen"),
    );
  });
});

describe("what models thought before", () => {
  const thought = "Let me think about that.";
  const asked = { role: "user", content: "hello" };
  const said = { role: "assistant", content: "OK", reasoning_content: thought };
  const tokens = referenceCount("o200k_base", thought);

  it("counts where a family is given it back", () => {
    const bare = { role: "assistant", content: "OK" };
    for (const [framing, frame] of [
      ["openai", 0],
      ["none", 0],
      ["chatml", 4],
      ["harmony", 6],
    ] as const) {
      expect(count([asked, said], framing)).toBe(count([asked, bare], framing) + tokens + frame);
    }
  });

  it("does not count behind the back of the last user where only the latest is given", () => {
    const bare = { role: "assistant", content: "OK" };
    for (const framing of ["chatml", "harmony", "llama3.1", "deepseek", "mistral"] as const) {
      expect(count([asked, said, asked], framing)).toBe(count([asked, bare, asked], framing));
    }
    // By Qwen3's template and tokenizer.
    const latest = { ...said, reasoning_content: "It is quite simple." };
    const texts = tokensOf([asked, bare, asked, bare]);
    const own = referenceCount("o200k_base", latest.reasoning_content);
    expect(count([asked, said, asked, latest], "chatml") - texts - own).toBe(27);
  });
});

describe("calls of tools in a chat", () => {
  const call = { function: { name: "get_weather", arguments: '{"city": "Paris", "days": 3}' } };
  const { name, arguments: given } = call.function;
  const asked = { role: "user", content: "What is the weather like today?" };
  const result = { role: "tool", tool_call_id: "c1", content: '{"sky":"clear"}' };
  const calls = (times: number): Message[] => [
    asked,
    { role: "assistant", content: "", tool_calls: Array(times).fill(call) },
    ...Array(times).fill(result),
  ];
  const texts = (times: number): number =>
    tokensOf(calls(times)) +
    times * (referenceCount("o200k_base", name) + referenceCount("o200k_base", given));

  // Beside the texts, by the templates and renderers named above.
  for (const [framing, once, twice] of [
    ["chatml", 32, 48],
    ["llama3.1", 54, undefined],
    ["deepseek", 17, 32],
    ["mistral", 38, 71],
    ["harmony", 92, 117],
  ] as const) {
    it(`cost about what ${framing} makes of them`, () => {
      const ours = [1, 2].map((times) => count(calls(times), framing) - texts(times));
      expect(Math.abs(ours[0]! - once)).toBeLessThanOrEqual(1);
      if (twice !== undefined) expect(Math.abs(ours[1]! - twice)).toBeLessThanOrEqual(3);
    });
  }

  it("cost what OpenAI's API counted of old functions", () => {
    const json = `{"foo": "bar", "baz": 1.5}`;
    const user = { role: "user", content: "hello world" };
    const cases: [Message[], number][] = [
      [[user, { role: "function", name: "do_stuff", content: "{}" }], 15],
      [[user, { role: "function", name: "do_stuff", content: json }], 28],
      [
        [
          {
            role: "function",
            name: "dance_the_tango",
            content: `{"a": { "b" : { "c": false}}}`,
          },
        ],
        24,
      ],
      [
        [
          {
            role: "assistant",
            content: "",
            function_call: { name: "do_stuff", arguments: json },
          },
        ],
        26,
      ],
    ];
    for (const [messages, tokens] of cases) {
      expect(count(messages, "openai", "cl100k_base")).toBe(tokens);
    }
  });
});
