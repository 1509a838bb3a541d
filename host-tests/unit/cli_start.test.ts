/** Serving: from the start of the program to Ctrl-C. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { type MockProvider, startMockProvider } from "../../cli/mock/provider.ts";
import { buildModule, rootDir } from "../../tools/build.ts";
import { files, type } from "./cli_typed.ts";

const question = { messages: [{ role: "user", content: "Hello" }] };
let provider: MockProvider;

beforeAll(async () => {
  await buildModule();
  provider = await startMockProvider("own");
});
afterAll(() => provider.close());

interface Program {
  process: ChildProcess;
  /** Every line so far, of both outputs. */
  lines: string[];
  /** Resolves to the first line, past or to come, that matches. */
  line(pattern: RegExp): Promise<RegExpExecArray>;
  /** Presses Ctrl-C; resolves to the exit code. */
  interrupt(): Promise<number | null>;
}

function run(...words: string[]): Program {
  const args = [join(rootDir, "cli/tokenstile.mjs"), ...words];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const lines: string[] = [];
  const closed = once(child, "close");
  for (const stream of [child.stdout, child.stderr]) {
    createInterface(stream).on("line", (text) => {
      lines.push(text);
      child.emit("said");
    });
  }
  const line = async (pattern: RegExp): Promise<RegExpExecArray> => {
    for (;;) {
      for (const text of lines) {
        const found = pattern.exec(text);
        if (found) return found;
      }
      const ended = closed.then(() => Promise.reject(new Error(lines.join("\n"))));
      await Promise.race([once(child, "said"), ended]);
    }
  };
  const interrupt = async (): Promise<number | null> => {
    child.kill("SIGINT");
    const [code] = (await closed) as [number | null];
    return code;
  };
  return { process: child, lines, line, interrupt };
}

async function post(url: string, body: object, headers = {}): Promise<Response> {
  const options = { method: "POST", body: JSON.stringify(body) };
  const type = { "content-type": "application/json" };
  return fetch(`${url}/v1/chat/completions`, { ...options, headers: { ...type, ...headers } });
}

function policyTo(url: string): string {
  const models = { m: { price: { input: "1", output: "2" }, targets: [{ route: "own" }] } };
  return JSON.stringify({ version: 1, name: "served", models, upstreams: { own: { url } } });
}

describe("tokenstile start", () => {
  it("goes on serving after the tour, tells each request, and stops on Ctrl-C", async () => {
    const program = run("start", "--port", "0");
    const url = (await program.line(/^Serving at (\S+) until Ctrl-C/))[1] ?? "";
    await program.line(/^ {2}curl http.*\/v1\/chat\/completions/);
    const response = await post(url, { model: "chat-default", ...question });
    expect(response.status).toBe(200);
    await program.line(/^200 {2}chat-default {2}-> \w+ {2}\d+ in \+ \d+ out .* complete$/);
    expect(await program.interrupt()).toBe(0);
    expect(program.lines.at(-1)).toBe("Stopped.");
    await expect(post(url, question)).rejects.toThrow();
  });

  it("serves a policy of the user's in front of its upstreams, keys passed through", async () => {
    const keys: (string | undefined)[] = [];
    const front = createServer((request, response) => {
      keys.push(request.headers.authorization);
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ model: "m", choices: [], usage: { prompt_tokens: 1 } }));
    });
    await once(front.listen(0, "127.0.0.1"), "listening");
    onTestFinished(() => void front.close());
    const { port } = front.address() as AddressInfo;
    const paths = files({ "p.json": policyTo(`http://127.0.0.1:${port}`) });
    const program = run("start", "--json", "--port", "0", "--policy", paths["p.json"]);
    const url = (await program.line(/^Serving at (\S+) until Ctrl-C/))[1] ?? "";
    const key = { authorization: "Bearer of-the-client" };
    expect((await post(url, { model: "m", ...question }, key)).status).toBe(200);
    const [line] = await program.line(/^\{.*\}$/);
    expect(JSON.parse(line)).toMatchObject({ name: "request", host: "node", route: "own" });
    expect(keys).toEqual(["Bearer of-the-client"]);
    expect(await program.interrupt()).toBe(0);
  });

  it("ends a stream in flight when it is stopped", async () => {
    const paths = files({ "p.json": policyTo(provider.url) });
    const program = run("start", "--port", "0", "--policy", paths["p.json"]);
    const url = (await program.line(/^Serving at (\S+) until Ctrl-C/))[1] ?? "";
    const stalls = { "x-mock-stall-after": "1" };
    const response = await post(url, { model: "m", stream: true, ...question }, stalls);
    const reading = response.text().then(
      () => "whole",
      () => "cut",
    );
    expect(await program.interrupt()).toBe(0);
    expect(await reading).toBe("cut");
  });

  it("refuses a port that is taken", async () => {
    const port = new URL(provider.url).port;
    const { code, err } = await type("start", "--once", "--port", port);
    expect({ code, err: err[0] }).toEqual({
      ...{ code: 2, err: `tokenstile: Port ${port} cannot be listened on.` },
    });
  });

  it("refuses a policy that the module refuses, with its reasons", async () => {
    const paths = files({ "p.yaml": "version: 1\nname: x\nmodels: {}\nfrob: 1\n" });
    const { code, err } = await type("start", "--policy", paths["p.yaml"]);
    expect(code).toBe(1);
    expect(err.join("\n")).toContain("policy.frob");
  });
});
