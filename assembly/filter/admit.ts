import { HeaderPairs, headerPairs, removeHeader, replaceHeader } from "../abi/headers";
import { nowNs } from "../abi/host";
import { MapType, Status } from "../abi/types";
import { Dialect, dialectOf } from "../api/dialect";
import { normalisePath, normalPathAmbiguous, normalPathBytes, normalPathPtr } from "../api/path";
import { namesOtherCharset } from "../api/charset";
import { equalsAscii, equalsAsciiIgnoreCase } from "../bytes/ascii";
import { parseDecimalU64 } from "../bytes/decimal";
import { fnv1a64 } from "../bytes/hash";
import { Literal, literal } from "../bytes/literal";
import { BodyMode, Config, SpreadKey } from "../config/config";
import { Denial } from "./denial";
import { identityUnreadable, resolveIdentity } from "./identity";
import { isOwned, removeOwned, removeOwnedUnseen } from "./owned_headers";
import { StreamRecord } from "./stream_record";

const contentLength: Literal = literal("content-length");
const acceptEncoding: Literal = literal("accept-encoding");
const identityCoding: Literal = literal("identity");

/** What the request's headers say, as far as it matters here. */
@unmanaged
class HeaderFacts {
  /** The client sent a header that only we may set. */
  forged: bool;
  isPost: bool;
  /** Of a method whose body servers read: anything but the ones that only ask. */
  sendsBody: bool;
  upgrades: bool;
  encoded: bool;
  /** A charset other than UTF-8, or more than one content-type: readers may see other text. */
  otherCharset: bool;
  hasContentType: bool;
  asksEncoding: bool;
  pathKnown: bool;
  hasContentLength: bool;
  contentLength: u64;
  requestIdHash: u64;
}

const facts = changetype<HeaderFacts>(memory.data(64, 8));

/**
 * The first verb. Strips what only we may set from every request, then tells LLM traffic by its
 * method and path. `stream.dialect` says what it is; the answer is a refusal that needs no body.
 */
export function admit(stream: StreamRecord, config: Config, endOfStream: bool): Denial {
  if (!readHeaders()) return removeOwnedUnseen() ? Denial.Failure : Denial.FailureClosed;
  if (facts.forged && !removeOwned(MapType.RequestHeaders)) return Denial.FailureClosed;
  stream.dialect = recognise();
  if (stream.dialect == Dialect.None) return Denial.None;
  if (stream.dialect == Dialect.Unmetered) {
    return config.unmeteredPasses ? Denial.None : Denial.Unmetered;
  }
  stream.startNs = nowNs();
  stream.spreadHash = facts.requestIdHash;
  const attach = config.attach;
  if (facts.encoded) return Denial.BodyEncoded;
  if (facts.otherCharset) return Denial.OtherCharset;
  if (facts.contentLength > attach.bodyBytesMax) return Denial.BodyTooLarge;
  if (endOfStream) return Denial.BodyMissing;
  const asksEncoding = facts.asksEncoding;
  const hasContentLength = facts.hasContentLength;
  const denial = identify(stream, config);
  if (denial != Denial.None) return denial;
  // Answers must be readable: an encoded one could only be estimated.
  if (asksEncoding) {
    const value = identityCoding;
    const to = MapType.RequestHeaders;
    const status = replaceHeader(to, acceptEncoding, value.ptr, value.bytes);
    if (status != Status.Ok) return Denial.FailureClosed;
  }
  stream.requestLengthOpen = !hasContentLength;
  if (attach.body == BodyMode.Stream && hasContentLength) {
    // These headers leave before the body is known, and it may have to change its length.
    const status = removeHeader(MapType.RequestHeaders, contentLength);
    if (status != Status.Ok) return Denial.FailureClosed;
    stream.requestLengthOpen = true;
  }
  return Denial.None;
}

function recognise(): Dialect {
  if (!facts.pathKnown) {
    // Too long to tell: LLM traffic it may be, if there is a body.
    return facts.sendsBody || facts.upgrades ? Dialect.Unmetered : Dialect.None;
  }
  const path = normalPathPtr();
  const bytes = normalPathBytes();
  const dialect = dialectOf(facts.sendsBody, facts.upgrades, path, bytes, normalPathAmbiguous());
  // Servers that fold the case of methods, or take PUT for POST, would answer it all the same.
  return dialect == Dialect.OpenAiChat && !facts.isPost ? Dialect.Unmetered : dialect;
}

/** Finds who pays, and the key of the weighted choice where a header or the payer is that key. */
function identify(stream: StreamRecord, config: Config): Denial {
  const bytes = resolveIdentity(config, stream.identityPtr);
  if (bytes == identityUnreadable) return Denial.Failure;
  stream.identityBytes = bytes;
  if (bytes != 0) return Denial.None;
  const anonymous = config.anonymous;
  if (anonymous === null) return Denial.Unidentified;
  memory.copy(stream.identityPtr, anonymous.ptr, anonymous.length);
  stream.identityBytes = anonymous.length;
  return Denial.None;
}

function readHeaders(): bool {
  memory.fill(changetype<usize>(facts), 0, offsetof<HeaderFacts>());
  const pairs = headerPairs();
  if (pairs.read(MapType.RequestHeaders) != Status.Ok) return false;
  while (pairs.next()) note(pairs);
  return true;
}

function note(pairs: HeaderPairs): void {
  const name = pairs.namePtr;
  const bytes = pairs.nameBytes;
  if (bytes == 0) return;
  switch (load<u8>(name)) {
    case 0x3a: // ':'
      notePseudo(pairs);
      break;
    case 0x78: // 'x'
    case 0x58: // 'X', of a host that keeps the case
      facts.forged = facts.forged || isOwned(name, bytes);
      if (equalsAscii(name, bytes, "x-request-id")) {
        facts.requestIdHash = fnv1a64(pairs.valuePtr, pairs.valueBytes);
      }
      break;
    case 0x75: // 'u'
      if (equalsAscii(name, bytes, "upgrade")) facts.upgrades = true;
      break;
    case 0x61: // 'a'
      if (equalsAscii(name, bytes, "accept-encoding")) facts.asksEncoding = true;
      break;
    case 0x63: // 'c'
      noteContent(pairs);
      break;
    default:
  }
}

function notePseudo(pairs: HeaderPairs): void {
  if (equalsAscii(pairs.namePtr, pairs.nameBytes, ":method")) {
    const method = pairs.valuePtr;
    const bytes = pairs.valueBytes;
    facts.isPost = equalsAscii(method, bytes, "POST");
    facts.upgrades = facts.upgrades || equalsAscii(method, bytes, "CONNECT");
    facts.sendsBody = !(
      equalsAscii(method, bytes, "GET") ||
      equalsAscii(method, bytes, "HEAD") ||
      equalsAscii(method, bytes, "OPTIONS") ||
      equalsAscii(method, bytes, "DELETE")
    );
  } else if (equalsAscii(pairs.namePtr, pairs.nameBytes, ":path")) {
    facts.pathKnown = normalisePath(pairs.valuePtr, pairs.valueBytes);
  }
}

function noteContent(pairs: HeaderPairs): void {
  const value = pairs.valuePtr;
  const bytes = pairs.valueBytes;
  if (equalsAscii(pairs.namePtr, pairs.nameBytes, "content-encoding")) {
    if (bytes != 0 && !equalsAsciiIgnoreCase(value, bytes, "identity")) facts.encoded = true;
  } else if (equalsAscii(pairs.namePtr, pairs.nameBytes, "content-type")) {
    const other = namesOtherCharset(value, bytes);
    facts.otherCharset = facts.otherCharset || other || facts.hasContentType;
    facts.hasContentType = true;
  } else if (equalsAscii(pairs.namePtr, pairs.nameBytes, "content-length")) {
    const slot = changetype<usize>(facts) + offsetof<HeaderFacts>("contentLength");
    facts.hasContentLength = true;
    parseDecimalU64(value, bytes, slot);
  }
}

/** The key of the weighted choice among a model's targets (policy word `spread`). */
export function spreadHashOf(stream: StreamRecord): u64 {
  const model = stream.model;
  if (model === null || model.spread == SpreadKey.Request) return requestHash(stream);
  if (model.spread == SpreadKey.Identity) return fnv1a64(stream.identityPtr, stream.identityBytes);
  const header = model.spreadHeader;
  const pairs = headerPairs();
  if (pairs.read(MapType.RequestHeaders) != Status.Ok) return requestHash(stream);
  while (pairs.next()) {
    const same = pairs.nameBytes == header.length;
    if (same && memory.compare(pairs.namePtr, header.ptr, pairs.nameBytes) == 0) {
      return fnv1a64(pairs.valuePtr, pairs.valueBytes);
    }
  }
  return requestHash(stream);
}

/** The request's id; where nobody gave it one, its number in this VM. */
function requestHash(stream: StreamRecord): u64 {
  return stream.spreadHash != 0 ? stream.spreadHash : stream.contextId;
}
