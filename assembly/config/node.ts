import { ConfigErrors, documentPath } from "./errors";
import { Value, ValueKind } from "./document";
import { Name } from "./name";
import { NameIndex } from "./name_index";
import { pathStep } from "./spelling";

/** A value together with the place where it stands, so that a mistake in it can be reported. */
export class Node {
  constructor(
    public readonly value: Value,
    public readonly path: string,
    public readonly errors: ConfigErrors,
  ) {}

  /** The name that an object's member goes by. */
  get name(): Name {
    return this.value.name;
  }

  /** Where a member or element stands; `step` is `.name` or `[...]`. */
  pathOf(step: string): string {
    if (this.path != documentPath) return this.path + step;
    return step.startsWith(".") ? step.slice(1) : step;
  }

  refuse(reason: string): void {
    this.errors.add(this.path, reason);
  }

  /** True for a value of this kind; else reports that it must be `wanted`. */
  is(kind: ValueKind, wanted: string): bool {
    if (this.value.kind == kind) return true;
    this.refuse("must be " + wanted + ", not " + kindName(this.value.kind));
    return false;
  }

  /** The elements of an array; none, after a report, when it is something else. */
  items(): Array<Node> {
    const nodes: Array<Node> = [];
    if (!this.is(ValueKind.Array, "an array")) return nodes;
    const values = this.value.children;
    for (let i = 0; i < values.length; i++) {
      const path = this.pathOf("[" + i.toString() + "]");
      nodes.push(new Node(values[i], path, this.errors));
    }
    return nodes;
  }

  /**
   * The members of an object whose names the user chooses. A name's repeats are reported and left
   * out. With `secretNames` no name comes near a message: it may be a key pasted by mistake.
   */
  entries(secretNames: bool = false): Array<Node> {
    const nodes: Array<Node> = [];
    if (!this.is(ValueKind.Object, "an object")) return nodes;
    const values = this.value.children;
    const seen = new NameIndex(values.length);
    for (let i = 0; i < values.length; i++) {
      const value = values[i];
      const path = secretNames ? this.path : this.pathOf(pathStep(value.name));
      const node = new Node(value, path, this.errors);
      if (seen.add(value.name, i) < 0) nodes.push(node);
      else node.refuse("given more than once");
    }
    return nodes;
  }
}

function kindName(kind: ValueKind): string {
  switch (kind) {
    case ValueKind.Object:
      return "an object";
    case ValueKind.Array:
      return "an array";
    case ValueKind.Text:
      return "text";
    case ValueKind.Number:
      return "a number";
    case ValueKind.Null:
      return "null";
    default:
      return "true or false";
  }
}
