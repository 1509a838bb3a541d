import type { FramingWord } from "./api_module.ts";

/**
 * What families of models add to a chat, as others render it: tokens of the whole prompt, less
 * those of each content for itself. A chat is a list of `s`ystem, `u`ser and `a`ssistant messages,
 * each with the number of its text.
 */
export const recordedTexts = [
  "What is the weather like today?",
  "hello",
  "You are a helpful assistant.",
  "Größenwahn, señor! Ça va?",
  "これはテストです。",
  "def f(x):\n    return x ** 2",
  "1, 2, 3 and so on...",
  "OK",
  "Be brief, and name your sources:",
  "🙂 fine",
  "a\n\nb",
  "The answer is 42",
];

interface Recorded {
  /** Whose template or renderer, and which tokenizer. */
  by: string;
  chats: [chat: string, beside: number][];
}

export const recorded: Partial<Record<FramingWord, Recorded>> = {
  chatml: {
    by: "Qwen3's template, jinja2 3.1.6, tokenizers 0.23.3",
    chats: [
      ["u5", 8],
      ["s2 u6", 13],
      ["u10 a0 u1", 18],
      ["s8 u1 a5 u9", 23],
      ["u0 a8 u3 a0 u1", 28],
      ["s6 u6 a1 u3 a1 u8 a6 u0", 43],
      ["s9 s1 u3", 18],
      ["u10 u10", 13],
      ["s9 u0 u9 a9 u6", 28],
      ["u0 a3 a0 u8", 23],
    ],
  },
  deepseek: {
    by: "DeepSeek-V3's template, jinja2 3.1.6, tokenizers 0.23.3",
    chats: [
      ["u2", 3],
      ["s4 u6", 3],
      ["u2 a8 u1", 6],
      ["s9 u4 a8 u10", 6],
      ["u2 a1 u9 a9 u10", 9],
      ["s3 u5 a1 u8 a11 u1 a9 u0", 12],
      ["u10 u8", 4],
      ["s6 u5 u7 a9 u7", 7],
      ["u5 a4 a3 u2", 8],
    ],
  },
  "deepseek-v3.1": {
    by: "DeepSeek-V3.1's template, jinja2 3.1.6, tokenizers 0.23.3; </think> as one token",
    chats: [
      ["u11", 4],
      ["s3 u1", 4],
      ["u9 a4 u8", 8],
      ["s7 u5 a11 u7", 8],
      ["u4 a9 u1 a1 u8", 12],
      ["s6 u2 a5 u2 a7 u6 a0 u10", 16],
      ["u5 u5", 5],
      ["s11 u5 u9 a7 u9", 9],
    ],
  },
  llama3: {
    by: "Llama-3's template, jinja2 3.1.6, tokenizers 0.23.3",
    chats: [
      ["u7", 10],
      ["s11 u10", 15],
      ["u1 a0 u11", 20],
      ["s11 u4 a10 u9", 25],
      ["u10 a7 u4 a11 u6", 30],
      ["s10 u5 a0 u7 a5 u2 a9 u1", 45],
      ["s7 s0 u3", 20],
      ["u4 u2", 15],
      ["s11 u3 u6 a6 u7", 30],
      ["u1 a2 a7 u6", 25],
    ],
  },
  "llama3.1": {
    by: "Llama-3.1's template, jinja2 3.1.6, tokenizers 0.23.3",
    chats: [
      ["u8", 35],
      ["s4 u2", 35],
      ["u6 a8 u4", 45],
      ["s11 u6 a5 u10", 45],
      ["u6 a3 u2 a1 u2", 55],
      ["s2 u3 a10 u3 a0 u7 a9 u2", 65],
      ["s4 s4 u0", 40],
      ["u2 u6", 40],
      ["s8 u5 u9 a9 u5", 50],
      ["u2 a11 a8 u9", 50],
    ],
  },
  gemma: {
    by: "Gemma-3's template, jinja2 3.1.6, tokenizers 0.23.3",
    chats: [
      ["u10", 9],
      ["s10 u11", 10],
      ["u0 a7 u10", 19],
      ["s8 u6 a6 u6", 20],
      ["u6 a1 u7 a10 u6", 29],
      ["s0 u3 a1 u3 a7 u2 a1 u5", 40],
    ],
  },
  mistral: {
    by: "mistral-common 1.13.1 with Tekken as V7",
    chats: [
      ["u9", 3],
      ["s2 u8", 5],
      ["u1 a5 u9", 6],
      ["s0 u1 a3 u9", 8],
      ["u6 a2 u10 a4 u5", 9],
      ["s9 u5 a7 u1 a1 u7 a7 u7", 14],
    ],
  },
  harmony: {
    by: "openai-harmony 0.0.8",
    chats: [
      ["u7", 67],
      ["s4 u1", 74],
      ["u2 a1 u11", 77],
      ["s5 u11 a4 u7", 84],
      ["u11 a2 u8 a0 u3", 87],
      ["s8 u5 a2 u11 a8 u0 a8 u4", 104],
      ["u10 u1", 71],
      ["s11 u4 u8 a5 u2", 88],
      ["u5 a3 a8 u8", 83],
    ],
  },
};
