/**
 * One process that leads long conversations through the gateway's module, as a chat sends them
 * again with every turn. The order comes as the only argument; the answer is one line of JSON.
 */
import { readFileSync } from "node:fs";
import type { ChatMessage } from "../../haystack/chat.ts";
import { expectedPromptTokens } from "../../haystack/expected.ts";
import { Random } from "../../haystack/random.ts";
import { makeText } from "../../haystack/texts.ts";
import { closeStream, openStream, sendRequest, streamData } from "../../node/drive.ts";
import { LeanHost, type Recording, type StreamData } from "../../node/lean_host.ts";
import { type CountMode, type MemoMode, plainModel, pluginConfiguration } from "../../policy.ts";
import { median } from "../../statistics.ts";

export interface MemoOrder {
  modulePath: string;
  rounds: number;
  clock: "cpu" | "wall";
}

/** Milliseconds of one request until it is decided, one number a round. */
export interface MemoTimes {
  /** Only read, not counted. */
  uncounted: number[];
  /** Counted without a memo, never seen before. */
  fresh: number[];
  /** The same with a memo, which knows nothing of them. */
  missed: number[];
  /** Seen before, but for the last message. */
  repeated: number[];
  /** What the host itself takes for the calls of one such request. */
  hostCalls: number[];
}

export interface MemoFound {
  times: MemoTimes;
  /** Of the spans and of the bytes of repeated requests: what part was remembered. */
  hitSpans: number;
  hitBytes: number;
  bodyBytes: number;
}

const conversationBytes = 300_000;
const messagesOfConversation = 60;
const lastMessageBytes = 1_000;
const conversationsOfRound = 12;
const turnsOfRound = 30;
const warmUpConversations = 4;

const order = JSON.parse(process.argv[2] ?? "") as MemoOrder;
const module = new WebAssembly.Module(readFileSync(order.modulePath));
let nextId = 2;

interface Request {
  messages: ChatMessage[];
  data: StreamData;
}

function makeHistory(random: Random): ChatMessage[] {
  const count = messagesOfConversation - 1;
  const bytes = (conversationBytes - lastMessageBytes) / count;
  return Array.from({ length: count }, (_, index) => ({
    role: index === 0 ? "system" : index % 2 ? "user" : "assistant",
    content: makeText(random, bytes),
  }));
}

/** The history, and behind it a message that nobody has sent. */
function makeTurn(random: Random, history: ChatMessage[]): Request {
  const content = makeText(random, lastMessageBytes).slice(0, lastMessageBytes);
  const messages = [...history, { role: "user", content }];
  const body = Buffer.from(JSON.stringify({ messages, model: plainModel, temperature: 0.7 }));
  return { messages, data: streamData(body, "json") };
}

function makeHost(count: CountMode, memo: MemoMode, watched = false): LeanHost {
  const host = new LeanHost(module, { watched });
  host.configure(pluginConfiguration(count, memo));
  return host;
}

function nowMs(): number {
  if (order.clock === "wall") return performance.now();
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Median of the time until each request is decided; what is done after that is not measured. */
function timeRequests(host: LeanHost, requests: Request[]): number {
  const each = requests.map(({ data }) => {
    const id = nextId++;
    const from = nowMs();
    openStream(host, id);
    sendRequest(host, id, data);
    const took = nowMs() - from;
    closeStream(host, id);
    return took;
  });
  return median(each);
}

function recordRequest(host: LeanHost, { data }: Request): Recording {
  return host.record(() => {
    const id = nextId++;
    openStream(host, id);
    sendRequest(host, id, data);
    closeStream(host, id);
  });
}

function measure(rounds: number): MemoTimes {
  const times: MemoTimes = { uncounted: [], fresh: [], missed: [], repeated: [], hostCalls: [] };
  const random = new Random(71);
  for (let round = 0; round < rounds; round++) {
    const warmUp = Array.from({ length: warmUpConversations }, () =>
      makeTurn(random, makeHistory(random)),
    );
    const histories = Array.from({ length: conversationsOfRound }, () => makeHistory(random));
    const fresh = histories.map((history) => makeTurn(random, history));
    const [history = []] = histories;
    const turns = Array.from({ length: turnsOfRound }, () => makeTurn(random, history));
    const remembering = makeHost("exact", "identity");
    const cells: [keyof MemoTimes, LeanHost][] = [
      ["uncounted", makeHost("off", "off")],
      ["fresh", makeHost("exact", "off")],
      ["missed", remembering],
    ];
    for (const [name, host] of round % 2 ? cells.reverse() : cells) {
      timeRequests(host, warmUp);
      times[name].push(timeRequests(host, fresh));
    }
    times.repeated.push(timeRequests(remembering, turns));
    times.hostCalls.push(timeHostCalls(turns));
  }
  return times;
}

/** The calls that the host answers for one such request, made without the module. */
function timeHostCalls(requests: Request[]): number {
  const [first] = requests;
  if (first === undefined) return NaN;
  const { journal } = recordRequest(makeHost("off", "off", true), first);
  const host = makeHost("off", "off");
  const each = requests.map(({ data }) => {
    host.stream = data;
    const from = nowMs();
    host.replay(journal);
    return nowMs() - from;
  });
  return median(each);
}

/** Counts with and without a memo are those of the reference, and the memo is really used. */
function check(): Omit<MemoFound, "times"> {
  const random = new Random(73);
  const history = makeHistory(random);
  const turns = Array.from({ length: 4 }, () => makeTurn(random, history));
  const bodyBytes = turns[0]?.data.requestBody.length ?? 0;
  const watched = makeHost("exact", "identity", true);
  const recorded = turns.map((turn) => recordRequest(watched, turn));
  const plain = makeHost("exact", "off", true);
  turns.forEach((turn, index) => {
    const wanted = String(expectedPromptTokens(turn.messages));
    for (const found of [recorded[index], recordRequest(plain, turn)]) {
      const tokens = found?.properties.get("tokenstile.prompt_tokens");
      if (tokens !== wanted) throw new Error(`${tokens} prompt tokens, not ${wanted}`);
    }
  });
  const sum = (counter: string): number =>
    recorded.slice(1).reduce((all, { counters }) => all + (counters.get(counter) ?? 0), 0);
  const hits = sum("tokenstile_memo_spans_total;type=hit;");
  const misses = sum("tokenstile_memo_spans_total;type=miss;");
  const hitBytes = sum("tokenstile_memo_hit_bytes_total") / (turns.length - 1) / bodyBytes;
  return { hitSpans: hits / (hits + misses), hitBytes, bodyBytes };
}

const found: MemoFound = { ...check(), times: measure(order.rounds) };
process.stdout.write(`${JSON.stringify(found)}\n`);
