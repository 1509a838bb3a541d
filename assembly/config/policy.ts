import { identityBytesMax } from "../bounds";
import { equalsAscii } from "../bytes/ascii";
import { readScaledU64 } from "../bytes/scaled";
import { Config, CountMode, MemoMode } from "./config";
import { ValueKind } from "./document";
import { readIdentities } from "./identity";
import { Members } from "./members";
import { readModels } from "./models";
import { nameFromText } from "./name";
import { Node } from "./node";
import { readPriceList } from "./prices";
import { readChoice, readFlag, readText } from "./scalars";
import { readUpstreams } from "./upstreams";

const policyNameBytesMax: u32 = 63;

/** Reads the user's document into `config`. */
export function readPolicy(node: Node, config: Config): void {
  const members = new Members(node);
  readVersion(members.required("version"));
  readPolicyName(members.required("name"), config);
  config.onFailureAllows = readChoice(members.optional("onFailure"), denyOrAllow) == 1;
  readCount(members.optional("count"), config);
  readMemo(members.optional("memo"), config);
  const identity = members.optional("identity");
  if (identity) config.identities = readIdentities(identity);
  readAnonymous(members.optional("anonymous"), identity, config);
  config.includeUsage = readFlag(members.optional("includeUsage"), true);
  config.unmeteredPasses = readChoice(members.optional("unmetered"), denyOrPass) == 1;
  readPricing(members, config);
  const upstreams = readUpstreams(members.optional("upstreams"));
  const models = members.required("models");
  if (models) readModels(models, config, upstreams);
  members.close();
}

const denyOrAllow: Array<string> = ["deny", "allow"];
const denyOrPass: Array<string> = ["deny", "pass"];

function readVersion(node: Node | null): void {
  if (!node || !node.is(ValueKind.Number, "the number 1")) return;
  const text = node.value.text;
  const out = memory.data(8, 8);
  const error = readScaledU64(text.ptr, text.length, 0, out);
  if (error || load<u64>(out) != 1) node.refuse("must be 1, the only version there is");
}

function readPolicyName(node: Node | null, config: Config): void {
  const name = readText(node, policyNameBytesMax);
  if (!node || !name) return;
  config.name = name;
  for (let i: u32 = 0; i < name.length; i++) {
    const byte = load<u8>(name.ptr + i);
    if (<u8>(byte - 0x61) < 26 || <u8>(byte - 0x30) < 10 || byte == 0x2d) continue;
    node.refuse("must be of a-z, 0-9 and - only");
    return;
  }
}

function readCount(node: Node | null, config: Config): void {
  const choice = readChoice(node, ["exact", "estimate", "off"]);
  if (choice == 1) config.count = CountMode.Estimate;
  if (choice == 2) config.count = CountMode.Off;
}

function readMemo(node: Node | null, config: Config): void {
  const choice = readChoice(node, ["identity", "shared", "off"]);
  if (choice == 1) config.memo = MemoMode.Shared;
  if (choice == 2) config.memo = MemoMode.Off;
}

function readAnonymous(node: Node | null, identity: Node | null, config: Config): void {
  if (!node) {
    config.anonymous = nameFromText("anonymous");
    return;
  }
  const name = readText(node, identityBytesMax);
  if (!name) return;
  if (!equalsAscii(name.ptr, name.length, "deny")) config.anonymous = name;
  else if (!identity) node.refuse('"deny" refuses every request where policy.identity is absent');
}

/** Prices for what has none of its own, and whether that may be free. */
function readPricing(members: Members, config: Config): void {
  config.unpricedAllowed = readChoice(members.optional("unpriced"), denyOrAllow) != 0;
  const price = members.optional("defaultPrice");
  if (price) config.defaultPrice = readPriceList(price);
  const unknownModel = members.optional("unknownModel");
  config.unknownModelPasses = readChoice(unknownModel, denyOrPass) == 1;
  if (!unknownModel || !config.unknownModelPasses) return;
  if (config.defaultPrice || config.unpricedAllowed) return;
  unknownModel.refuse('"pass" needs a defaultPrice, or unpriced: allow');
}
