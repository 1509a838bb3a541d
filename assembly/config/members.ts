import { equalsAscii } from "../bytes/ascii";
import { ValueKind } from "./document";
import { Node } from "./node";
import { quoted } from "./spelling";
import { nearest } from "./suggestion";

/** Reads the members of an object by the names that may stand there, and reports all others. */
export class Members {
  private asked: Array<string> = [];
  private entries: Array<Node>;

  constructor(private readonly node: Node) {
    this.entries = node.entries();
  }

  /** The member of that name, or null. */
  optional(name: string): Node | null {
    this.asked.push(name);
    for (let i = 0; i < this.entries.length; i++) {
      const entry = this.entries[i];
      if (equalsAscii(entry.name.ptr, entry.name.length, name)) return entry;
    }
    return null;
  }

  /** As `optional`, but its absence is a mistake. */
  required(name: string, reason: string = "missing"): Node | null {
    const found = this.optional(name);
    const isObject = this.node.value.kind == ValueKind.Object;
    if (!found && isObject) this.node.errors.add(this.node.pathOf("." + name), reason);
    return found;
  }

  /** Reports every member that nobody asked for; call it when all have been. */
  close(): void {
    for (let i = 0; i < this.entries.length; i++) {
      const entry = this.entries[i];
      if (this.wasAsked(entry)) continue;
      if (entry.errors.full) entry.refuse("");
      else entry.refuse(this.unknownReason(entry));
    }
  }

  private wasAsked(entry: Node): bool {
    for (let i = 0; i < this.asked.length; i++) {
      if (equalsAscii(entry.name.ptr, entry.name.length, this.asked[i])) return true;
    }
    return false;
  }

  private unknownReason(entry: Node): string {
    const near = nearest(entry.name, this.asked);
    const reason = "unknown key: this version has no " + quoted(entry.name);
    return near.length ? reason + ' (did you mean "' + near + '"?)' : reason;
  }
}
