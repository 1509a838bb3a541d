/**
 * Cuts on the wire, on both hosts. TCP may join what was written apart, so the sample counts only
 * where the pieces are seen to have arrived: the provider and the client record theirs. Exhaustive
 * cuts are in `host-tests/property/cuts.test.ts`.
 */
import { describe, expect } from "vitest";
import { ask, cutInto, taken } from "./chat_flow.ts";
import { chatBody, chatSetup, doneEvent, endEvent, jsonHeaders } from "./chat_setup.ts";
import { sseHeaders, textEvent, usageEvent } from "./chat_setup.ts";
import { pause } from "./client.ts";
import { onBothHosts } from "./world_flow.ts";

const paceMs = 3;

/** Cuts inside names, values, escapes, characters, line ends: everywhere in this many places. */
const samplesMax = 24;

function samples(bytes: Buffer): number[] {
  const step = Math.max(1, Math.floor(bytes.length / samplesMax));
  return [...Array(Math.ceil(bytes.length / step)).keys()].map((at) => at * step + 1);
}

describe("paced cuts", () => {
  onBothHosts("of a request do not show", chatSetup(), async (flow) => {
    const body = Buffer.from(
      chatBody({ model: "gpt-4", content: 'Gr\u00fc\u00dfe \u{1f44b} "x"\n' }),
    );
    const expected = JSON.stringify({ ...JSON.parse(String(body)), model: "gpt-4-prod" });
    const logs = new Set<string>();
    for (const at of samples(body)) {
      const chunks = [body.subarray(0, at), pause(paceMs), body.subarray(at)];
      flow.providers.azure?.queue({ headers: jsonHeaders, chunks: ["{}"], contentLength: true });
      const { log } = await ask(flow, undefined, { chunks: chunks.filter(isSent) });
      expect(String(taken(flow, "azure").body)).toBe(expected);
      logs.add(JSON.stringify({ ...log, id: null }));
    }
    expect(logs.size).toBe(1);
  });

  const events = [
    textEvent("Gr\u00fc\u00df \u{1f44b}", { usage: null }),
    ": ping\n\n",
    endEvent,
    usageEvent,
  ];
  const stream = Buffer.from(events.join("") + doneEvent);
  const asked = (text: string): string => text.replaceAll("gpt-4o-2024-08-06", "gpt-4");
  const client = asked(textEvent("Gr\u00fc\u00df \u{1f44b}") + ": ping\n\n" + endEvent) + doneEvent;

  onBothHosts("of an event stream do not show", chatSetup(), async (flow) => {
    const cuts = samples(stream).map((at) => [stream.subarray(0, at), stream.subarray(at)]);
    for (const pieces of [...cuts, cutInto(stream, 16), cutInto(stream, 61)]) {
      const chunks = pieces.filter((piece) => piece.length > 0);
      flow.providers.azure?.queue({ headers: sseHeaders, chunks, pauseMs: paceMs });
      const { text, log } = await ask(flow, chatBody({ model: "gpt-4", stream: true }));
      taken(flow, "azure");
      expect(text).toBe(client);
      expect(log).toMatchObject({ total_tokens: "17", quality: "exact", ending: "complete" });
    }
  });

  onBothHosts("do arrive as cuts", chatSetup(), async (flow) => {
    // Nothing is held back of this stream, so that the client's pieces are those that we were
    // given.
    const body = chatBody({ stream: true, stream_options: { include_usage: true } });
    const cuts = samples(stream).slice(0, -1);
    const arrived: number[] = [];
    for (const at of cuts) {
      const chunks = [stream.subarray(0, at), stream.subarray(at)];
      flow.provider.queue({ headers: sseHeaders, chunks, pauseMs: paceMs });
      const { reply, log } = await ask(flow, body);
      taken(flow);
      expect(reply.body.equals(stream)).toBe(true);
      expect(log).toMatchObject({ total_tokens: "17", quality: "exact", ending: "complete" });
      if (reply.chunks[0]?.length === at) arrived.push(at);
    }
    expect(arrived.length, `of ${cuts.join()} only ${arrived.join()}`).toBeGreaterThan(
      cuts.length / 4,
    );
  });

  onBothHosts("of a JSON answer do not show", chatSetup(), async (flow) => {
    const answer = Buffer.from(
      '{"id":"\u00e9","model":"gpt-4-prod","choices":[],' +
        '"usage":{"prompt_tokens":12,"completion_tokens":5}}',
    );
    for (const at of samples(answer)) {
      const chunks = [answer.subarray(0, at), answer.subarray(at)].filter(
        (piece) => piece.length > 0,
      );
      flow.providers.azure?.queue({ headers: jsonHeaders, chunks, pauseMs: paceMs });
      const { text, log } = await ask(flow, chatBody({ model: "gpt-4" }));
      taken(flow, "azure");
      expect(text).toBe(String(answer).replace("gpt-4-prod", "gpt-4"));
      expect(log).toMatchObject({ total_tokens: "17", quality: "exact", ending: "complete" });
    }
  });
});

/** An empty chunk would end a chunked body. */
function isSent(piece: unknown): boolean {
  return !(piece instanceof Uint8Array) || piece.length > 0;
}
