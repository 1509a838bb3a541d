import { Encoding } from "../bpe/encoding";
import { Price } from "../cost/price";
import { Framing } from "../prompt/framing_names";
import { ImageRule } from "../prompt/image_rules";
import { Name, noName } from "./name";
import { NameIndex, noNames } from "./name_index";

/** What is counted before a request is forwarded. */
export const enum CountMode {
  Exact,
  Estimate,
  Off,
}

/** For whom counts of texts are remembered. */
export const enum MemoMode {
  /** For whoever pays: nobody meets what another one has sent. */
  Identity,
  /** For all who pay under the policy. */
  Shared,
  Off,
}

/** What the weighted choice among a model's targets is keyed by. */
export const enum SpreadKey {
  Request,
  Identity,
  Header,
}

/** How the request body is met: headers wait for it, or are already gone. */
export const enum BodyMode {
  Stream,
  Hold,
}

/** Where an identity is read from. */
export const enum IdentityKind {
  /** `header` holds the value, set by a filter in front of ours. */
  Header,
  /** `property` names dynamic metadata of another filter. */
  Metadata,
  /** `property` names a field of the client's certificate. */
  ClientCertificate,
  /** `header` holds a key; `nameOfKey` knows who it belongs to. */
  ApiKey,
}

/** One place to look for who pays; the first source with a value wins. */
export class IdentitySource {
  kind: IdentityKind = IdentityKind.Header;
  /** Header and ApiKey: the name of the header, in lower case; else empty. */
  header: Name = noName;
  /** Metadata and ClientCertificate: the host's property path, its parts joined by NUL bytes. */
  property: Name = noName;
  /** ApiKey: names by the 32 raw bytes of the key's SHA-256. */
  keyIndex: NameIndex = noNames;
  /** ApiKey: the names that `keyIndex` points into. */
  keyNames: Array<Name> = [];

  /** The name that goes with the 32 bytes of SHA-256 at `digest`, or null for an unknown key. */
  nameOfKey(digest: usize): Name | null {
    const at = this.keyIndex.find(digest, 32);
    return at < 0 ? null : this.keyNames[at];
  }
}

/** One backend that may serve a model. */
export class Target {
  /** The backend group for the route header; null: the gateway's own routing decides. */
  route: Name | null = null;
  /** The name the backend is asked for; the model's own where the policy gives none. */
  model: Name = noName;
  /** True when `model` differs from the name of the model. */
  renames: bool = false;
  /** Share of the requests, in proportion to the model's `weightTotal`; 1 or more. */
  weight: u32 = 1;
  /** Ask this backend for usage on streams on the client's behalf. */
  includeUsage: bool = true;
}

/** One model of the policy. */
export class Model {
  name: Name = noName;
  /** `Encoding.None`: counts are estimates. */
  encoding: Encoding = Encoding.None;
  /** What its template lays around a chat. */
  framing: Framing = Framing.OpenAi;
  /** What it takes an image for; with `Fixed`, so many tokens each. */
  images: ImageRule = ImageRule.Gpt4o;
  imageTokens: u32 = 0;
  /** In tokens; 0: not stated. */
  contextWindow: u64 = 0;
  /** Its own or the policy's default price; null only under `unpriced: allow`. */
  price: Price | null = null;
  /** At least one. */
  targets: Array<Target> = [];
  weightTotal: u64 = 1;
  spread: SpreadKey = SpreadKey.Request;
  /** SpreadKey.Header: its name in lower case; else empty. */
  spreadHeader: Name = noName;
}

/** How this host offers the module: the `attach` half of the plugin configuration. */
export class Attach {
  body: BodyMode = BodyMode.Stream;
  bodyBytesMax: u32 = 0;
  /** Report delivered text and the settlement to our own host, for tests and `tokenstile count`. */
  explain: bool = false;
}

/**
 * A plugin configuration without a mistake. Managed, built once and then only read: whoever holds
 * it must keep it reachable, and its Names stay where they are for as long.
 */
export class Config {
  name: Name = noName;
  /** True: a request that meets a failure of ours passes unmetered; false: it is refused. */
  onFailureAllows: bool = false;
  count: CountMode = CountMode.Exact;
  memo: MemoMode = MemoMode.Identity;
  identities: Array<IdentitySource> = [];
  /** Who pays when no identity source has a value; null: such requests are refused. */
  anonymous: Name | null = null;
  /** At least one. */
  models: Array<Model> = [];
  /** Positions in `models` by name and by alias. */
  modelIndex: NameIndex = noNames;
  unpricedAllowed: bool = false;
  unknownModelPasses: bool = false;
  /** Price of models that have none of their own, and of unknown ones; null: they cost nothing. */
  defaultPrice: Price | null = null;
  /** Ask for usage on streams to unknown models; targets carry their own flag. */
  includeUsage: bool = true;
  /** True: LLM endpoints that this version does not meter pass; false: they are refused. */
  unmeteredPasses: bool = false;
  attach: Attach = new Attach();

  /** Position in `models` of the model or alias spelt exactly so, or -1. Allocates nothing. */
  findModel(ptr: usize, bytes: u32): i32 {
    return this.modelIndex.find(ptr, bytes);
  }
}
