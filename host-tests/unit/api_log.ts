/** How the Markdown cases of requests and responses show what was read. */
import type { ApiModule, Cut, EncodingNumber, Find, RequestFacts } from "./api_module.ts";
import { jsonErrors, type UsageFacts, usageKeys } from "./api_module.ts";
import { showBytes } from "./show_bytes.ts";

/** The facts of a request: its refusal alone, or a line for each thing that was said. */
export function requestLog(api: ApiModule, body: Uint8Array, cut: Cut): string[] {
  const plain = api.readRequest(body, 0, cut);
  const counted = ([1, 2] as EncodingNumber[]).map((one) => api.readRequest(body, one, cut));
  const lines = factLines(plain);
  for (const facts of counted) {
    if (factLines(facts).join() !== lines.join()) return [...lines, ...factLines(facts)];
    if (facts.textBytes !== plain.textBytes) return ["the encoding changes more than the count"];
  }
  if (plain.error !== "None") return lines;
  const all = [plain, ...counted];
  if (all.every((facts) => facts.promptTokens + moreTokens(facts) === 0 && !facts.estimated)) {
    return lines;
  }
  const [uncounted, o200k, cl100k] = all.map((facts, at) => {
    const bytes = at === 0 ? `, ${facts.textBytes} bytes` : "";
    const more = moreTokens(facts) === 0 ? "" : `, about ${moreTokens(facts)} more`;
    const over = facts.overLimit ? " over the limit" : "";
    const estimated = facts.estimated ? " estimated" : "";
    return `${facts.promptTokens} tokens${bytes}${more}${estimated}${over}`;
  });
  return [...lines, `uncounted: ${uncounted}`, `o200k_base: ${o200k}`, `cl100k_base: ${cl100k}`];
}

/** What is not text: tools, images and sound, and what is not read. */
function moreTokens({ toolingTokens, mediaTokens, unreadTokens }: RequestFacts): number {
  return toolingTokens + mediaTokens + unreadTokens;
}

function factLines(facts: RequestFacts): string[] {
  if (facts.error === "NotJson") return [`NotJson at ${facts.errorOffset} ${facts.jsonError}`];
  if (facts.error !== "None") return [`${facts.error} at ${facts.errorOffset}`];
  const lines = [`${facts.modelStart}-${facts.modelEnd} model ${showBytes(facts.model)}`];
  if (facts.stream) lines.push("stream");
  if (facts.maxOutputTokens !== 0n) lines.push(`at most ${facts.maxOutputTokens} tokens of output`);
  if (facts.streamOptionsInside !== 0) {
    lines.push(`${facts.streamOptionsInside} options${facts.streamOptionsEmpty ? " empty" : ""}`);
  }
  if (facts.streamOptionsNullEnd !== 0) {
    lines.push(`${facts.streamOptionsNullStart}-${facts.streamOptionsNullEnd} options null`);
  }
  if (facts.usageAsked) lines.push("usage asked");
  if (facts.usageFalseEnd !== 0) {
    lines.push(`${facts.usageFalseStart}-${facts.usageFalseEnd} usage not asked`);
  }
  return [...lines, `${facts.rootEnd} end`];
}

/**
 * What a response's documents told: finds with the offsets in their document, usage as reported and
 * after `derive` where that changes it, and our own count.
 */
export function responseLog(api: ApiModule, documents: [Uint8Array, Cut?][]): string[] {
  const facts = api.readResponse(documents, 1);
  const plain = api.readResponse(documents, 0);
  const lines = findLines(facts.finds);
  if (findLines(plain.finds).join() !== lines.join()) return ["the encoding changes what is found"];
  const usage = usageLine(facts.usage);
  const derived = usageLine(facts.derived);
  lines.push(`usage ${usage}`);
  if (derived !== usage) lines.push(`derived ${derived}`);
  const exact = facts.exact ? "" : " inexact";
  const isReported = usageKeys.some((key) => facts.usage[key] !== null);
  if (facts.usageStale && isReported) lines.push("text behind the usage");
  return [...lines, `own ${facts.ownTokens} tokens, ${facts.textBytes} bytes${exact}`];
}

/** Pieces of one text that follow each other are one line, however the bytes were cut. */
function findLines(found: Find[]): string[] {
  const lines: string[] = [];
  let open: { label: string; pieces: Buffer[] } | undefined;
  const close = (): void => {
    if (open) lines.push(`${open.label} ${showBytes(Buffer.concat(open.pieces))}`);
    open = undefined;
  };
  for (const one of found) {
    if (one.find !== "Piece") {
      close();
      lines.push(findLine(one));
      continue;
    }
    const label = `${one.choice} ${one.kind}`;
    if (open?.label !== label) close();
    open ??= { label, pieces: [] };
    open.pieces.push(one.bytes);
  }
  close();
  return lines.filter((line) => line !== "");
}

function findLine({ find, start, end }: Find): string {
  switch (find) {
    case "ModelOpen":
      return "";
    case "ModelClose":
      return `${start}-${end} model`;
    case "UsageNull":
      return `${start}-${end} usage null`;
    case "RootClose":
      return `${start} root close`;
    case "End":
      return `${end} not JSON: ${jsonErrors[start]}`;
    default:
      return documentEnd(start);
  }
}

function documentEnd(flags: number): string {
  const said = ["usage", "content"].filter((_, at) => flags & (1 << at));
  return `document with ${said.join(", ") || "nothing"}`;
}

function usageLine(usage: UsageFacts): string {
  return usageKeys.map((key) => `${key}=${usage[key]}`).join(" ");
}
