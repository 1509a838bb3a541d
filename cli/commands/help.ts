import { modelTable } from "../count/models.ts";
import { exitCode, Failure } from "../failure.ts";
import type { Terminal } from "../terminal.ts";

const overview = `tokenstile: a turnstile for LLM traffic

  tokenstile start      run the gateway: a short tour through it, then serve
  tokenstile check      say everything that is wrong with a policy
  tokenstile count      count the tokens of files, as wc counts words
  tokenstile explain    say how one recorded request and response are read and charged
  tokenstile mock       run a mock provider to send requests to
  tokenstile help NAME  say more about one of these

Exit codes: 0 done; 1 the answer is no (a mistaken policy, a tour step that went wrong);
2 the command line was not understood, or something it needs is missing.`;

const pages: Record<string, string> = {
  start: `tokenstile start [--once] [--json] [--port N] [--envoy]
tokenstile start --policy FILE [--json] [--port N] [--envoy]

Builds the module if its sources changed, runs it in the embedded gateway in front of bundled mock
providers, takes a short tour through it, and then serves until Ctrl-C.

  --once         end after the tour
  --json         print one JSON object a step (and a request served) on standard output
  --port N       listen on this port of 127.0.0.1 (8787, or any free one if that is taken)
  --envoy        run the very same module in a real Envoy: ENVOY_BIN, envoy on PATH, or fetched
  --policy FILE  no tour: serve this policy (YAML or JSON) in front of the upstreams it names

Exit code 1: a step of the tour went otherwise than it should, or the module refused the policy.`,
  check: `tokenstile check POLICY

Lets the module itself read the policy (YAML or JSON) and prints every mistake with its path and
reason. Exit code 1: there are mistakes.`,
  count: `tokenstile count [--encoding NAME | --model NAME] [--wasm FILE] [--json] [FILE...]

Counts the tokens of each FILE, and of all together when there are several. Without a FILE, and for
"-", it counts standard input. Files may be of any size: they are never held whole.

  --encoding NAME  count by this encoding; o200k_base unless told
  --model NAME     count by the encoding of this model
  --wasm FILE      count with this module, such as one that was built with other encodings
  --json           print one JSON object a file, and one for the total

Files are read as UTF-8, and every byte counts: a byte order mark and line ends are tokens, or parts
of one, and a byte that is no UTF-8 counts as U+FFFD. What spells a special token of OpenAI is
text.

Encodings of models (* is nothing, or "-" and more; a provider before a slash does not matter):
${modelTable()}

Exit code 1: a file could not be read; the others are counted.`,
  explain: `tokenstile explain --policy POLICY --request FILE --response FILE [--chunk N] [--json]

Feeds a recorded HTTP/1.1 request and response (head, blank line, body) through the module and says
what it read, decided, sent on and charged, and why.

  --chunk N  cut both bodies into pieces of N bytes; in one piece unless told
  --json     print one JSON object instead of a report

Line ends may be LF or CRLF. A content-length that does not fit is put right, a chunked body is
joined; what was put right is said on standard error.`,
  mock: `tokenstile mock [--port N] [--name NAME]

Runs a mock provider of OpenAI-form chat completions on 127.0.0.1 until Ctrl-C. It counts tokens
with an encoder of its own, streams when asked, and names itself in the answer.

  --port N     listen on this port; any free one unless told
  --name NAME  the name it answers by; "mock" unless told

Request headers that change what it does:
  x-mock-delay-ms: N     wait N milliseconds before each chunk of a stream
  x-mock-stall-after: N  send N chunks of text, then nothing more until the client leaves
  x-mock-no-usage: 1     never report usage, as some servers do`,
  help: overview,
};

/** Prints what the commands are, or more about one of them. */
export async function help(args: string[], terminal: Terminal): Promise<number> {
  const [name = "help"] = args;
  const page = Object.hasOwn(pages, name) ? pages[name] : undefined;
  if (page === undefined) throw new Failure(`There is no command "${name}".`);
  terminal.out(page);
  return exitCode.done;
}
