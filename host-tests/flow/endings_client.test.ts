/** Every way in which a client ends a stream: settled once, charged for what was delivered. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect } from "vitest";
import { type Charge, expectSettled, tokensOf } from "./account.ts";
import { chatAnswer, chatBody, chatSetup, doneEvent, sseHeaders, textEvent } from "./chat_setup.ts";
import { leave, leaveAfter, pause, type Request } from "./client.ts";
import { requestSteps, type Step } from "./client.ts";
import { endingSetup, meteredStream, plain, prompt, streamed, streamOf } from "./ending_setup.ts";
import { type Flow, onBothHosts, type Sent } from "./world_flow.ts";

function ending(title: string, body: (flow: Flow) => Promise<void>): void {
  onBothHosts(title, endingSetup(), body);
}

const never = new Promise(() => {});
const reported = { ending: "complete", input: 12, output: 5 };
const promptOnly: Charge = { ending: "client_aborted", input: prompt, quality: "estimate" };
const said = { ...promptOnly, output: tokensOf("This is") };
const untouched = { ending: "client_aborted" };

const waitFor =
  (text: string): Step =>
  (client) =>
    client.waitFor(text);

const finish: Step = (client) => client.finish();

/** Waits until the provider has the whole request, so that leaving comes after it. */
const reached =
  (flow: Flow): Step =>
  async () => {
    while (!flow.provider.requests.some((request) => request.complete)) await sleep(2);
  };

/** Sends the request over HTTP/1.1, then does something else than to wait for the answer. */
async function sendThen(flow: Flow, request: Request, then: Step[]): Promise<Sent> {
  const id = flow.nextId();
  const headers = [...(request.headers ?? []), ["x-request-id", id] as [string, string]];
  const exchange = await flow.sendRaw([...requestSteps({ ...request, headers }), ...then], { id });
  return { ...exchange, id, log: await flow.world.accessLogOf(id) };
}

/** The same over HTTP/2, where the request's end would keep later steps from being made. */
function sendHttp2Then(flow: Flow, request: Request, then: Step[]): Promise<Sent> {
  const { body = "", ...rest } = request;
  return flow.sendHttp2({ ...rest, chunks: [body, finish, ...then] });
}

describe("a client that leaves before the answer", () => {
  for (const [how, go] of [
    ["with a reset", leave],
    ["in good order", finish],
  ] as const) {
    ending(how, async (flow) => {
      flow.provider.queue({ instead: "hang" });
      const { log } = await sendThen(flow, streamed(), [reached(flow), go]);
      expect(log).toMatchObject({ status: 0, details: "downstream_remote_disconnect" });
      await expectSettled(flow, [log, promptOnly]);
    });
  }

  ending("with a reset of its HTTP2 stream", async (flow) => {
    flow.provider.queue({ instead: "hang" });
    const { log } = await sendHttp2Then(flow, streamed(), [reached(flow), leave]);
    expect(log).toMatchObject({ status: 0, details: "http2.remote_reset" });
    await expectSettled(flow, [log, promptOnly]);
  });

  ending("amid its request", async (flow) => {
    const body = chatBody();
    const chunks = [body.slice(0, 40), pause(40), leave];
    const { log } = await sendThen(flow, { ...plain(), body: undefined, chunks }, []);
    expect(flow.provider.requests).toEqual([]);
    await expectSettled(flow, [log, untouched]);
  });

  ending("amid its request over HTTP2", async (flow) => {
    const chunks = [chatBody().slice(0, 40), pause(40), leave];
    const { log } = await flow.sendHttp2({ ...plain(), body: undefined, chunks });
    expect(flow.provider.requests).toEqual([]);
    await expectSettled(flow, [log, untouched]);
  });
});

describe("a client that leaves amid the answer", () => {
  ending("after its headers", async (flow) => {
    flow.provider.queue(streamOf([], { chunks: [never] }));
    const { log } = await sendThen(flow, streamed(), [leaveAfter("\r\n\r\n")]);
    expect(log.status).toBe(200);
    await expectSettled(flow, [log, promptOnly]);
  });

  const first = streamOf([], { chunks: [textEvent("This is"), never] });

  ending("after the first chunk, with a reset", async (flow) => {
    flow.provider.queue(first);
    const { log } = await sendThen(flow, streamed(), [leaveAfter("This is")]);
    expect(log).toMatchObject({ status: 200, details: "downstream_remote_disconnect" });
    await expectSettled(flow, [log, said]);
  });

  ending("after the first chunk, in good order", async (flow) => {
    flow.provider.queue(first);
    const { log } = await sendThen(flow, streamed(), [waitFor("This is"), finish]);
    await expectSettled(flow, [log, said]);
  });

  ending("after the first chunk, with a reset of its HTTP2 stream", async (flow) => {
    flow.provider.queue(first);
    const { log } = await sendHttp2Then(flow, streamed(), [leaveAfter("This is")]);
    await expectSettled(flow, [log, said]);
  });

  ending("after the first chunk of an answer in a model's other name", async (flow) => {
    flow.providers.azure?.queue(first);
    const { log } = await sendThen(flow, streamed("gpt-4"), [leaveAfter("This is")]);
    const output = tokensOf("This is", "gpt-4");
    await expectSettled(flow, [log, { ...promptOnly, model: "gpt-4", output }]);
  });

  ending("inside an event", async (flow) => {
    const half = textEvent(" a test.").replace(/ test\.[^]*$/, " test.");
    flow.provider.queue(streamOf([], { chunks: [textEvent("This is"), half, never], pauseMs: 50 }));
    const steps = [waitFor("This is"), pause(120), leave];
    const { log } = await sendThen(flow, streamed(), steps);
    // What was read is charged, also the part that the client did not see: it was produced.
    await expectSettled(flow, [log, { ...promptOnly, output: tokensOf("This is a test.") }]);
  });

  ending("inside a JSON answer", async (flow) => {
    const { chunks = [] } = chatAnswer({ usage: undefined });
    const [whole = ""] = chunks.map(String);
    const cut = whole.indexOf(" a test.");
    const answer = chatAnswer();
    flow.provider.queue({
      headers: answer.headers,
      chunks: [whole.slice(0, cut), never, whole.slice(cut)],
    });
    const { log } = await sendThen(flow, plain(), [leaveAfter("This is")]);
    await expectSettled(flow, [log, said]);
  });

  ending("after usage has come", async (flow) => {
    const { chunks = [] } = meteredStream;
    const beforeDone = chunks.filter((chunk) => chunk !== doneEvent);
    flow.provider.queue({ headers: sseHeaders, chunks: [...beforeDone, never] });
    const steps: Step[] = [leaveAfter('"finish_reason":"stop"')];
    const { log } = await sendThen(flow, streamed(), steps);
    await expectSettled(flow, [log, { ...promptOnly, input: 12, output: 5 }]);
  });

  ending("by SIGKILL of its process", async (flow) => {
    flow.provider.queue(first);
    const id = flow.nextId();
    const client = startClient(flow, id);
    await once(client.stdout as NodeJS.ReadableStream, "data");
    client.kill("SIGKILL");
    const log = await flow.world.accessLogOf(id);
    await expectSettled(flow, [log, said]);
    const lines = await flow.world.accessLog();
    expect(lines.filter((line) => line.id === id).length).toBe(1);
  });
});

/** A process of its own that asks for a stream and tells when some of it has come. */
function startClient(flow: Flow, id: string): ChildProcess {
  const { path, body } = streamed();
  const headers = { host: "gateway", "content-type": "application/json", "x-request-id": id };
  const program = `
    const options = ${JSON.stringify({ port: flow.world.port, path, method: "POST", headers })};
    const request = require("node:http").request(options, (response) => {
      response.on("data", (bytes) => process.stdout.write(bytes));
    });
    request.end(${JSON.stringify(body)});`;
  return spawn(process.execPath, ["-e", program], { stdio: ["ignore", "pipe", "inherit"] });
}

describe("several requests on one connection", () => {
  for (const [how, chunksBetween] of [
    ["one after the other", 1],
    ["all at once", 0],
  ] as const) {
    ending(how, async (flow) => {
      const ids = [flow.nextId(), flow.nextId(), flow.nextId()];
      const [first = "", second = "", third = ""] = ids;
      flow.provider.script(first, chatAnswer());
      flow.provider.script(second, meteredStream);
      flow.provider.script(third, chatAnswer({ usage: undefined }));
      const requests = [plain(), streamed(), plain()].map((request, at): Request => {
        const id: [string, string] = ["x-request-id", ids[at] ?? ""];
        return { ...request, headers: [...(request.headers ?? []), id] };
      });
      const steps = requests.flatMap((request, at): Step[] => {
        const own = requestSteps(request);
        return at > 0 && chunksBetween > 0 ? [waitFor("chatcmpl-1"), pause(100), ...own] : own;
      });
      const joined = chunksBetween > 0 ? steps : [Buffer.concat(steps as Buffer[])];
      const { replies, ended } = await flow.sendRaw(joined, { replies: 3, id: third });
      expect([ended, replies.map(({ status }) => status)]).toEqual(["complete", [200, 200, 200]]);
      const logs = await Promise.all(ids.map((id) => flow.world.accessLogOf(id)));
      const output = tokensOf("This is a test.");
      const own = { ending: "complete", input: prompt, output, quality: "formula" as const };
      const [a, b, c] = logs as [Sent["log"], Sent["log"], Sent["log"]];
      await expectSettled(flow, [a, reported], [b, reported], [c, own]);
    });
  }
});

describe("an upstream that answers before the request has ended", () => {
  const price = { input: "2.50", output: "10.00" };
  const models = { "gpt-4o": { encoding: "o200k_base", price } };
  const setup = {
    ...chatSetup({ policy: { models }, attach: { body: "stream" } }),
    routes: [{ match: { prefix: "/" }, cluster: "openai" }],
  };
  const slowly = (flow: Flow): Request => ({
    ...plain(),
    body: undefined,
    chunks: [chatBody().slice(0, 40), waitFor("\r\n\r\n"), pause(50)],
    headers: [...(plain().headers ?? []), ["x-request-id", flow.nextId()]],
  });

  onBothHosts("with an error", setup, async (flow) => {
    const chunks = ['{"error":{"message":"who are you?"}}'];
    const headers = chatAnswer().headers;
    flow.provider.queue({ status: 401, headers, early: true, chunks, contentLength: true });
    const { log } = await flow.send(slowly(flow));
    expect(log.status).toBe(401);
    await expectSettled(flow, [log, { ending: "upstream_error" }]);
  });

  onBothHosts("with a whole answer", setup, async (flow) => {
    flow.provider.queue({ ...chatAnswer(), early: true });
    const { log } = await flow.send(slowly(flow));
    expect(log.status).toBe(200);
    // The tokens are known; whose price they have, the body would have said.
    await expectSettled(flow, [log, { ...reported, model: null }]);
  });
});
