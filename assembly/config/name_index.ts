import { equalsBytes } from "../bytes/ascii";
import { fnv1a64, mix64 } from "../bytes/hash";
import { Name } from "./name";

/**
 * Finds a number by the exact bytes of a name, in constant time and without allocating. Open
 * addressing with at least twice as many slots as names, so that every search meets an empty slot.
 */
export class NameIndex {
  private names: StaticArray<Name>;
  private values: StaticArray<i32>;
  /** Position in `names` plus one; 0 is an empty slot. */
  private slots: StaticArray<u32>;
  private count: i32 = 0;

  /** Room for `capacity` names; `add` takes no more. */
  constructor(capacity: i32) {
    let slots = 2;
    while (slots < capacity * 2) slots <<= 1;
    this.names = new StaticArray<Name>(capacity);
    this.values = new StaticArray<i32>(capacity);
    this.slots = new StaticArray<u32>(slots);
  }

  /** Stores `value` (0 or more) under a new name and answers -1, else the value already there. */
  add(name: Name, value: i32): i32 {
    const slot = this.slotOf(name.ptr, name.length);
    const taken = this.slots[slot];
    if (taken) return this.values[taken - 1];
    if (this.count == this.names.length) return -1;
    this.names[this.count] = name;
    this.values[this.count] = value;
    this.count += 1;
    this.slots[slot] = this.count;
    return -1;
  }

  /** The value stored under exactly these bytes, or -1. */
  find(ptr: usize, bytes: u32): i32 {
    const taken = this.slots[this.slotOf(ptr, bytes)];
    return taken ? this.values[taken - 1] : -1;
  }

  private slotOf(ptr: usize, bytes: u32): i32 {
    const mask = this.slots.length - 1;
    let slot = (<i32>mix64(fnv1a64(ptr, bytes))) & mask;
    for (let probes = 0; probes < mask; probes++) {
      const taken = this.slots[slot];
      if (!taken) break;
      const name = this.names[taken - 1];
      if (equalsBytes(name.ptr, name.length, ptr, bytes)) break;
      slot = (slot + 1) & mask;
    }
    return slot;
  }
}

/** Knows no name. */
export const noNames = new NameIndex(0);
