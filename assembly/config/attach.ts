import { bodyBytesDefault, bodyBytesLeast, bodyBytesMost } from "../bounds";
import { BodyMode, Config, Model } from "./config";
import { ConfigErrors } from "./errors";
import { Members } from "./members";
import { Node } from "./node";
import { readChoice, readFlag, readInteger } from "./scalars";
import { pathStep } from "./spelling";

/** Reads `attach`, which may be absent, into `config`. */
export function readAttach(node: Node | null, config: Config): void {
  const attach = config.attach;
  attach.bodyBytesMax = bodyBytesDefault;
  if (!node) return;
  const members = new Members(node);
  readChoice(members.optional("role"), ["single"]);
  const mode = readChoice(members.optional("body"), ["stream", "hold"]);
  if (mode != 0) attach.body = BodyMode.Hold;
  const bytes = members.optional("bodyBytesMax");
  attach.bodyBytesMax = <u32>readInteger(bytes, bodyBytesLeast, bodyBytesMost, bodyBytesDefault);
  attach.explain = readFlag(members.optional("explain"), false);
  members.close();
}

/**
 * Reports a policy that asks for what this attachment cannot give: with `stream` the headers have
 * left before the body names the model, so that no header can carry a route any more.
 */
export function checkAttach(config: Config, errors: ConfigErrors): void {
  if (config.attach.body == BodyMode.Hold) return;
  for (let i = 0; i < config.models.length; i++) {
    const model = config.models[i];
    if (!needsBodyFirst(model)) continue;
    const path = "policy.models" + pathStep(model.name) + ".targets";
    errors.add("attach.body", path + streamReason);
    return;
  }
}

const streamReason: string =
  ' needs the body before the headers leave, which "stream" does not wait for: ' +
  'set allow_on_headers_stop_iteration on the Wasm filter and "hold" here';

function needsBodyFirst(model: Model): bool {
  for (let i = 0; i < model.targets.length; i++) {
    const target = model.targets[i];
    if (target.route || target.renames) return true;
  }
  return false;
}
