import { routeBytesMax, urlBytesMax } from "../bounds";
import { Members } from "./members";
import { NameIndex } from "./name_index";
import { Node } from "./node";
import { readMemberName, readText } from "./scalars";
import { urlMistake } from "./url";

/**
 * Reads `{ ROUTE: { url } }` and answers the names of the routes, or null where targets are not to
 * be compared with them. The module itself calls no upstream: the URLs are for the host.
 */
export function readUpstreams(node: Node | null): NameIndex | null {
  if (!node) return null;
  const entries = node.entries();
  const names = new NameIndex(entries.length);
  for (let i = 0; i < entries.length; i++) {
    const entry = entries[i];
    readMemberName(entry, routeBytesMax);
    names.add(entry.name, i);
    readUpstream(entry);
  }
  return entries.length ? names : null;
}

function readUpstream(entry: Node): void {
  const members = new Members(entry);
  const node = members.required("url");
  members.close();
  const url = readText(node, urlBytesMax);
  if (!node || !url) return;
  const mistake = urlMistake(url.ptr, url.length);
  if (mistake.length) node.refuse(mistake);
}
