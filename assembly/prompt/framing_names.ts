import { equalsAscii, startsWithAsciiIgnoreCase } from "../bytes/ascii";

/** The ways in which families of models wrap a chat into a prompt (framing_rules.ts). */
export const enum Framing {
  None,
  OpenAi,
  OpenAi0301,
  OpenAiReasoning,
  Harmony,
  ChatMl,
  Llama3,
  Llama31,
  DeepSeek,
  DeepSeek31,
  Mistral,
  Gemma,
}

/** The number of framings. */
export const framings: i32 = 12;

/** The word for a framing in a policy. */
export function framingName(framing: Framing): string {
  switch (framing) {
    case Framing.OpenAi:
      return "openai";
    case Framing.OpenAi0301:
      return "openai-0301";
    case Framing.OpenAiReasoning:
      return "openai-reasoning";
    case Framing.Harmony:
      return "harmony";
    case Framing.ChatMl:
      return "chatml";
    case Framing.Llama3:
      return "llama3";
    case Framing.Llama31:
      return "llama3.1";
    case Framing.DeepSeek:
      return "deepseek";
    case Framing.DeepSeek31:
      return "deepseek-v3.1";
    case Framing.Mistral:
      return "mistral";
    case Framing.Gemma:
      return "gemma";
    default:
      return "none";
  }
}

/**
 * The framing of a model whose policy does not say it: by the name of its encoding, and for
 * OpenAI's by the model's own name (what stands behind its last slash).
 */
export function usualFraming(
  encoding: usize,
  encodingBytes: u32,
  model: usize,
  bytes: u32,
): Framing {
  if (equalsAscii(encoding, encodingBytes, "o200k_harmony")) return Framing.Harmony;
  if (equalsAscii(encoding, encodingBytes, "qwen3")) return Framing.ChatMl;
  if (equalsAscii(encoding, encodingBytes, "llama3")) return Framing.Llama31;
  if (equalsAscii(encoding, encodingBytes, "deepseek_v3")) return Framing.DeepSeek;
  if (equalsAscii(encoding, encodingBytes, "mistral_tekken")) return Framing.Mistral;
  if (equalsAscii(encoding, encodingBytes, "tekken")) return Framing.Mistral;
  if (equalsAscii(encoding, encodingBytes, "gemma3")) return Framing.Gemma;
  if (equalsAscii(encoding, encodingBytes, "gemini")) return Framing.None;
  return isReasoning(model, bytes) ? Framing.OpenAiReasoning : Framing.OpenAi;
}

function isReasoning(model: usize, bytes: u32): bool {
  const slash = behindSlash(model, bytes);
  const name = model + slash;
  const nameBytes = bytes - slash;
  if (startsWithAsciiIgnoreCase(name, nameBytes, "gpt-5-chat")) return false;
  if (startsWithAsciiIgnoreCase(name, nameBytes, "gpt-5")) return true;
  if (startsWithAsciiIgnoreCase(name, nameBytes, "o1")) return true;
  return (
    startsWithAsciiIgnoreCase(name, nameBytes, "o3") ||
    startsWithAsciiIgnoreCase(name, nameBytes, "o4")
  );
}

/** Where a model's own name begins, behind what says whose it is. */
export function behindSlash(name: usize, bytes: u32): u32 {
  for (let i = bytes; i > 0; i--) if (load<u8>(name + i - 1) == 0x2f) return i;
  return 0;
}
