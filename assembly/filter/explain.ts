import { callForeign } from "../abi/host";
import { dialectName } from "../api/dialect";
import { RequestError } from "../api/request";
import { Usage, UsageKind } from "../api/usage";
import { Literal, literal } from "../bytes/literal";
import { ByteWriter } from "../bytes/writer";
import { codeOf } from "./denial";
import { textScratch } from "./scratch";
import { endingName, qualityName, Settlement } from "./settlement";
import { Stage, StreamRecord } from "./stream_record";

const explainCall: Literal = literal("tokenstile.explain");

/**
 * Hands the host one JSON object that says what was read of a stream and why it was charged so.
 * Only with `attach.explain`, and only to a host that knows the call: no Envoy does.
 */
export function explain(stream: StreamRecord, charge: Settlement): void {
  const out = textScratch;
  out.reset();
  out.ascii('{"dialect":"');
  out.ascii(dialectName(stream.dialect));
  out.byte(0x22);
  writeRequest(out, stream);
  writeRoute(out, stream);
  writeUsage(out, stream);
  out.ascii(',"promptTokens":');
  out.decimal(stream.promptTokens);
  out.ascii(',"ownOutputTokens":');
  out.decimal(charge.ownOutput);
  out.ascii(',"costNanoUsd":');
  out.decimal(charge.costNanoUsd);
  out.ascii(',"quality":"');
  out.ascii(qualityName(charge.quality));
  out.ascii('","ending":"');
  out.ascii(endingName(charge.ending));
  out.ascii('","decision":"');
  out.ascii(stream.stage == Stage.Denied ? "deny" : "admit");
  out.ascii('","reason":"');
  const request = stream.request;
  out.ascii(codeOf(stream.denial, request === null ? RequestError.None : request.error));
  out.ascii('"}');
  callForeign(explainCall, out.ptr, out.bytes);
}

function writeRequest(out: ByteWriter, stream: StreamRecord): void {
  const request = stream.request;
  if (request === null || request.modelBytes == 0) {
    out.ascii(',"stream":null,"requestedModel":null,"maxOutput":null');
    return;
  }
  out.ascii(',"stream":');
  out.ascii(request.stream ? "true" : "false");
  writeText(out, "requestedModel", request.modelPtr, request.modelBytes);
  out.ascii(',"maxOutput":');
  if (request.maxOutputTokens == 0) out.ascii("null");
  else out.decimal(request.maxOutputTokens);
}

function writeRoute(out: ByteWriter, stream: StreamRecord): void {
  const model = stream.model;
  if (model === null) writeText(out, "model", 0, 0);
  else writeText(out, "model", model.name.ptr, model.name.length);
  const target = stream.target;
  if (target === null) writeText(out, "targetModel", 0, 0);
  else writeText(out, "targetModel", target.model.ptr, target.model.length);
  const route = stream.route;
  if (route === null) writeText(out, "route", 0, 0);
  else writeText(out, "route", route.ptr, route.length);
  writeText(out, "identity", stream.identityPtr, stream.identityBytes);
}

/** A member with a text, or null where there is none. */
function writeText(out: ByteWriter, name: string, ptr: usize, bytes: u32): void {
  out.ascii(',"');
  out.ascii(name);
  out.ascii('":');
  if (bytes == 0) return out.ascii("null");
  out.byte(0x22);
  out.jsonText(ptr, bytes);
  out.byte(0x22);
}

function writeUsage(out: ByteWriter, stream: StreamRecord): void {
  const watch = stream.watch;
  out.ascii(',"usage":{"input":');
  const usage = watch !== null ? watch.answer.reader.usage : null;
  writeNumber(out, usage, UsageKind.Input, usage === null ? 0 : usage.input);
  out.ascii(',"cachedRead":');
  writeNumber(out, usage, UsageKind.CachedRead, usage === null ? 0 : usage.cachedRead);
  out.ascii(',"cacheWrite":');
  writeNumber(out, usage, UsageKind.CacheWrite, usage === null ? 0 : usage.cacheWrite);
  out.ascii(',"output":');
  writeNumber(out, usage, UsageKind.Output, usage === null ? 0 : usage.output);
  out.ascii(',"reasoning":');
  writeNumber(out, usage, UsageKind.Reasoning, usage === null ? 0 : usage.reasoning);
  out.ascii(',"total":');
  writeNumber(out, usage, UsageKind.Total, usage === null ? 0 : usage.total);
  out.byte(0x7d);
}

function writeNumber(out: ByteWriter, usage: Usage | null, kind: UsageKind, value: u64): void {
  if (usage === null || !usage.has(kind)) out.ascii("null");
  else out.decimal(value);
}
