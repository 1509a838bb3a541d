import { equalsBytes } from "../bytes/ascii";
import { literal } from "../bytes/literal";
import { foldsTo } from "./fold";

/**
 * The members of a document that a dialect reads, as a table: which name, in which context, is
 * which field, and which context its object or its array opens. All else is passed over unread.
 *
 * A context is a small number that a dialect chooses; `rootContext` is the document's own object.
 * Tables are made once at start and never change.
 */
export const rootContext: i32 = 1;

/** Field of a value that no rule of the table names. */
export const noField: i32 = 0;


@unmanaged
export class ShapeRule {
  context: i32;
  field: i32;
  /** Context that the value opens when it is an object, when it is an array; 0: passed over. */
  objectContext: i32;
  arrayContext: i32;
  /** Rule of an array's elements; such a rule has no name. */
  element: bool;
  /** Its value, if a container, is read as it stands by a reader that asks for it. */
  isTree: bool;
  /** Position among its context's rules, for the mask of members already seen. */
  index: i32;
  nameBytes: u32;
  namePtr: usize;
}

const rulesMax: u32 = 96;


@unmanaged
export class Shape {
  private rules: usize;
  private count: u32;
  /** Requests are refused for repeated and look-alike members; responses are read as they come. */
  strict: bool;
  /** The rule of the document itself. */
  root: ShapeRule;

  /** A member whose value is a scalar, or anything that needs no look inside. */
  member(context: i32, name: string, field: i32): void {
    this.add(context, name, field, 0, 0);
  }

  /** A member whose object, or whose array, is looked into. */
  container(context: i32, name: string, field: i32, objectContext: i32, arrayContext: i32): void {
    this.add(context, name, field, objectContext, arrayContext);
  }

  /** A member whose value is read event by event (`Walker.readsTrees`), or passed over. */
  tree(context: i32, name: string, field: i32): void {
    this.add(context, name, field, 0, 0).isTree = true;
  }

  /** The elements of the arrays in `context`. */
  elements(context: i32, field: i32, objectContext: i32): void {
    const rule = this.add(context, "", field, objectContext, 0);
    rule.element = true;
  }

  /** The rule for a member's name, null when the dialect does not read it. */
  find(context: i32, name: usize, nameBytes: u32): ShapeRule | null {
    for (let i: u32 = 0; i < this.count; i++) {
      const rule = this.at(i);
      if (rule.context != context || rule.element) continue;
      if (equalsBytes(rule.namePtr, rule.nameBytes, name, nameBytes)) return rule;
    }
    return null;
  }

  /** True when a name that is none of the context's looks like one to a case-folding reader. */
  looksLikeMember(context: i32, name: usize, nameBytes: u32): bool {
    for (let i: u32 = 0; i < this.count; i++) {
      const rule = this.at(i);
      if (rule.context != context || rule.element) continue;
      if (foldsTo(name, nameBytes, rule.namePtr, rule.nameBytes)) return true;
    }
    return false;
  }

  elementRule(context: i32): ShapeRule | null {
    for (let i: u32 = 0; i < this.count; i++) {
      const rule = this.at(i);
      if (rule.context == context && rule.element) return rule;
    }
    return null;
  }

  private at(index: u32): ShapeRule {
    return changetype<ShapeRule>(this.rules + <usize>index * offsetof<ShapeRule>());
  }

  private add(context: i32, name: string, field: i32, object: i32, array: i32): ShapeRule {
    assert(this.count < rulesMax, "a dialect has more rules than a shape holds");
    let index: i32 = 0;
    for (let i: u32 = 0; i < this.count; i++) if (this.at(i).context == context) index++;
    const text = literal(name);
    const rule = this.at(this.count++);
    rule.context = context;
    rule.field = field;
    rule.objectContext = object;
    rule.arrayContext = array;
    rule.element = false;
    rule.isTree = false;
    rule.index = index;
    rule.namePtr = text.ptr;
    rule.nameBytes = text.bytes;
    return rule;
  }

  init(strict: bool): Shape {
    this.rules = heap.alloc(<usize>rulesMax * offsetof<ShapeRule>());
    this.count = 0;
    this.strict = strict;
    this.root = this.add(0, "", noField, rootContext, 0);
    return this;
  }
}

export function newShape(strict: bool): Shape {
  return changetype<Shape>(heap.alloc(offsetof<Shape>())).init(strict);
}
