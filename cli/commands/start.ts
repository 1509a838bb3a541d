import { existsSync } from "node:fs";
import { modulePath } from "../../tools/build.ts";
import { exitCode, Failure } from "../failure.ts";
import { isFreePort } from "../free_port.ts";
import { type HostName, serveGateway, type ServingGateway, upstreamsOf } from "../gateway.ts";
import { untilInterrupted } from "../interrupt.ts";
import { type MockProvider, startMockProvider } from "../mock/provider.ts";
import { readOptions, readPort } from "../options.ts";
import { isRecord, type PolicyFile, readPolicyFile, usualAttach } from "../policy_file.ts";
import { SettledLog } from "../settled_log.ts";
import type { Terminal } from "../terminal.ts";
import { accountOf } from "../tour/account.ts";
import { tourPolicy } from "../tour/policy.ts";
import { describeRequest, describeStep } from "../tour/report.ts";
import { takeTour } from "../tour/tour.ts";

const defaultPort = 8787;

interface StartOptions {
  host: HostName;
  json: boolean;
  once: boolean;
  /** Null: the usual one, or any other that is free. */
  port: number | null;
  policyPath: string | null;
}

/** Runs the gateway: the tour and then serving, or serving a policy of the user's. */
export async function start(args: string[], terminal: Terminal): Promise<number> {
  const options = readStartOptions(args);
  return options.policyPath === null
    ? startTour(options, terminal)
    : startPolicy(options, options.policyPath, terminal);
}

function readStartOptions(args: string[]): StartOptions {
  const { values } = readOptions(args, {
    once: { type: "boolean" },
    json: { type: "boolean" },
    envoy: { type: "boolean" },
    port: { type: "string" },
    policy: { type: "string" },
  });
  if (values.once && values.policy !== undefined) {
    throw new Failure("--once ends after the tour, and with --policy there is none.");
  }
  return {
    host: values.envoy ? "envoy" : "node",
    json: values.json ?? false,
    once: values.once ?? false,
    port: values.port === undefined ? null : readPort(values.port),
    policyPath: values.policy ?? null,
  };
}

async function startTour(options: StartOptions, terminal: Terminal): Promise<number> {
  if (!existsSync(modulePath)) terminal.err("Building the module, which takes a moment once.");
  const alpha = await startMockProvider("alpha");
  const beta = await startMockProvider("beta");
  try {
    const policy = tourPolicy({ alpha: alpha.url, beta: beta.url });
    const log = new SettledLog();
    const gateway = await openGateway(options, { policy, attach: usualAttach }, log);
    try {
      const wrong = await guide(options, gateway, log, [alpha, beta], terminal);
      if (!options.once) await serve(options, gateway, log, "chat-default", terminal);
      return wrong ? exitCode.failed : exitCode.done;
    } finally {
      await gateway.close();
    }
  } finally {
    await Promise.all([alpha.close(), beta.close()]);
  }
}

/** Takes the tour and tells it; true when a step went otherwise than it should. */
async function guide(
  options: StartOptions,
  gateway: ServingGateway,
  log: SettledLog,
  providers: MockProvider[],
  terminal: Terminal,
): Promise<boolean> {
  let number = 0;
  let wrong = false;
  const hostName = gateway.host === "envoy" ? "a real Envoy" : "the embedded gateway";
  if (!options.json) terminal.out(`A tour through ${hostName} at ${gateway.url}\n`);
  for await (const outcome of takeTour(gateway, log)) {
    wrong ||= outcome.complaints.length > 0;
    if (options.json) {
      terminal.out(JSON.stringify(outcome.account));
      for (const complaint of outcome.complaints)
        terminal.err(`${outcome.step.name}: ${complaint}`);
    } else terminal.out(describeStep(++number, outcome));
  }
  const reached = providers.map(({ name, requests }) => `${name} ${requests}`).join(", ");
  if (!options.json) terminal.out(`Requests that reached a provider: ${reached}.`);
  return wrong;
}

async function startPolicy(
  options: StartOptions,
  path: string,
  terminal: Terminal,
): Promise<number> {
  const file = readPolicyFile(path);
  const { policy } = file;
  const log = new SettledLog();
  const gateway = await openGateway(options, file, log);
  try {
    const names = Object.keys(upstreamsOf(policy));
    if (names.length === 0) terminal.err(`${path} names no upstreams: every request gets a 404.`);
    const models = isRecord(policy) && isRecord(policy.models) ? Object.keys(policy.models) : [];
    await serve(options, gateway, log, models[0] ?? "MODEL", terminal);
    return exitCode.done;
  } finally {
    await gateway.close();
  }
}

/** Opens the gateway on the port asked for; on the usual one, or else on any, when none was. */
async function openGateway(
  options: StartOptions,
  { policy, attach }: Pick<PolicyFile, "policy" | "attach">,
  log: SettledLog,
): Promise<ServingGateway> {
  const wanted = options.port ?? (options.once ? 0 : defaultPort);
  const free = await isFreePort(wanted);
  if (!free && options.port !== null) throw new Failure(`Port ${wanted} cannot be listened on.`);
  const port = free ? wanted : 0;
  const onAccessLog = log.add.bind(log);
  return serveGateway({ host: options.host, policy, attach, port, onAccessLog });
}

/** Serves until Ctrl-C, and tells each request that is served. */
async function serve(
  options: StartOptions,
  gateway: ServingGateway,
  log: SettledLog,
  model: string,
  terminal: Terminal,
): Promise<void> {
  const { host, url } = gateway;
  const say = options.json ? terminal.err : terminal.out;
  const body = JSON.stringify({ model, messages: [{ role: "user", content: "Hello" }] });
  say(`Serving at ${url} until Ctrl-C. Try:\n`);
  say(`  curl ${url}/v1/chat/completions \\`);
  say(`    -H 'content-type: application/json' -H "authorization: Bearer $OPENAI_API_KEY" \\`);
  say(`    -d '${body}'\n`);
  log.follow((line) => {
    const account = accountOf("request", host, line);
    terminal.out(options.json ? JSON.stringify(account) : describeRequest(account));
  });
  await untilInterrupted();
  say("Stopped.");
}
