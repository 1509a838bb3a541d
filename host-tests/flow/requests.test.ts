/** Requests of every shape and framing: what the upstream gets of them. */
import { describe, expect } from "vitest";
import { ask, cutInto, taken, valuesOf } from "./chat_flow.ts";
import { chatAnswer, chatBody, chatPath, chatSetup, jsonHeaders } from "./chat_setup.ts";
import { pause, type Request, requestSteps } from "./client.ts";
import { onBothHosts } from "./world_flow.ts";

const plain = { contentLength: true };
const messages = [{ role: "user", content: "Say this is a test" }];

/** Both orders in which clients write a request, with the model that has to be renamed. */
const orders = {
  "messages before the model": JSON.stringify({ messages, model: "gpt-4", user: "u" }),
  "the model before messages": JSON.stringify({ user: "u", model: "gpt-4", messages }),
};

describe("a chat request", () => {
  for (const [order, body] of Object.entries(orders)) {
    onBothHosts(`with ${order}`, chatSetup(), async (flow) => {
      const expected = { messages, model: "gpt-4-prod", user: "u" };
      const pieces = cutInto(body, 25).flatMap((piece) => [pause(2), piece]);
      const framings: (Request & { http2?: boolean })[] = [
        { body },
        { body: undefined, chunks: [body] },
        { body: undefined, chunks: pieces },
        { http2: true },
        { http2: true, body: undefined, chunks: [body] },
        { http2: true, body: undefined, chunks: pieces },
      ];
      for (const framing of framings) {
        flow.providers.azure?.queue(chatAnswer());
        const { log } = await ask(flow, body, framing);
        const upstream = taken(flow, "azure");
        expect(JSON.parse(String(upstream.body))).toEqual(expected);
        const length = valuesOf(upstream.headers, "content-length");
        expect(length).toEqual(framing.chunks ? [] : [String(upstream.body.length)]);
        expect(log).toMatchObject({ model: "gpt-4", prompt_tokens: "12", ending: "complete" });
      }
    });
  }

  onBothHosts("that needs no edit goes on byte by byte", chatSetup(), async (flow) => {
    const odd = ' \r\n{ "messages":[ ] ,\t"model" :"gpt-4o","x":[1E+2,-0.0,"\\/\\u00e9é"]}\n ';
    for (const framing of [{}, { http2: true }, { body: undefined, chunks: cutInto(odd, 7) }]) {
      flow.provider.queue(chatAnswer());
      await ask(flow, odd, framing);
      expect(String(taken(flow).body)).toBe(odd);
    }
  });

  onBothHosts("whose model is edited keeps every other byte", chatSetup(), async (flow) => {
    const bodies: [before: string, model: string, after: string][] = [
      ['{"model":', '"gpt-4"', ',"messages":[]}'],
      ['\n{ "a" : {"model":"x"} ,"model"\t:\r\n ', '"gpt\\u002d4"', '\n,"messages":[ 1e2 ]\n} \n'],
      ['{"messages":[],"model":', '"\\u0067\\u0070t-4"', "}"],
    ];
    for (const [before, model, after] of bodies) {
      flow.providers.azure?.queue(chatAnswer());
      await ask(flow, before + model + after);
      expect(String(taken(flow, "azure").body)).toBe(`${before}"gpt-4-prod"${after}`);
    }
  });

  onBothHosts("with trailers", chatSetup(), async (flow) => {
    const trailers: Request["trailers"] = [["x-sum", "12"]];
    const chunked = { body: undefined, trailers };
    const body = chatBody({ model: "gpt-4" });
    for (const http2 of [false, true]) {
      for (const chunks of [[body], cutInto(body, 30)]) {
        flow.providers.azure?.queue(chatAnswer());
        const { log } = await ask(flow, undefined, { ...chunked, chunks, http2 });
        const upstream = taken(flow, "azure");
        expect(JSON.parse(String(upstream.body)).model).toBe("gpt-4-prod");
        expect(upstream.trailers).toEqual(trailers);
        expect(valuesOf(upstream.headers, "x-gateway-model-name")).toEqual(["gpt-4"]);
        expect(log.ending).toBe("complete");
      }
    }
  });

  onBothHosts("by an alias, and by an escaped name", chatSetup(), async (flow) => {
    const spellings = {
      "chat-default": '"chat-default"',
      "openai/gpt-4o": '"openai\\/gpt-4o"',
      "gpt-4o": '"gpt\\u002d4o"',
    };
    for (const [requested, spelling] of Object.entries(spellings)) {
      flow.provider.queue(chatAnswer());
      const { log, text } = await ask(flow, `{"messages":[],"model":${spelling}}`);
      const upstream = taken(flow);
      expect(JSON.parse(String(upstream.body)).model).toBe("gpt-4o");
      expect(valuesOf(upstream.headers, "x-gateway-model-name")).toEqual(["gpt-4o"]);
      expect(log).toMatchObject({ requested_model: requested, model: "gpt-4o" });
      // A client that used our alias gets that back; one that named the model, the provider's.
      const alias = requested !== "gpt-4o";
      expect(JSON.parse(text).model).toBe(alias ? requested : "gpt-4o-2024-08-06");
    }
  });

  onBothHosts(
    "that accepts encodings gets an answer that can be read",
    chatSetup(),
    async (flow) => {
      flow.provider.queue(chatAnswer());
      await ask(flow, chatBody(), { headers: [...jsonHeaders, ["accept-encoding", "gzip, br"]] });
      expect(valuesOf(taken(flow).headers, "accept-encoding")).toEqual(["identity"]);
      flow.provider.queue(chatAnswer());
      await ask(flow, chatBody());
      expect(valuesOf(taken(flow).headers, "accept-encoding")).toEqual([]);
    },
  );

  onBothHosts("whose content type says nothing of JSON", chatSetup(), async (flow) => {
    for (const type of ["text/plain", "application/x-www-form-urlencoded", null]) {
      flow.providers.azure?.queue(chatAnswer());
      const headers: Request["headers"] = type === null ? [] : [["content-type", type]];
      const { log } = await ask(flow, chatBody({ model: "gpt-4" }), { headers });
      expect(JSON.parse(String(taken(flow, "azure").body)).model).toBe("gpt-4-prod");
      expect(log.dialect).toBe("openai.chat");
    }
  });

  onBothHosts("two of them on one connection", chatSetup(), async (flow) => {
    for (const cluster of ["openai", "azure"]) flow.providers[cluster]?.queue(chatAnswer());
    const steps = ["gpt-4o", "gpt-4"].flatMap((model) => {
      const headers: Request["headers"] = [...jsonHeaders, ["x-request-id", flow.nextId()]];
      return requestSteps({ path: chatPath, headers, body: chatBody({ model }) });
    });
    const { replies } = await flow.sendRaw(steps, { replies: 2 });
    expect(replies.map((reply) => JSON.parse(String(reply.body)).model)).toEqual([
      ...["gpt-4o-2024-08-06", "gpt-4"],
    ]);
  });
});

describe("a request of another kind", () => {
  onBothHosts("passes untouched, uncounted", chatSetup(), async (flow) => {
    const gzip: Request["headers"] = [
      ["content-encoding", "gzip"],
      ["accept-encoding", "br"],
    ];
    const requests: Request[] = [
      { method: "GET", path: "/plain/v1/models" },
      { method: "HEAD", path: "/plain/v1/chat/completions" },
      { method: "GET", path: "/plain/v1/chat/completions" },
      { method: "OPTIONS", path: "/plain/v1/chat/completions" },
      { method: "POST", path: "/plain/v1/files", headers: gzip, body: "\x1f\x8b not really" },
      { method: "POST", path: "/plain/v1/files", body: '{"model":"gpt-4","model":1' },
      { method: "PUT", path: "/plain/files/a", chunks: ["one", pause(5), "two"] },
      { method: "POST", path: "/plain/", body: "" },
      { method: "DELETE", path: "/plain/v1/chat/completions/chatcmpl-1" },
    ];
    for (const request of requests) {
      flow.provider.queue({ headers: jsonHeaders, chunks: ['{"model":"m"}'], ...plain });
      const { log } = await flow.send(request);
      const upstream = taken(flow);
      expect([upstream.method, upstream.path]).toEqual([request.method, request.path]);
      const body = request.chunks ? "onetwo" : (request.body ?? "");
      expect(String(upstream.body)).toBe(body);
      for (const header of request.headers ?? []) expect(upstream.headers).toContainEqual(header);
      expect(log).toMatchObject({ decision: null, model: null, ending: null, dialect: null });
    }
    expect(await flow.counted()).toEqual({});
  });

  onBothHosts("larger than any LLM request may be", chatSetup(), async (flow) => {
    flow.provider.queue(plain);
    const body = "x".repeat((1 << 20) + 70_000);
    const { replies } = await flow.send({ method: "PUT", path: "/plain/upload", body });
    expect(replies[0]?.status).toBe(200);
    expect(taken(flow).body.length).toBe(body.length);
  });
});

describe("the size of a request", () => {
  const bytesMax = 1 << 20;
  const ofSize = (bytes: number): string => {
    const [head, tail] = ['{"messages":[],"pad":"', '","model":"gpt-4o"}'];
    return head + "x".repeat(bytes - head.length - tail.length) + tail;
  };

  onBothHosts("1 MiB goes through", chatSetup(), async (flow) => {
    const body = ofSize(bytesMax);
    const chunks = cutInto(body, 100_000);
    for (const framing of [{}, { http2: true }, { body: undefined, chunks }]) {
      flow.provider.queue(chatAnswer());
      const { reply } = await ask(flow, body, framing);
      expect(reply.status).toBe(200);
      expect(taken(flow).body.equals(Buffer.from(body))).toBe(true);
    }
  });

  // A host adds a chunk to its buffer before the filter sees it, so its own limit is met first
  // unless it is larger by a chunk.
  const roomy = { ...chatSetup(), bufferBytesMax: 2 << 20 };
  onBothHosts("one byte more is refused in the client's dialect", roomy, async (flow) => {
    const body = ofSize(bytesMax + 1);
    const chunks = cutInto(body, 100_000);
    for (const framing of [
      { body: undefined, chunks },
      { http2: true, body: undefined, chunks },
    ]) {
      const { reply, text, log } = await ask(flow, undefined, framing);
      expect(reply.status).toBe(413);
      expect(JSON.parse(text).error).toMatchObject({ code: "request_too_large", param: null });
      expect(log).toMatchObject({ decision: "deny", reason: "request_too_large" });
    }
    expect(flow.provider.requests).toEqual([]);
  });

  onBothHosts("at a host's limit is refused in the host's words", chatSetup(), async (flow) => {
    const chunks = cutInto(ofSize(bytesMax + 1), 100_000);
    const { reply, text, log } = await ask(flow, undefined, { chunks });
    expect([reply.status, text]).toEqual([413, "Payload Too Large"]);
    expect(log).toMatchObject({ ending: "denied", reason: "request_too_large" });
    expect(flow.provider.requests).toEqual([]);
  });

  onBothHosts("a content-length over it is refused unread", chatSetup(), async (flow) => {
    const id = flow.nextId();
    const lines = [
      `POST ${chatPath} HTTP/1.1`,
      "host: gateway",
      `x-request-id: ${id}`,
      `content-length: ${bytesMax + 1}`,
    ];
    const sent = await flow.sendRaw([`${lines.join("\r\n")}\r\n\r\n`], { id });
    expect(sent.replies[0]?.status).toBe(413);
    expect(JSON.parse(String(sent.replies[0]?.body)).error.code).toBe("request_too_large");
    expect(flow.provider.requests).toEqual([]);
  });

  const small = chatSetup({ attach: { bodyBytesMax: 2048 } });
  onBothHosts("is the one that the attachment says", small, async (flow) => {
    flow.provider.queue(chatAnswer());
    expect((await ask(flow, ofSize(2048))).reply.status).toBe(200);
    expect((await ask(flow, ofSize(2049))).reply.status).toBe(413);
    const chunks = cutInto(ofSize(2049), 500);
    expect((await ask(flow, undefined, { chunks })).reply.status).toBe(413);
    expect(flow.provider.requests.length).toBe(1);
  });
});
