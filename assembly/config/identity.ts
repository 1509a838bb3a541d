import { identityBytesMax, identitySourcesMax } from "../bounds";
import { ValueKind } from "./document";
import { IdentityKind, IdentitySource } from "./config";
import { Members } from "./members";
import { nameFromText } from "./name";
import { NameIndex } from "./name_index";
import { Node } from "./node";
import { readKnownKeys } from "./keys";
import { readChoice, readHeaderName, readText } from "./scalars";

/** Reads the places where identities come from, in the order they are asked. */
export function readIdentities(node: Node): Array<IdentitySource> {
  const sources: Array<IdentitySource> = [];
  const items = node.items();
  if (items.length == 0 && node.value.kind == ValueKind.Array) node.refuse("must not be empty");
  if (<u32>items.length > identitySourcesMax) {
    node.refuse("must not hold more than " + identitySourcesMax.toString());
    return sources;
  }
  const seen = new NameIndex(items.length);
  for (let i = 0; i < items.length; i++) {
    const source = readSource(items[i]);
    if (!source) continue;
    sources.push(source);
    refuseTwin(items[i], source, i, seen);
  }
  return sources;
}

const kinds: Array<string> = ["header", "metadata", "clientCertificate", "apiKey"];

function readSource(node: Node): IdentitySource | null {
  const members = new Members(node);
  let chosen: Node | null = null;
  let kind = IdentityKind.Header;
  let given = 0;
  for (let i = 0; i < kinds.length; i++) {
    const member = members.optional(kinds[i]);
    if (!member) continue;
    chosen = member;
    kind = <IdentityKind>i;
    given++;
  }
  if (!chosen || given != 1) {
    if (node.value.kind != ValueKind.Object) return null;
    node.refuse("must have one of " + kinds.join(", ") + (given ? ", not several" : ""));
    return null;
  }
  const source = new IdentitySource();
  source.kind = kind;
  readKind(source, chosen, members);
  members.close();
  return source;
}

function readKind(source: IdentitySource, node: Node, members: Members): void {
  switch (source.kind) {
    case IdentityKind.Header:
      readTrustedHeader(source, node, members);
      break;
    case IdentityKind.Metadata:
      readMetadata(source, node, members);
      break;
    case IdentityKind.ClientCertificate:
      readCertificate(source, node);
      break;
    case IdentityKind.ApiKey:
      readApiKey(source, node, members);
  }
}

const untrusted: string =
  "must be true, to say that a filter in front sets this header whatever the client sends";

function readTrustedHeader(source: IdentitySource, node: Node, members: Members): void {
  const header = readHeaderName(node);
  if (header) source.header = header;
  const trusted = members.required("trusted", "missing: it " + untrusted);
  if (trusted && trusted.value.kind != ValueKind.True) trusted.refuse(untrusted);
}

/** `path` leads into the metadata of the filter that `metadata` names, its steps parted by dots. */
function readMetadata(source: IdentitySource, node: Node, members: Members): void {
  const namespace = readText(node, identityBytesMax);
  const pathNode = members.required("path");
  const path = readText(pathNode, identityBytesMax);
  if (!namespace || !pathNode || !path) return;
  const steps = String.UTF8.decodeUnsafe(path.ptr, path.length).split(".");
  if (steps.includes("")) pathNode.refuse("must not have an empty step between its dots");
  const space = String.UTF8.decodeUnsafe(namespace.ptr, namespace.length);
  const parts = ["metadata", "filter_metadata", space].concat(steps);
  source.property = nameFromText(parts.join("\0"));
}

const certificateFields: Array<string> = ["uriSan", "dnsSan", "subject", "sha256"];
/** Envoy's attributes of the peer certificate, in the same order. */
const certificateProperties: Array<string> = [
  "uri_san_peer_certificate",
  "dns_san_peer_certificate",
  "subject_peer_certificate",
  "sha256_peer_certificate_digest",
];

function readCertificate(source: IdentitySource, node: Node): void {
  const field = readChoice(node, certificateFields);
  if (field >= 0) source.property = nameFromText("connection\0" + certificateProperties[field]);
}

function readApiKey(source: IdentitySource, node: Node, members: Members): void {
  const header = readHeaderName(node);
  if (header) source.header = header;
  const known = members.required("known");
  if (known) readKnownKeys(known, source);
}

/** The same place twice can never be reached the second time. */
function refuseTwin(node: Node, source: IdentitySource, at: i32, seen: NameIndex): void {
  const place = source.property.length ? source.property : source.header;
  if (place.length == 0) return;
  const earlier = seen.add(place, at);
  if (earlier >= 0) node.refuse("the same place as identity[" + earlier.toString() + "]");
}
