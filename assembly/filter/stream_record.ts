import { ChatRequestReader, newChatRequestReader } from "../api/openai_chat_request";
import { Dialect } from "../api/dialect";
import { LlmRequest, newLlmRequest } from "../api/request";
import { newWalker, Walker } from "../api/walker";
import { identityBytesMax } from "../bounds";
import { Config, Model, Target } from "../config/config";
import { Name } from "../config/name";
import { Denial } from "./denial";
import { Root } from "./root";
import { Watch } from "./watch";

/** How far a stream has come. */
export const enum Stage {
  /** Nothing seen; some streams are born only to be logged. */
  Fresh,
  /** Not LLM traffic, or let through uncounted. */
  Passed,
  /** Its request is being read. */
  Reading,
  /** Sent on to where it was decided. */
  Admitted,
  /** Answered by us. */
  Denied,
}

/** How sure a number of tokens is. */
export const enum Quality {
  Exact,
  Formula,
  Estimate,
}

/** All that is known of one stream. Lives from context creation to deletion, on the plain heap. */
@unmanaged
export class StreamRecord {
  contextId: u32;
  /** Addresses of the pinned `Root`, and of the `Config` it had when the stream began; 0: none. */
  private root: usize;
  private configAddress: usize;
  stage: Stage;
  dialect: Dialect;
  denial: Denial;
  settled: bool;

  /** No content-length says how long the body is: it may change. */
  requestLengthOpen: bool;
  responseLengthOpen: bool;
  /** Key of the weighted choice. */
  spreadHash: u64;
  identityBytes: u32;

  /** Only for LLM traffic, and only until the response begins. */
  request: LlmRequest | null;
  reader: ChatRequestReader | null;
  walker: Walker | null;
  /** Only for an answer that came before the request had ended. */
  private earlyWalker: Walker | null;
  /** Bytes of the buffered request body that were read. */
  bodyRead: u32;

  /** Position in the policy, -1 for a model it does not know. */
  modelIndex: i32;
  /** Address of the chosen `Target`, 0 without one. */
  private targetAddress: usize;
  promptTokens: u64;
  promptQuality: Quality;
  /** The body's model was rewritten, so the client's own name goes back into the answer. */
  renames: bool;
  /** Usage was asked for on the client's behalf: it must not see that. */
  hidesUsage: bool;

  watch: Watch | null;
  upstreamAnswered: bool;
  responseStarted: bool;
  responseEnded: bool;
  /** The charge was written when the response ended, and no byte came after. */
  chargeWritten: bool;
  responseStatus: u64;
  startNs: u64;
  firstByteNs: u64;

  get config(): Config | null {
    return this.configAddress == 0 ? null : changetype<Config>(this.configAddress);
  }

  get model(): Model | null {
    const config = this.config;
    if (config === null || this.modelIndex < 0) return null;
    return unchecked(config.models[this.modelIndex]);
  }

  get target(): Target | null {
    return this.targetAddress == 0 ? null : changetype<Target>(this.targetAddress);
  }

  /** Name of the backend group, null where the policy gives none. */
  get route(): Name | null {
    const target = this.target;
    return target !== null ? target.route : null;
  }

  /** The target belongs to the stream's configuration, which the root keeps for as long. */
  setTarget(target: Target): void {
    this.targetAddress = changetype<usize>(target);
  }

  get identityPtr(): usize {
    return changetype<usize>(this) + offsetof<StreamRecord>();
  }

  /** What reading an LLM request needs, taken when the headers showed that it is one. */
  openRequest(): void {
    this.request = newLlmRequest();
    this.reader = newChatRequestReader();
    this.walker = newWalker();
  }

  /** What reads the response: the request's own walker, unless that one is still at work. */
  responseWalker(): Walker {
    const walker = this.walker;
    if (walker !== null && this.reader === null) return walker;
    const early = newWalker();
    this.earlyWalker = early;
    return early;
  }

  closeReader(): void {
    const reader = this.reader;
    if (reader !== null) reader.dispose();
    this.reader = null;
  }

  dispose(): void {
    if (this.root != 0) changetype<Root>(this.root).streamClosed();
    this.closeReader();
    const watch = this.watch;
    if (watch !== null) watch.dispose();
    const walker = this.walker;
    if (walker !== null) walker.dispose();
    const early = this.earlyWalker;
    if (early !== null) early.dispose();
    const request = this.request;
    if (request !== null) heap.free(changetype<usize>(request));
    heap.free(changetype<usize>(this));
  }

  init(contextId: u32, root: usize): StreamRecord {
    memory.fill(changetype<usize>(this), 0, offsetof<StreamRecord>());
    this.contextId = contextId;
    this.root = root;
    this.modelIndex = -1;
    if (root == 0) return this;
    const owner = changetype<Root>(root);
    owner.streamOpened();
    const config = owner.config;
    if (config !== null) this.configAddress = changetype<usize>(config);
    return this;
  }
}

export function newStreamRecord(contextId: u32, root: usize): StreamRecord {
  const bytes = offsetof<StreamRecord>() + identityBytesMax;
  return changetype<StreamRecord>(heap.alloc(bytes)).init(contextId, root);
}
