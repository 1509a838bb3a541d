/** What one request takes inside the module, by the size of its body and by what is counted. */
import {
  answerUsage,
  type ChatRequest,
  jsonAnswer,
  makeRequests,
  requestSizes,
} from "../haystack/chat.ts";
import { expectedPromptTokens } from "../haystack/expected.ts";
import { type CountMode, plainModel, pluginConfiguration, routes } from "../policy.ts";
import { median, range } from "../statistics.ts";
import { figure, markdownTable } from "../table.ts";
import { passStream, runStream, streamData } from "./drive.ts";
import { LeanHost, type Recording, type StreamData } from "./lean_host.ts";
import { type Cell, type RoundsOptions, timeCells } from "./rounds.ts";

export const countModes: CountMode[] = ["off", "estimate", "exact"];

const seed = 7;
const bytesOfAll = 6_000_000;
const requestsMost = 1_000;
const requestsChecked = 5;
const answer = [jsonAnswer(seed, plainModel)];
const noContext = 0xffff_0000;

/** Answers the table of times, and one of the host calls that a request makes. */
export function measureRequests(module: WebAssembly.Module, options: RoundsOptions): string {
  const cells: Cell[] = [];
  for (const { name, bytes } of requestSizes) {
    const count = Math.min(Math.ceil(bytesOfAll / bytes), requestsMost);
    const requests = makeRequests(seed, count, bytes, { model: plainModel });
    const data = requests.map(({ body }) => streamData(body, "json"));
    for (const mode of countModes) {
      checkRequests(module, mode, requests);
      cells.push({ name: `${name}, count: ${mode}`, run: requestRunner(module, mode, data) });
    }
    cells.push({ name: `${name}, host's own calls`, run: hostRunner(module, data) });
    cells.push({ name: `${name}, empty callbacks`, run: emptyRunner(module, data) });
  }
  const found = timeCells(cells, options);
  const rows = [...found].map(([name, us]) => {
    const { low, high } = range(us);
    return [name, figure(median(us)), `${figure(low)}..${figure(high)}`];
  });
  const times = markdownTable(["one request with a JSON answer", "µs", "least..most"], rows);
  return `${times}\n\n${callsTable(module)}`;
}

function requestRunner(module: WebAssembly.Module, mode: CountMode, data: StreamData[]) {
  const host = new LeanHost(module);
  host.configure(pluginConfiguration(mode));
  let id = 2;
  return (turn: number): number => {
    runStream(host, id++, data[turn % data.length] as StreamData, answer);
    return 1;
  };
}

/** The calls of one request, made from here: what the host adds to the rows above. */
function hostRunner(module: WebAssembly.Module, data: StreamData[]) {
  const journals = data.slice(0, 8).map((each) => recordRequest(module, "off", each).journal);
  const host = new LeanHost(module);
  return (turn: number): number => {
    host.stream = data[turn % journals.length] as StreamData;
    host.replay(journals[turn % journals.length] ?? []);
    return 1;
  };
}

/** The same callbacks for a context that the module does not know: it answers at once. */
function emptyRunner(module: WebAssembly.Module, data: StreamData[]) {
  const host = new LeanHost(module);
  host.configure(pluginConfiguration("off"));
  return (turn: number): number => {
    passStream(host, noContext, data[turn % data.length] as StreamData, answer);
    return 1;
  };
}

function recordRequest(module: WebAssembly.Module, mode: CountMode, data: StreamData): Recording {
  const host = new LeanHost(module, { watched: true });
  host.configure(pluginConfiguration(mode));
  // The first stream also defines metrics, which no other does.
  runStream(host, 2, data, answer);
  return host.record(() => runStream(host, 3, data, answer));
}

function checkRequests(module: WebAssembly.Module, mode: CountMode, requests: ChatRequest[]): void {
  for (const { body, messages } of requests.slice(0, requestsChecked)) {
    const { properties, headers } = recordRequest(module, mode, streamData(body, "json"));
    const is = (name: string, wanted: string | number): void => {
      const found = properties.get(`tokenstile.${name}`);
      if (found !== String(wanted)) throw new Error(`${name} is ${found}, not ${wanted} (${mode})`);
    };
    is("model", plainModel);
    is("route", routes.plain);
    is("input_tokens", answerUsage.prompt_tokens);
    is("output_tokens", answerUsage.completion_tokens);
    is("ending", "complete");
    if (headers.get("x-gateway-model-name") !== plainModel) throw new Error("no model header");
    const tokens = expectedPromptTokens(messages);
    if (mode === "exact") is("prompt_tokens", tokens);
    if (mode !== "estimate") continue;
    const estimated = Number(properties.get("tokenstile.prompt_tokens"));
    if (!(estimated > tokens / 2 && estimated < tokens * 2)) throw new Error("no estimate");
  }
}

/** How often one request of each size asks the host for something. */
function callsTable(module: WebAssembly.Module): string {
  const columns = requestSizes.map(({ bytes }) => {
    const [request] = makeRequests(seed, 1, bytes, { model: plainModel });
    if (request === undefined) throw new Error("no request was made");
    return recordRequest(module, "off", streamData(request.body, "json")).calls;
  });
  const names = [...new Set(columns.flatMap((calls) => [...calls.keys()]))].sort();
  const rows = names.map((name) => [name, ...columns.map((calls) => String(calls.get(name) ?? 0))]);
  const sums = columns.map((calls) => [...calls.values()].reduce((sum, each) => sum + each, 0));
  const head = ["host calls of a request, count: off", ...requestSizes.map(({ name }) => name)];
  return markdownTable(head, [...rows, ["all", ...sums.map(String)]]);
}
