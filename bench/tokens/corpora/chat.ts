/** Chat requests as clients send them, cut from passages that are in no other corpus. */
import { Random } from "../../haystack/random.ts";
import { compilerCode, compilerMessages, nodeDocuments, novel, speeches } from "./passages.ts";
import { corpusBytes, cutText } from "./cut.ts";

const seed = 61;
const messagesMost = 6;
const passageBytesLeast = 80;
const passageBytesMost = 3_000;

/** Which of a hundred passages come from where; the rest is other languages. */
const sharePercent = { prose: 50, documents: 10, code: 20 };
const languages = ["de", "ru", "ko", "zh-cn", "pt-br"];

/** Two corpora of one request a line; no passage is in both. */
export function chatLines(): { chat: string; requests: string } {
  const random = new Random(seed);
  const wells = makeWells();
  const chat = takeLines(random, wells, corpusBytes);
  return { chat, requests: takeLines(random, wells, corpusBytes / 2) };
}

function takeLines(random: Random, wells: Wells, bytesMost: number): string {
  const lines: string[] = [];
  let bytes = 0;
  while (true) {
    const line = JSON.stringify(makeRequest(random, wells));
    bytes += Buffer.byteLength(line) + 1;
    if (bytes > bytesMost) return lines.join("\n");
    lines.push(line);
  }
}

/** Text that is handed out piece by piece, no byte of it twice. */
interface Well {
  text: string;
  at: number;
}

type Wells = Record<"prose" | "documents" | "code", Well> & { others: Well[] };

function makeWells(): Wells {
  const rest = (text: string): string => text.slice(cutText(text, corpusBytes).length);
  const well = (text: string): Well => ({ text, at: 0 });
  return {
    prose: well(`${rest(novel())}\n\n${speeches(2)}`),
    documents: well(rest(nodeDocuments())),
    code: well(compilerCode(5)),
    others: languages.map((language) => well(compilerMessages(language))),
  };
}

function makeRequest(random: Random, wells: Wells): object {
  const count = 1 + random.below(messagesMost);
  const messages = Array.from({ length: count }, (_, index) => {
    const role = index === 0 && count > 1 ? "system" : index % 2 ? "user" : "assistant";
    return { role: count === 1 ? "user" : role, content: draw(random, wells) };
  });
  return { messages, model: "gpt-4o", temperature: 0.7, stream: random.below(2) === 0 };
}

function draw(random: Random, wells: Wells): string {
  const length = passageBytesLeast + random.below(passageBytesMost - passageBytesLeast);
  const percent = random.below(100);
  const { prose, documents, code } = sharePercent;
  if (percent < prose) return take(wells.prose, length);
  if (percent < prose + documents) return take(wells.documents, length >> 1);
  if (percent < prose + documents + code) return take(wells.code, length);
  return take(random.pick(wells.others), length >> 2);
}

function take(well: Well, length: number): string {
  const text = well.text.slice(well.at, well.at + length);
  well.at += length;
  if (text.length < length) throw new Error("a source of the chat corpus has run dry");
  // A cut may have parted a surrogate pair, which no UTF-8 has.
  return Buffer.from(text).toString().trim();
}
