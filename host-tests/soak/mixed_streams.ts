/** Streams that end in every way there is, drawn at random from a seed. */
import type { Pairs } from "../../host/abi.ts";
import { Status } from "../../host/abi.ts";
import type { ReplayRun, ScriptedResponse } from "../../host/replay.ts";
import { Replayer } from "../../host/replayer.ts";
import { Random } from "../../bench/haystack/random.ts";
import {
  chatAnswer,
  chatBody,
  chatPath,
  chatSetup,
  doneEvent,
  endEvent,
  jsonHeaders,
  sseHeaders,
  textEvent,
  usageEvent,
} from "../flow/chat_setup.ts";

const routesSetup = chatSetup().routes;
const words = ["turn", "stile ", "Zoë ", "☕", "通", " 1234", "\n", "    ", "’s "];
const faultOneIn = 50;
const identities = 40;
const pieceBytesMax = 400;

/** Keeps one VM busy and adds up what it did. */
export class MixedStreams {
  readonly replayer: Replayer;
  /** How often each ending was logged. */
  readonly endings = new Map<string, number>();
  /** What no stream may do: traps, hangs, broken rules of the host. */
  readonly complaints: string[] = [];
  private readonly random: Random;

  constructor(module: string, seed: number) {
    this.random = new Random(seed);
    const identity = [{ header: "x-tenant", trusted: true }];
    const { configuration } = chatSetup({ policy: { identity } });
    this.replayer = new Replayer({ module, configuration });
  }

  get memoryBytes(): number {
    return this.replayer.vm.memoryBytes;
  }

  /** Runs so many streams; the host fails one call in some of them. */
  run(streams: number): void {
    for (let at = 0; at < streams && this.complaints.length === 0; at++) this.runOne();
  }

  private runOne(): void {
    const { random, replayer } = this;
    const run = this.draw();
    const calls = replayer.loaded.shape.imports;
    const fails = random.below(faultOneIn) === 0;
    if (fails) {
      const { name } = calls[random.below(calls.length)] ?? { name: "" };
      replayer.faults.fail(name, 1 + random.below(6), Status.InternalFailure);
    }
    const { violations, trap, accessLog } = replayer.run(run);
    replayer.faults.clear();
    const ending = accessLog.ending ?? "passed";
    this.endings.set(ending, (this.endings.get(ending) ?? 0) + 1);
    if (trap !== null) this.complaints.push(trap);
    this.complaints.push(...violations);
  }

  private draw(): ReplayRun {
    const { random } = this;
    const tenant: [string, string] = ["x-tenant", `tenant-${random.below(identities)}`];
    const base = { routes: routesSetup, respondAt: "end" as const };
    const headers: Pairs = [...jsonHeaders, tenant];
    if (random.below(20) === 0) {
      const request = { method: "GET", path: "/plain/status", headers };
      return { ...base, request, respond: () => ({ status: 204 }) };
    }
    const streams = random.below(2) === 0;
    const chunks = this.cut(this.body(streams));
    const trailers: Pairs | undefined = random.below(8) === 0 ? [["x-sum", "1"]] : undefined;
    const abortAfterChunk = random.below(12) === 0 ? random.below(chunks.length + 1) : undefined;
    const request = { method: "POST", path: chatPath, headers, chunks, trailers, abortAfterChunk };
    const response = this.response(streams);
    return { ...base, request, respond: () => response };
  }

  /** Now and then one that is refused. */
  private body(stream: boolean): string {
    const { random } = this;
    const body = chatBody({
      model: random.pick(["gpt-4o", "gpt-4", "chat-default", "gpt-4o", "gpt-4", "gpt-99"]),
      content: this.text(random.below(200)),
      ...(stream ? { stream } : {}),
    });
    if (random.below(25) === 0) return body.slice(0, random.below(body.length));
    if (random.below(200) === 0) return chatBody({ content: "long ".repeat(20_000) });
    return body;
  }

  private text(length: number): string {
    return Array.from({ length }, () => this.random.pick(words)).join("");
  }

  private response(streams: boolean): ScriptedResponse {
    const { random } = this;
    if (random.below(20) === 0) return { status: 503, refused: true };
    const status = random.below(15) === 0 ? 429 : 200;
    const body = streams ? this.events() : String(chatAnswer().chunks?.[0]);
    const whole = random.below(15) === 0 ? body.slice(0, random.below(body.length)) : body;
    const chunks = this.cut(whole);
    const at = random.below(chunks.length + 2) - 1;
    return {
      ...{ status, headers: streams ? sseHeaders : jsonHeaders, chunks },
      ...this.cutShort(at),
      trailers: random.below(8) === 0 ? [["x-end", "1"]] : undefined,
    };
  }

  private cutShort(at: number): Partial<ScriptedResponse> {
    switch (this.random.below(10)) {
      case 0:
        return { resetAfterChunk: at };
      case 1:
        return { abortAfterChunk: Math.max(at, 0) };
      case 2:
        return { timeoutAfterChunk: at };
      default:
        return {};
    }
  }

  private events(): string {
    const { random } = this;
    const texts = Array.from({ length: random.below(30) }, () => textEvent(this.text(2)));
    const usage = random.below(3) === 0 ? [] : [usageEvent];
    return [...texts, endEvent, ...usage, doneEvent].join("");
  }

  /** The bytes in pieces of any size. */
  private cut(text: string): Uint8Array[] {
    const bytes = Buffer.from(text);
    const pieces: Uint8Array[] = [];
    for (let at = 0; at < bytes.length;) {
      const size = 1 + this.random.below(pieceBytesMax);
      pieces.push(bytes.subarray(at, at + size));
      at += size;
    }
    return pieces;
  }
}

const blockBytes = 4_096;
/** Left free when the rest is filled: forty bytes lost by each of two thousand streams are more. */
const reserveBytes = 65_536;

/**
 * Takes what the allocator still has in hand. Memory grows in large steps: without this, a leak
 * could go on for long before it shows.
 */
export function fillSlack({ vm }: Replayer): void {
  const end = vm.memoryBytes - reserveBytes;
  while (vm.allocate(blockBytes) + 2 * blockBytes < end);
}
