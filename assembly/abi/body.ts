import { bodySliceBytes } from "../bounds";
import { proxy_get_buffer_bytes, proxy_set_buffer_bytes } from "./imports";
import {
  closeLanding,
  landedBytes,
  landedPtr,
  openLanding,
  outSecondWord,
  outWord,
} from "./memory";
import { mayReplaceRequestBody, mayReplaceResponseBody } from "./phase";
import { BufferType, Status } from "./types";

/** A span of a host buffer, read slice by slice; the bytes live until the next call to the host. */
@unmanaged
export class BodySlices {
  ptr: usize;
  bytes: u32;
  private type: BufferType;
  private at: u32;
  private end: u32;

  over(type: BufferType, start: u32, end: u32): BodySlices {
    this.type = type;
    this.at = start;
    this.end = end;
    return this;
  }

  /** Reads the next slice; false at the end, or where the host has fewer bytes than promised. */
  next(): bool {
    if (this.at >= this.end) return false;
    const wanted = min<u32>(this.end - this.at, bodySliceBytes);
    openLanding();
    const status = proxy_get_buffer_bytes(this.type, this.at, wanted, outWord(), outSecondWord());
    closeLanding();
    this.ptr = landedPtr();
    this.bytes = min<u32>(landedBytes(), wanted);
    this.at += this.bytes;
    return status == Status.Ok && this.bytes != 0;
  }

  /** False when the walk ended before its span did. */
  get complete(): bool {
    return this.at >= this.end;
  }
}

const shared = changetype<BodySlices>(memory.data(32, 8));

/** The one walk at a time over `[start, end)` of a host buffer. */
export function bodySlices(type: BufferType, start: u32, end: u32): BodySlices {
  return shared.over(type, start, end);
}

/*
 * A body that no longer fits the content-length which was sent is request smuggling on HTTP/1 and a
 * reset on HTTP/2. So an edit must say that the length is open: content-length was taken out of the
 * headers while they were held, or never stood there. Without it nothing is changed.
 */

/** Replaces the whole buffered request body of `bytes` bytes. */
export function replaceRequestBody(lengthOpen: bool, bytes: u32, ptr: usize, size: u32): Status {
  if (!lengthOpen || !mayReplaceRequestBody()) return Status.BadArgument;
  return proxy_set_buffer_bytes(BufferType.RequestBody, 0, bytes, ptr, size);
}

/** Replaces the current chunk of `bytes` bytes of a response body. */
export function replaceResponseChunk(lengthOpen: bool, bytes: u32, ptr: usize, size: u32): Status {
  if (!lengthOpen || !mayReplaceResponseBody()) return Status.BadArgument;
  return proxy_set_buffer_bytes(BufferType.ResponseBody, 0, bytes, ptr, size);
}
