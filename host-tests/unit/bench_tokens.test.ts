/** The token bench by itself: its texts stay what they are, and its figures are what they say. */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { readBenchOptions } from "../../bench/options.ts";
import { drawChart } from "../../bench/tokens/chart.ts";
import { fastestNative, npmPeers, ours, reference } from "../../bench/tokens/contestants.ts";
import { type Corpus, corpora, requests } from "../../bench/tokens/corpora/corpora.ts";
import { corpusBytes, cutText } from "../../bench/tokens/corpora/cut.ts";
import { expectedCorpora } from "../../bench/tokens/corpora/expected.ts";
import { warmUpText } from "../../bench/tokens/corpora/warm_up.ts";
import { worstFamilies } from "../../bench/tokens/corpora/worst.ts";
import { betterPeer, goalsTable, isReached, speedGoals } from "../../bench/tokens/goals.ts";
import { geometricMean, type Sample, Samples } from "../../bench/tokens/samples.ts";

const installed = [...corpora, requests].filter(({ fetched }) => !fetched);
const cut = new Map(installed.map((corpus) => [corpus.name, cutText(corpus.make(), corpusBytes)]));
cut.set("warm-up", warmUpText());

describe("the corpora", () => {
  it.each([...cut])("%s has the bytes that it is known by", (name, text) => {
    const bytes = Buffer.from(text);
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    expect({ bytes: bytes.length, sha256 }).toEqual(expectedCorpora[name]);
  });

  it("share no passage with each other or with the warm-up text", () => {
    const owners = new Map<string, string>();
    const shared: string[] = [];
    for (const [name, text] of cut) {
      for (const passage of passagesOf(name, text)) {
        const owner = owners.get(passage) ?? name;
        if (owner !== name) shared.push(`${owner} and ${name}: ${passage.slice(0, 60)}`);
        owners.set(passage, owner);
      }
    }
    expect(owners.size).toBeGreaterThan(2_000);
    expect(shared).toEqual([]);
  });

  it("are cut at a character", () => {
    expect(cutText("aé文", 3)).toBe("aé");
    expect(cutText("aé文", 2)).toBe("a");
    expect(cutText("aé文", 5)).toBe("aé");
    expect(cutText("aé文", 6)).toBe("aé文");
    expect(cutText("aé", 60)).toBe("aé");
  });
});

/** Long lines; of requests those of their messages. A cut may have taken an end off. */
function passagesOf(name: string, text: string): string[] {
  const isRequests = name === "chat" || name === requests.name;
  const texts = isRequests ? text.split("\n").flatMap(messagesOf) : [text];
  const lines = texts.flatMap((each) => each.split("\n")).map((line) => line.trim());
  return lines.filter((line) => line.length >= 300).map((line) => line.slice(0, 300));
}

function messagesOf(line: string): string[] {
  const { messages } = JSON.parse(line) as { messages: { content: string }[] };
  return messages.map(({ content }) => content);
}

describe("the worst texts", () => {
  it.each(worstFamilies)("$name fill the size asked for, the same each time", ({ make }) => {
    const text = make(4096, 7);
    expect(text.length).toBeGreaterThan(4096 - 32);
    expect(text.length).toBeLessThanOrEqual(4096);
    expect(make(4096, 7).equals(text)).toBe(true);
  });

  it("are others in another variant, where there is anything to choose", () => {
    const same = worstFamilies.filter(({ make }) => make(4096, 1).equals(make(4096, 2)));
    const names = same.map(({ name }) => name);
    expect(names).toEqual(["one letter", "spaces", "underscores", "newlines"]);
  });
});

/** `ms` for a text of 1,000 bytes: 1 ms is 1 MB/s. */
function sample(contestant: string, round: number, text: string, freshMs: number): Sample {
  const encoding = "o200k_base";
  return { round, contestant, encoding, text, bytes: 1_000, freshMs, warmMs: freshMs / 2 };
}

describe("figures of the rounds", () => {
  const samples = new Samples([
    ...[1, 2, 3].map((ms, round) => sample("a", round, "x", ms)),
    ...[4, 4, 24].map((ms, round) => sample("b", round, "x", ms)),
    ...[1, 1].map((ms, round) => sample("a", round, "y", ms)),
    ...[9, 1].map((ms, round) => sample("b", round, "y", ms)),
  ]);

  it("are medians of speeds", () => {
    expect(samples.speed("a", "o200k_base", "x", "fresh")).toBeCloseTo(0.5);
    expect(samples.speed("a", "o200k_base", "x", "warm")).toBeCloseTo(1);
    expect(samples.speed("a", "cl100k_base", "x", "fresh")).toBeNaN();
  });

  it("compare two within a round, and leave out a round that lacks one", () => {
    const rounded = (texts: string[]) =>
      samples
        .ratios("a", "b", "o200k_base", texts, "fresh")
        .map((ratio) => Math.round(ratio * 1000));
    expect(rounded(["x"])).toEqual([4000, 2000, 8000]);
    expect(rounded(["x", "y"])).toEqual([6000, 1414]);
    expect(samples.ratios("a", "c", "o200k_base", ["x"], "fresh")).toEqual([]);
  });

  it("have a geometric mean that a doubling and a halving leave alone", () => {
    expect(geometricMean([2, 8])).toBeCloseTo(4);
    expect(geometricMean([0.5, 2])).toBeCloseTo(1);
  });
});

describe("goals", () => {
  it("are reached at their bound, and never by what was not measured", () => {
    const goal = { what: "x", unit: "times" };
    expect(isReached({ ...goal, least: 2, found: 2 })).toBe(true);
    expect(isReached({ ...goal, least: 2, found: 1.99 })).toBe(false);
    expect(isReached({ ...goal, most: 2, found: 2.01 })).toBe(false);
    expect(isReached({ ...goal, most: 2, found: NaN })).toBe(false);
    const rows = [1, 3, NaN].map((found) => ({ ...goal, least: 2, found }));
    const stands = goalsTable(rows).match(/(NOT REACHED|not measured|reached) \|/g);
    expect(stands).toEqual(["NOT REACHED |", "reached |", "not measured |"]);
  });

  it("compare with the better npm peer, and name the corpus that is worst", () => {
    const [slow = "", fast = ""] = npmPeers;
    const each = (who: string, prose: number, chinese: number): Sample[] => [
      sample(who, 0, "prose", prose),
      sample(who, 0, "chinese", chinese),
    ];
    const samples = new Samples([
      ...each(ours, 1, 2),
      ...each(reference, 30, 40),
      ...each(fastestNative, 0.5, 4),
      ...each(slow, 50, 50),
      ...each(fast, 10, 20),
    ]);
    const texts: Corpus[] = [
      { name: "prose", ascii: true, fetched: false, make: () => "" },
      { name: "chinese", ascii: false, fetched: true, make: () => "" },
    ];
    expect(betterPeer(samples, "o200k_base", ["prose", "chinese"], "fresh")).toBe(fast);
    const found = new Map(speedGoals(samples, texts).map((goal) => [goal.what, goal]));
    const fresh = (what: string) => found.get(`o200k_base, fresh: ${what}`)?.found;
    expect(fresh(`bytes, against ${fast}`)).toBeCloseTo(10);
    expect(fresh("any corpus (chinese), against npm tiktoken")).toBeCloseTo(20);
    expect(fresh("any ASCII corpus (prose), against fastokens")).toBeCloseTo(0.5);
    expect(fresh("any other corpus (chinese), against fastokens")).toBeCloseTo(2);
  });
});

describe("the chart", () => {
  const bars = {
    title: "Speed <of> all & sundry",
    groups: ["a", "mean"],
    series: [
      { name: "one", isOurs: true, values: [100, 50] },
      { name: "other", isOurs: false, values: [NaN, 25] },
    ],
  };
  const rows = [
    { name: "spaces", ours: 10, other: 0.05 },
    { name: "bytes", ours: NaN, other: NaN },
  ];
  const bound = { value: 5, label: "bound" };
  const svg = drawChart("here", bars, { title: "Worst", note: "", otherLabel: "it", rows, bound });

  it("draws each bar in its height, and none for what was not measured", () => {
    const heights = [...svg.matchAll(/class="c(\d)"[^>]* height="([\d.]+)"><title>/g)];
    expect(heights.map(([, colour, height]) => [colour, height])).toEqual([
      ["0", "250"],
      ["0", "125"],
      ["1", "62.5"],
    ]);
  });

  it("is XML whatever the names are, and has no number that is none", () => {
    expect(svg).toContain("Speed &lt;of> all &amp; sundry");
    expect(svg).not.toMatch(/NaN|undefined|Infinity|=""\/>/);
    const opened = svg.match(/<(svg|text|title|rect|style)[ >]/g)?.length;
    const closed = svg.match(/<\/(svg|text|title|rect|style)>/g)?.length;
    const selfClosed = svg.match(/<rect[^>]*\/>/g)?.length ?? 0;
    expect(opened).toBe((closed ?? 0) + selfClosed);
  });
});

describe("the bench's command line", () => {
  it("takes rounds for the tokens, one for a quick look", () => {
    expect(readBenchOptions(["tokens"])).toMatchObject({ what: "tokens", rounds: 5 });
    expect(readBenchOptions(["tokens", "--quick"])).toMatchObject({ quick: true, rounds: 1 });
    expect(readBenchOptions(["tokens", "--rounds", "9"])).toMatchObject({ rounds: 9 });
    expect(() => readBenchOptions(["tokens", "--rounds", "0"])).toThrow("--rounds needs");
    expect(() => readBenchOptions(["tokes"])).toThrow('"tokes" is no bench');
  });
});
