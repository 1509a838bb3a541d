import { Attach, Config, IdentitySource, Model } from "../../assembly/config/config";
import { Name, nameFromText } from "../../assembly/config/name";
import { ConfigResult, parseConfig } from "../../assembly/config/parse";
import { Price } from "../../assembly/cost/price";
import { framingName } from "../../assembly/prompt/framing_names";
import { ImageRule, imageRuleName } from "../../assembly/prompt/image_rules";

let current: Config | null = null;
let report: Name = nameFromText("");

export function scratch(bytes: u32): usize {
  return heap.alloc(bytes);
}

export function release(ptr: usize): void {
  heap.free(ptr);
}

/** The number of mistakes, which `reportPtr` then shows as JSON; -1 for a result that lies. */
export function parse(ptr: usize, bytes: u32): i32 {
  const result = parseConfig(ptr, bytes);
  current = result.config;
  report = nameFromText(errorsText(result));
  const count = result.errors.length;
  return (count == 0) == (result.config != null) ? count : -1;
}

export function reportPtr(): usize {
  return report.ptr;
}

export function reportBytes(): u32 {
  return report.length;
}

/** Puts the configuration read last into the report, as JSON. */
export function describe(): void {
  const config = current;
  report = nameFromText(config ? configText(config) : "null");
}

/** Bytes of memory that the module holds, for tests that it does not grow. */
export function collect(): void {
  __collect();
}

export function findModel(ptr: usize, bytes: u32): i32 {
  const config = current;
  return config ? config.findModel(ptr, bytes) : -2;
}

/** The name that goes with a digest under identity source `source`, in the report; false: none. */
export function findKey(source: i32, digest: usize): bool {
  const config = current;
  if (!config) return false;
  const name = config.identities[source].nameOfKey(digest);
  if (name) report = name;
  return name != null;
}

function errorsText(result: ConfigResult): string {
  const parts: Array<string> = [];
  for (let i = 0; i < result.errors.length; i++) {
    const error = result.errors[i];
    parts.push("[" + text(error.path) + "," + text(error.reason) + "]");
  }
  return "[" + parts.join(",") + "]";
}

function configText(config: Config): string {
  const parts = [
    member("name", name(config.name)),
    member("onFailureAllows", flag(config.onFailureAllows)),
    member("count", (<i32>config.count).toString()),
    member("memo", (<i32>config.memo).toString()),
    member("identities", identitiesText(config.identities)),
    member("anonymous", name(config.anonymous)),
    member("models", modelsText(config.models)),
    member("unpricedAllowed", flag(config.unpricedAllowed)),
    member("unknownModelPasses", flag(config.unknownModelPasses)),
    member("defaultPrice", priceText(config.defaultPrice)),
    member("includeUsage", flag(config.includeUsage)),
    member("unmeteredPasses", flag(config.unmeteredPasses)),
    member("attach", attachText(config.attach)),
  ];
  return "{" + parts.join(",") + "}";
}

function identitiesText(sources: Array<IdentitySource>): string {
  const all: Array<string> = [];
  for (let i = 0; i < sources.length; i++) {
    const source = sources[i];
    const parts = [
      member("kind", (<i32>source.kind).toString()),
      member("header", name(source.header)),
      member("property", name(source.property)),
      member("keys", source.keyNames.length.toString()),
    ];
    all.push("{" + parts.join(",") + "}");
  }
  return "[" + all.join(",") + "]";
}

function modelsText(models: Array<Model>): string {
  const all: Array<string> = [];
  for (let i = 0; i < models.length; i++) {
    const model = models[i];
    const parts = [
      member("name", name(model.name)),
      member("encoding", (<i32>model.encoding).toString()),
      member("framing", '"' + framingName(model.framing) + '"'),
      member("images", imagesText(model)),
      member("contextWindow", model.contextWindow.toString()),
      member("price", priceText(model.price)),
      member("spread", (<i32>model.spread).toString()),
      member("spreadHeader", name(model.spreadHeader)),
      member("weightTotal", model.weightTotal.toString()),
      member("targets", targetsText(model)),
    ];
    all.push("{" + parts.join(",") + "}");
  }
  return "[" + all.join(",") + "]";
}

function imagesText(model: Model): string {
  if (model.images == ImageRule.Fixed) return model.imageTokens.toString();
  return '"' + imageRuleName(model.images) + '"';
}

function targetsText(model: Model): string {
  const all: Array<string> = [];
  for (let i = 0; i < model.targets.length; i++) {
    const target = model.targets[i];
    const parts = [
      name(target.route),
      name(target.model),
      flag(target.renames),
      target.weight.toString(),
      flag(target.includeUsage),
    ];
    all.push("[" + parts.join(",") + "]");
  }
  return "[" + all.join(",") + "]";
}

function priceText(price: Price | null): string {
  if (!price) return "null";
  const parts = [
    price.inputNanoUsdPerMillion.toString(),
    price.cachedInputNanoUsdPerMillion.toString(),
    price.cacheWriteNanoUsdPerMillion.toString(),
    price.outputNanoUsdPerMillion.toString(),
  ];
  return "[" + parts.join(",") + "]";
}

function attachText(attach: Attach): string {
  const parts = [
    member("body", (<i32>attach.body).toString()),
    member("bodyBytesMax", attach.bodyBytesMax.toString()),
    member("explain", flag(attach.explain)),
  ];
  return "{" + parts.join(",") + "}";
}

function member(key: string, value: string): string {
  return '"' + key + '":' + value;
}

function flag(value: bool): string {
  return value ? "true" : "false";
}

function name(value: Name | null): string {
  return value ? text(String.UTF8.decodeUnsafe(value.ptr, value.length)) : "null";
}

/** A JSON string of ASCII text. */
function text(value: string): string {
  return (
    '"' + value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\0", "\\u0000") + '"'
  );
}
