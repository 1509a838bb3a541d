/** Whether the module's memory stays as it is over many streams that end in all sorts of ways. */
import { jsonAnswer, makeRequests, streamedAnswer } from "../haystack/chat.ts";
import { Random } from "../haystack/random.ts";
import { plainModel, pluginConfiguration, renamedModel, upstreamName } from "../policy.ts";
import { markdownTable } from "../table.ts";
import {
  answeredByUpstream,
  closeStream,
  endResponse,
  openResponse,
  openStream,
  sendChunks,
  sendRequest,
  streamData,
} from "./drive.ts";
import { LeanHost, type StreamData } from "./lean_host.ts";

const seed = 43;
const firstStreams = 1_000;
const blockBytes = 65_536;

/** Left free when the rest is filled: 99,000 streams that leak three bytes each do not fit in it. */
const reserveBytes = 262_144;

interface Ending {
  name: string;
  data: StreamData;
  /** Everything between the opening of the stream and its log. */
  run(host: LeanHost, id: number, data: StreamData): void;
}

/** Runs `streams` streams and answers the table; `grew` when memory did. */
export function measureMemory(
  module: WebAssembly.Module,
  streams: number,
): { table: string; grew: boolean } {
  const host = new LeanHost(module);
  host.configure(pluginConfiguration("exact"));
  const endings = makeEndings();
  const random = new Random(seed);
  let id = 2;
  const runOne = (): void => {
    const ending = random.pick(endings);
    openStream(host, id);
    ending.run(host, id, ending.data);
    closeStream(host, id++);
  };
  for (let done = 0; done < firstStreams; done++) runOne();
  const first = host.memoryBytes;
  fillSlack(host);
  const filled = host.memoryBytes;
  for (let done = firstStreams; done < streams; done++) runOne();
  const last = host.memoryBytes;
  const kib = (bytes: number): string => (bytes / 1024).toLocaleString("en");
  const head = ["memory of the VM", "KiB"];
  const rows = [
    [`after ${firstStreams.toLocaleString("en")} streams`, kib(first)],
    [`after ${streams.toLocaleString("en")} streams`, kib(last)],
  ];
  return { table: markdownTable(head, rows), grew: first !== filled || last !== filled };
}

/**
 * Takes what the allocator still has in hand, so that a leak cannot hide there. Memory grows by
 * doubling: without this, megabytes could go before a page is asked for.
 */
function fillSlack(host: LeanHost): void {
  const end = host.memoryBytes - reserveBytes;
  while (host.exports.malloc(blockBytes) + 2 * blockBytes < end);
}

function makeEndings(): Ending[] {
  const json = jsonAnswer(seed, plainModel);
  const sse = streamedAnswer(seed, plainModel, 40);
  const renamed = streamedAnswer(seed, upstreamName, 40);
  const bodies = makeRequests(seed, 3, 3_000, { model: plainModel, stream: true });
  const [small = Buffer.alloc(0), ...others] = bodies.map(({ body }) => body);
  const large = makeRequests(seed, 1, 60_000, { model: plainModel })[0]?.body ?? small;
  const withName = Buffer.from(String(small).replace(`"${plainModel}"`, `"${renamedModel}"`));
  const answered =
    (chunks: Buffer[], ends: boolean) => (host: LeanHost, id: number, data: StreamData) => {
      sendRequest(host, id, data);
      openResponse(host, id);
      sendChunks(host, id, chunks);
      if (ends) endResponse(host, id);
    };
  const reset = Buffer.from("upstream_reset_before_response_started{connection_termination}");
  const unanswered = (details: Buffer) => (host: LeanHost, id: number, data: StreamData) => {
    sendRequest(host, id, { ...data, details });
  };
  const cut = sse
    .slice(0, 20)
    .map((event, index) => (index === 19 ? event.subarray(0, 90) : event));
  const plain = streamData(small, "sse");
  const edited = streamData(withName, "sse");
  return [
    { name: "JSON answer", data: streamData(large, "json"), run: answered([json], true) },
    { name: "event stream", data: plain, run: answered(sse, true) },
    { name: "edited stream", data: edited, run: answered(renamed, true) },
    { name: "stream cut in an event", data: plain, run: answered(cut, false) },
    { name: "edited stream cut in an event", data: edited, run: answered(cut, false) },
    {
      name: "truncated answer",
      data: streamData(small, "json"),
      run: answered([json.subarray(0, 300)], true),
    },
    { name: "no answer", data: streamData(others[0] ?? small, "json"), run: unanswered(reset) },
    { name: "client left in its body", data: streamData(large, "json"), run: abortedBody },
    {
      name: "not JSON",
      data: streamData(small.subarray(0, 900), "json"),
      run: unanswered(answeredByUpstream),
    },
    {
      name: "unknown model",
      data: streamData(Buffer.from('{"messages":[],"model":"no"}'), "json"),
      run: unanswered(answeredByUpstream),
    },
    { name: "trailers", data: plain, run: withTrailers(sse) },
  ];
}

function abortedBody(host: LeanHost, id: number, data: StreamData): void {
  sendRequest(host, id, data, 40_000);
}

function withTrailers(chunks: Buffer[]) {
  return (host: LeanHost, id: number, data: StreamData): void => {
    sendRequest(host, id, data);
    openResponse(host, id);
    sendChunks(host, id, chunks);
    host.exports.proxy_on_response_trailers(id, 0);
  };
}
