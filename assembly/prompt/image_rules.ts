import { equalsAscii, startsWithAsciiIgnoreCase } from "../bytes/ascii";
import { behindSlash } from "./framing_names";
import { PromptFacts } from "./prompt_facts";

/** What an image costs, by the model that OpenAI's guide on images and vision states it for. */
export const enum ImageRule {
  /** Tiles of 512 pixels: 85 an image, and 170 a tile at high detail. */
  Gpt4o,
  Gpt4oMini,
  Gpt5,
  O1,
  ComputerUse,
  /** Patches of 32 pixels, times a factor. */
  Gpt41Mini,
  Gpt41Nano,
  O4Mini,
  Gpt5Mini,
  Gpt5Nano,
  /** Cells of 28 pixels, between two marks (Qwen2-VL and later). */
  QwenVl,
  /** 256 an image whatever its size, with marks and line feeds (Gemma 3). */
  Gemma3,
  /** What the policy says an image costs. */
  Fixed,
}

/** The number of rules that have a word in a policy. */
export const imageRules: i32 = 12;

export function imageRuleName(rule: ImageRule): string {
  switch (rule) {
    case ImageRule.Gpt4oMini:
      return "gpt-4o-mini";
    case ImageRule.Gpt5:
      return "gpt-5";
    case ImageRule.O1:
      return "o1";
    case ImageRule.ComputerUse:
      return "computer-use";
    case ImageRule.Gpt41Mini:
      return "gpt-4.1-mini";
    case ImageRule.Gpt41Nano:
      return "gpt-4.1-nano";
    case ImageRule.O4Mini:
      return "o4-mini";
    case ImageRule.Gpt5Mini:
      return "gpt-5-mini";
    case ImageRule.Gpt5Nano:
      return "gpt-5-nano";
    case ImageRule.QwenVl:
      return "qwen-vl";
    case ImageRule.Gemma3:
      return "gemma3";
    default:
      return "gpt-4o";
  }
}

/** The rule whose word this is; `Fixed` for none. */
export function imageRuleByName(ptr: usize, bytes: u32): ImageRule {
  for (let rule: i32 = 0; rule < imageRules; rule++) {
    if (equalsAscii(ptr, bytes, imageRuleName(rule))) return rule;
  }
  return ImageRule.Fixed;
}

/**
 * The rule of a model whose policy does not say it: the longest word that its name begins with
 * (behind the last slash), of some more names than there are words, and gpt-4o's for all others.
 */
export function usualImageRule(model: usize, bytes: u32): ImageRule {
  const slash = behindSlash(model, bytes);
  const name = model + slash;
  const nameBytes = bytes - slash;
  let found: i32 = ImageRule.Gpt4o;
  let foundBytes = 0;
  for (let rule: i32 = 0; rule < imageRules; rule++) {
    const word = imageRuleName(rule);
    if (word.length <= foundBytes || !startsWithAsciiIgnoreCase(name, nameBytes, word)) continue;
    found = rule;
    foundBytes = word.length;
  }
  if (foundBytes != 0) return found;
  if (startsWithAsciiIgnoreCase(name, nameBytes, "o3")) return ImageRule.O1;
  if (startsWithAsciiIgnoreCase(name, nameBytes, "qwen")) return ImageRule.QwenVl;
  return startsWithAsciiIgnoreCase(name, nameBytes, "gemma") ? ImageRule.Gemma3 : ImageRule.Gpt4o;
}

/** About what the images of a prompt come to; `fixedTokens` is what the policy says of one. */
export function imageTokens(facts: PromptFacts, rule: ImageRule, fixedTokens: u32): u64 {
  const images = <u64>facts.lowImages + facts.highImages;
  switch (rule) {
    case ImageRule.Gpt4oMini:
      return images * 2833 + facts.tiles * 5667;
    case ImageRule.Gpt5:
      return images * 70 + facts.tiles * 140;
    case ImageRule.O1:
      return images * 75 + facts.tiles * 150;
    case ImageRule.ComputerUse:
      return images * 65 + facts.tiles * 129;
    case ImageRule.Gpt41Mini:
      return percent(facts.patches, 162);
    case ImageRule.Gpt41Nano:
      return percent(facts.patches, 246);
    case ImageRule.O4Mini:
      return percent(facts.patches, 172);
    case ImageRule.Gpt5Mini:
      // The guide says 1.62; the API counts 1.20 (community.openai.com/t/1377015), and for nano
      // 1.50 where the guide says 2.46.
      return percent(facts.patches, 120);
    case ImageRule.Gpt5Nano:
      return percent(facts.patches, 150);
    case ImageRule.QwenVl:
      return facts.cells + images * 2;
    case ImageRule.Gemma3:
      return images * 260;
    case ImageRule.Fixed:
      return images * fixedTokens;
    default:
      return images * 85 + facts.tiles * 170;
  }
}

function percent(patches: u64, factor: u64): u64 {
  return (patches * factor + 99) / 100;
}
