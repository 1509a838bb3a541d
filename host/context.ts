import { type BufferType, type MapType, Status } from "./abi.ts";
import type { HeaderMap } from "./header_map.ts";
import type { PropertySource } from "./properties.ts";
import type { RootContext } from "./root.ts";

/** A body, or a configuration, as the buffer host calls see it. */
export interface BufferView {
  readonly length: number;
  copyOut(start: number, bytes: number, target: Uint8Array): void;
  /** Replaces `bytes` at `start`; BadArgument where Envoy refuses. */
  write(start: number, bytes: number, data: Uint8Array): Status;
}

/** A local reply as the module asks for it. */
export interface LocalReply {
  status: number;
  details: string;
  headers: [string, string][];
  body: Uint8Array;
}

/** Where a context is in its life: after `stream` some host calls crash a real Envoy. */
export type Phase = "stream" | "log" | "done" | "delete";

/** What host calls act on: a root context, or one stream of it. */
export abstract class Context {
  phase: Phase = "stream";

  constructor(readonly id: number) {}

  abstract get root(): RootContext;

  /** The map if it may be read now. */
  abstract readableMap(type: MapType): HeaderMap | null;
  /** The map if it may be edited now. */
  abstract writableMap(type: MapType): HeaderMap | null;
  /** Must be told of an edit: an edited request header makes the route be picked again. */
  abstract mapEdited(type: MapType): void;
  abstract buffer(type: BufferType): BufferView | null;
  abstract get properties(): PropertySource | null;
  abstract sendLocalResponse(reply: LocalReply): void;
  abstract continueStream(type: number): Status;
  abstract closeStream(type: number): Status;
  abstract clearRouteCache(): void;
  /** Writes filter state; NotFound where there is no stream. */
  abstract setProperty(key: string, value: Uint8Array): Status;
}

/** A buffer that cannot be changed. */
export function constantBuffer(bytes: Uint8Array): BufferView {
  return {
    length: bytes.length,
    copyOut: (start, count, target) => target.set(bytes.subarray(start, start + count)),
    write: () => Status.BadArgument,
  };
}
