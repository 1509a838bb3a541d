import { Literal } from "../bytes/literal";
import {
  proxy_get_header_map_pairs,
  proxy_remove_header_map_value,
  proxy_replace_header_map_value,
} from "./imports";
import {
  closeLanding,
  landedBytes,
  landedPtr,
  openLanding,
  outSecondWord,
  outWord,
} from "./memory";
import { MapType, Status } from "./types";

/**
 * A walk over one header map, every repetition of a name included (the host's look-up by name shows
 * only the first). The bytes are the landing's: they are gone with the next call to the host.
 *
 * Layout (ABI 0.2.1): count, then (name bytes, value bytes) for each pair, then each name and value
 * followed by a NUL.
 */
@unmanaged
export class HeaderPairs {
  namePtr: usize;
  nameBytes: u32;
  valuePtr: usize;
  valueBytes: u32;
  private sizes: usize;
  private data: usize;
  private end: usize;
  private left: u32;

  /** Fetches the map. Anything but Ok: there is nothing to walk. */
  read(map: MapType): Status {
    this.left = 0;
    openLanding();
    const status = proxy_get_header_map_pairs(map, outWord(), outSecondWord());
    closeLanding();
    if (status != Status.Ok) return status;
    const ptr = landedPtr();
    const bytes = landedBytes();
    if (bytes < 4) return Status.Ok;
    const count = load<u32>(ptr);
    if (<u64>count * 8 + 4 > <u64>bytes) return Status.ParseFailure;
    this.left = count;
    this.sizes = ptr + 4;
    this.data = ptr + 4 + <usize>count * 8;
    this.end = ptr + bytes;
    return Status.Ok;
  }

  /** Steps to the next pair; false after the last, or where the host's sizes do not add up. */
  next(): bool {
    if (this.left == 0) return false;
    this.left -= 1;
    const nameBytes = load<u32>(this.sizes);
    const valueBytes = load<u32>(this.sizes, 4);
    this.sizes += 8;
    if (<u64>nameBytes + <u64>valueBytes + 2 > <u64>(this.end - this.data)) {
      this.left = 0;
      return false;
    }
    this.namePtr = this.data;
    this.nameBytes = nameBytes;
    this.valuePtr = this.data + nameBytes + 1;
    this.valueBytes = valueBytes;
    this.data = this.valuePtr + valueBytes + 1;
    return true;
  }
}

const shared = changetype<HeaderPairs>(memory.data(64, 8));

/** The one walker: a second map is read only after the first was walked. */
export function headerPairs(): HeaderPairs {
  return shared;
}

/**
 * Sets a header to this one value, whatever was there. The caller has checked the value's bytes.
 */
export function replaceHeader(map: MapType, name: Literal, value: usize, bytes: u32): Status {
  return proxy_replace_header_map_value(map, name.ptr, name.bytes, value, bytes);
}

/** Removes every value of a header. */
export function removeHeader(map: MapType, name: Literal): Status {
  return proxy_remove_header_map_value(map, name.ptr, name.bytes);
}
