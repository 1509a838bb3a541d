import { modelBytesMax, routeBytesMax, targetsMax, weightMax } from "../bounds";
import { equalsBytes } from "../bytes/ascii";
import { ValueKind } from "./document";
import { Model, Target } from "./config";
import { Members } from "./members";
import { Name } from "./name";
import { NameIndex } from "./name_index";
import { Node } from "./node";
import { readFlag, readInteger, readText } from "./scalars";
import { quoted } from "./spelling";

/**
 * Reads the backends of `model`. Where none are listed there is one, without a route: the gateway's
 * own routing decides. `upstreams` are the routes there are, null for any.
 */
export function readTargets(
  node: Node | null,
  model: Model,
  includeUsage: bool,
  upstreams: NameIndex | null,
): void {
  if (!node) {
    const target = new Target();
    target.model = model.name;
    target.includeUsage = includeUsage;
    model.targets.push(target);
    return;
  }
  const items = node.items();
  if (items.length == 0 && node.value.kind == ValueKind.Array) node.refuse("must not be empty");
  if (<u32>items.length > targetsMax) {
    node.refuse("must not hold more than " + targetsMax.toString());
    return;
  }
  model.weightTotal = 0;
  for (let i = 0; i < items.length; i++) {
    const target = readTarget(items[i], model, includeUsage, upstreams);
    refuseTwin(items[i], target, model);
    model.targets.push(target);
    model.weightTotal += target.weight;
  }
}

function readTarget(
  node: Node,
  model: Model,
  includeUsage: bool,
  upstreams: NameIndex | null,
): Target {
  const members = new Members(node);
  const target = new Target();
  const route = members.required("route");
  target.route = readText(route, routeBytesMax);
  if (route) refuseUnknownRoute(route, target.route, upstreams);
  const name = readText(members.optional("model"), modelBytesMax);
  target.model = name ? name : model.name;
  target.renames = !sameName(target.model, model.name);
  target.weight = <u32>readInteger(members.optional("weight"), 1, weightMax, 1);
  target.includeUsage = readFlag(members.optional("includeUsage"), includeUsage);
  members.close();
  return target;
}

function refuseUnknownRoute(node: Node, route: Name | null, upstreams: NameIndex | null): void {
  if (!route || !upstreams || upstreams.find(route.ptr, route.length) >= 0) return;
  node.refuse("policy.upstreams has no " + quoted(route));
}

/** Two targets alike are one whose weight was meant to be the sum, or a slip. */
function refuseTwin(node: Node, target: Target, model: Model): void {
  const route = target.route;
  for (let i = 0; i < model.targets.length; i++) {
    const other = model.targets[i];
    const otherRoute = other.route;
    if (!route || !otherRoute || !sameName(route, otherRoute)) continue;
    if (!sameName(target.model, other.model)) continue;
    node.refuse("same route and model as targets[" + i.toString() + "]");
    return;
  }
}

function sameName(a: Name, b: Name): bool {
  return equalsBytes(a.ptr, a.length, b.ptr, b.length);
}
