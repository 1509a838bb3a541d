import { contextWindowMax, modelBytesMax } from "../bounds";
import { ValueKind } from "./document";
import { Config, Model, SpreadKey } from "./config";
import { readCounting } from "./counting";
import { readEncoding } from "./encodings";
import { Members } from "./members";
import { NameIndex } from "./name_index";
import { Node } from "./node";
import { readPriceList } from "./prices";
import {
  readChoice,
  readFlag,
  readHeaderName,
  readInteger,
  readMemberName,
  readText,
} from "./scalars";
import { quoted } from "./spelling";
import { readTargets } from "./targets";

/** Reads `models` into `config`; `upstreams` are the routes there are, null for any. */
export function readModels(node: Node, config: Config, upstreams: NameIndex | null): void {
  const entries = node.entries();
  if (entries.length == 0 && node.value.kind == ValueKind.Object) node.refuse("must not be empty");
  const aliases: Array<Node | null> = [];
  let names = entries.length;
  for (let i = 0; i < entries.length; i++) {
    const entry = entries[i];
    readMemberName(entry, modelBytesMax);
    const members = new Members(entry);
    const listed = members.optional("aliases");
    if (listed) names += listed.value.children.length;
    aliases.push(listed);
    config.models.push(readModel(entry, members, config, upstreams));
    members.close();
  }
  config.modelIndex = new NameIndex(names);
  for (let i = 0; i < entries.length; i++) config.modelIndex.add(entries[i].name, i);
  for (let i = 0; i < aliases.length; i++) readAliases(aliases[i], i, config);
}

function readModel(
  entry: Node,
  members: Members,
  config: Config,
  upstreams: NameIndex | null,
): Model {
  const model = new Model();
  model.name = entry.name;
  const encoding = members.optional("encoding");
  model.encoding = readEncoding(encoding);
  readCounting(members, model, encoding);
  model.contextWindow = readInteger(members.optional("contextWindow"), 1, contextWindowMax, 0);
  const price = members.optional("price");
  model.price = price ? readPriceList(price) : config.defaultPrice;
  if (!model.price && !config.unpricedAllowed) refuseUnpriced(entry);
  readSpread(members.optional("spread"), model);
  const includeUsage = readFlag(members.optional("includeUsage"), config.includeUsage);
  readTargets(members.optional("targets"), model, includeUsage, upstreams);
  return model;
}

function refuseUnpriced(entry: Node): void {
  if (entry.value.kind != ValueKind.Object) return;
  const reason = "missing: give one, or a defaultPrice, or say unpriced: allow";
  entry.errors.add(entry.pathOf(".price"), reason);
}

function readSpread(node: Node | null, model: Model): void {
  if (!node) return;
  if (node.value.kind == ValueKind.Object) {
    const members = new Members(node);
    const header = readHeaderName(members.required("header"));
    members.close();
    model.spread = SpreadKey.Header;
    if (header) model.spreadHeader = header;
    return;
  }
  if (!node.is(ValueKind.Text, "text or an object")) return;
  if (readChoice(node, ["request", "identity"]) == 1) model.spread = SpreadKey.Identity;
}

function readAliases(node: Node | null, model: i32, config: Config): void {
  if (!node) return;
  const items = node.items();
  for (let i = 0; i < items.length; i++) {
    const item = items[i];
    const alias = readText(item, modelBytesMax);
    if (!alias) continue;
    const taken = config.modelIndex.add(alias, model);
    if (taken < 0) continue;
    item.refuse("already means the model " + quoted(config.models[taken].name));
  }
}
