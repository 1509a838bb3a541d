import { imageTokensMax } from "../bounds";
import { Framing, framingName, framings, usualFraming } from "../prompt/framing_names";
import { ImageRule, imageRuleByName, imageRuleName, imageRules } from "../prompt/image_rules";
import { usualImageRule } from "../prompt/image_rules";
import { Model } from "./config";
import { ValueKind } from "./document";
import { Members } from "./members";
import { noName } from "./name";
import { Node } from "./node";
import { readChoice, readInteger } from "./scalars";
import { quoted } from "./spelling";

/**
 * Reads what a model's prompt is taken for beside its texts: `framing` and `images`. Where the
 * policy is silent, the name of the encoding and the model's own name decide.
 */
export function readCounting(members: Members, model: Model, encoding: Node | null): void {
  const isText = encoding !== null && encoding.value.kind == ValueKind.Text;
  const name = isText && encoding !== null ? encoding.value.text : noName;
  const usual = usualFraming(name.ptr, name.length, model.name.ptr, model.name.length);
  const framing = members.optional("framing");
  model.framing = framing === null ? usual : readFraming(framing);
  readImages(members.optional("images"), model);
}

function readFraming(node: Node): Framing {
  const words = new Array<string>();
  for (let framing: i32 = 0; framing < framings; framing++) words.push(framingName(framing));
  const choice = readChoice(node, words);
  return choice < 0 ? Framing.None : choice;
}

function readImages(node: Node | null, model: Model): void {
  if (!node) {
    model.images = usualImageRule(model.name.ptr, model.name.length);
    return;
  }
  if (node.value.kind == ValueKind.Number) {
    model.images = ImageRule.Fixed;
    model.imageTokens = <u32>readInteger(node, 0, imageTokensMax, 0);
    return;
  }
  if (!node.is(ValueKind.Text, "a number or text")) return;
  const text = node.value.text;
  model.images = imageRuleByName(text.ptr, text.length);
  if (model.images != ImageRule.Fixed) return;
  const words = new Array<string>();
  for (let rule: i32 = 0; rule < imageRules; rule++) words.push(imageRuleName(rule));
  node.refuse('must be a number, or "' + words.join('" or "') + '", not ' + quoted(text));
}
