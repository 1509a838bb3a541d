import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { rootDir } from "../../tools/build.ts";
import { type } from "./cli_typed.ts";

describe("the command line", () => {
  it.each([
    ["frob", 'There is no command "frob".'],
    ["constructor", 'There is no command "constructor".'],
    ["start --frob", "There is no option --frob here."],
    ["start -x", "There is no option -x here."],
    ["start --port", "--port needs a value."],
    ["start --port --json", "--port needs a value."],
    ["start --port 65536", '--port needs a whole number from 0 to 65535, not "65536".'],
    ["start --port 8e3", '--port needs a whole number from 0 to 65535, not "8e3".'],
    ["start --once=yes", "--once takes no value."],
    ["start extra", '"extra" is one word too many.'],
    ["start --once --policy p", "--once ends after the tour, and with --policy there is none."],
    ["start --policy lost.yaml", "There is no file lost.yaml."],
    ["check", "check needs the policy's file."],
    ["check a b", '"b" is one word too many.'],
    ["explain --policy p", "explain needs --policy, --request and --response."],
    ["mock --name ä", "--name needs 1 to 64 visible ASCII characters."],
    ["help frob", 'There is no command "frob".'],
  ])("answers `tokenstile %s` with a sentence and exit code 2", async (line, sentence) => {
    const { code, out, err } = await type(...line.split(" "));
    expect(err).toEqual([`tokenstile: ${sentence}`, "`tokenstile help` shows what there is."]);
    expect({ code, out }).toEqual({ code: 2, out: [] });
  });

  it.each([[], ["help"], ["--help"], ["-h"]])("explains itself (%s %s)", async (...words) => {
    const { code, out, err } = await type(...words);
    expect({ code, err }).toEqual({ code: 0, err: [] });
    expect(out.join("\n")).toContain("Exit codes: 0 done; 1 the answer is no");
  });

  it.each(["start", "check", "count", "explain", "mock"])(
    "explains %s, asked in any way",
    async (name) => {
      const { code, out } = await type("help", name);
      expect(code).toBe(0);
      expect(out[0]).toContain(`tokenstile ${name} `);
      expect(await type(name, "--help")).toEqual({ code, out, err: [] });
      expect(await type(name, "--json", "-h")).toEqual({ code, out, err: [] });
    },
  );
});

describe("the program", () => {
  const program = join(rootDir, "cli/tokenstile.mjs");

  it("runs from any folder", () => {
    const run = spawnSync(process.execPath, [program, "help"], { cwd: tmpdir(), encoding: "utf8" });
    expect(run.stderr).toBe("");
    expect(run.stdout).toContain("tokenstile start");
    expect(run.status).toBe(0);
  });

  it.each([
    ["18.20.8", true],
    ["20.18.0", true],
    ["20.18.1", false],
    ["24.0.0", false],
  ])("on Node %s: refused with a sentence: %s", (version, refused) => {
    const pretend = `Object.defineProperty(process.versions, "node", { value: "${version}" })`;
    const args = ["--import", `data:text/javascript,${encodeURIComponent(pretend)}`];
    const run = spawnSync(process.execPath, [...args, program, "help"], { encoding: "utf8" });
    expect(run.stderr.includes("tokenstile needs Node 20.18.1 or newer")).toBe(refused);
    expect(run.status).toBe(refused ? 2 : 0);
  });
});
