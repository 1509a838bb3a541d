/** The run as a picture: an SVG of its own, with real text, for light and dark pages. */
import { figure } from "../table.ts";

export interface Series {
  name: string;
  /** Ours stands out. */
  isOurs: boolean;
  /** One a group; NaN leaves a gap. */
  values: number[];
}

export interface BarGroups {
  title: string;
  groups: string[];
  series: Series[];
}

/** Rows of a bar of ours, and the number of another. */
export interface BarRows {
  title: string;
  note: string;
  /** What stands above the numbers. */
  otherLabel: string;
  rows: { name: string; ours: number; other: number }[];
  /** Drawn as a line across, with its name. */
  bound: { value: number; label: string };
}

const width = 1000;
const margin = 24;
const plotLeft = 60;
const plotHeight = 250;
const legendTop = 78;
const plotTop = 108;
const plotBottom = plotTop + plotHeight;
const rowsTop = plotBottom + 106;
const rowsLeft = 190;
const rowsWidth = 600;
const rowHeight = 22;
const barHeight = 14;

/** Ours first, then others; each on light and on dark ground. */
const colours: [light: string, dark: string][] = [
  ["#0c8599", "#3bc9db"],
  ["#e8590c", "#ff922b"],
  ["#ae3ec9", "#da77f2"],
  ["#f59f00", "#ffd43b"],
  ["#5c7cfa", "#91a7ff"],
  ["#868e96", "#adb5bd"],
];

/** The whole picture; `subtitle` says when and where it was measured. */
export function drawChart(subtitle: string, bars: BarGroups, rows: BarRows): string {
  const height = rowsTop + rows.rows.length * rowHeight + 52;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img"`,
    ` aria-label="${escaped(`${bars.title}. ${rows.title}.`)}">`,
    `<style>${styles()}</style>`,
    `<rect class="ground" width="${width}" height="${height}" rx="12"/>`,
    text(margin, 36, "title", bars.title),
    text(margin, 56, "note", subtitle),
    ...drawLegend(bars.series),
    ...drawGroups(bars),
    ...drawRows(rows),
    "</svg>\n",
  ].join("\n");
}

function styles(): string {
  const fills = (dark: 0 | 1): string =>
    colours.map((pair, index) => `.c${index}{fill:${pair[dark]}}`).join("");
  return [
    "text{font-family:system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;font-size:12px}",
    "text{fill:#212529}",
    ".title{font-size:18px;font-weight:600}.strong{font-weight:600}",
    ".note{fill:#495057}.ground{fill:#fff}.grid{stroke:#dee2e6}.bound{stroke:#c92a2a}",
    fills(0),
    "@media(prefers-color-scheme:dark){text{fill:#e9ecef}.note{fill:#adb5bd}",
    `.ground{fill:#0d1117}.grid{stroke:#30363d}.bound{stroke:#ff8787}${fills(1)}}`,
  ].join("");
}

function drawLegend(series: Series[]): string[] {
  let x = margin;
  return series.flatMap(({ name, isOurs }, index) => {
    const at = x;
    x += 30 + name.length * 7;
    const label = text(at + 18, legendTop + 10, isOurs ? "strong" : "", name);
    return [rect(at, legendTop, 12, 12, index), label];
  });
}

function drawGroups({ groups, series }: BarGroups): string[] {
  const most = Math.max(...series.flatMap(({ values }) => values.filter(Number.isFinite)));
  const step = niceStep(most);
  const top = Math.ceil(most / step) * step;
  const yOf = (value: number): number => plotBottom - (value / top) * plotHeight;
  const lines = Array.from({ length: Math.round(top / step) + 1 }, (_, index) => {
    const y = yOf(index * step);
    const label = text(plotLeft - 8, y + 4, "note", String(index * step), "end");
    return `<path class="grid" d="M${plotLeft} ${y}H${width - margin}"/>${label}`;
  });
  const groupWidth = (width - margin - plotLeft) / groups.length;
  const barWidth = (groupWidth - 14) / series.length;
  const bars = groups.flatMap((group, at) => {
    const left = plotLeft + at * groupWidth + 7;
    const middle = left + (groupWidth - 14) / 2;
    const isMean = at === groups.length - 1;
    const label = text(middle, plotBottom + 18, isMean ? "strong" : "", group, "middle");
    const own = series.flatMap(({ name, values }, index) => {
      const value = values[at] ?? NaN;
      if (!Number.isFinite(value)) return [];
      const x = left + index * barWidth;
      const y = yOf(value);
      const bar = rect(x, y, barWidth - 1, plotBottom - y, index, `${name}: ${figure(value)} MB/s`);
      // To the left, where no other bar stands behind it.
      const shown = index === 0 ? text(x + barWidth, y - 4, "strong", short(value), "end") : "";
      return [bar, shown];
    });
    return [label, ...own];
  });
  return [...lines, ...bars];
}

function drawRows({ title, note, otherLabel, rows, bound }: BarRows): string[] {
  const most = Math.max(...rows.map(({ ours }) => ours).filter(Number.isFinite), bound.value);
  const lengthOf = (value: number): number => (value / most) * rowsWidth;
  const right = width - margin;
  const drawn = rows.flatMap(({ name, ours, other }, at) => {
    const y = rowsTop + at * rowHeight;
    const length = Number.isFinite(ours) ? lengthOf(ours) : 0;
    return [
      text(rowsLeft - 10, y + 12, "", name, "end"),
      rect(rowsLeft, y, length, barHeight, 0),
      text(rowsLeft + length + 6, y + 12, "strong", figure(ours)),
      text(right, y + 12, "note", Number.isFinite(other) ? figure(other) : "", "end"),
    ];
  });
  const x = round(rowsLeft + lengthOf(bound.value));
  const bottom = rowsTop + rows.length * rowHeight;
  const hasOthers = rows.some(({ other }) => Number.isFinite(other));
  return [
    text(margin, rowsTop - 46, "title", title),
    text(margin, rowsTop - 26, "note", note),
    hasOthers ? text(right, rowsTop - 8, "note", otherLabel, "end") : "",
    ...drawn,
    `<path class="bound" stroke-dasharray="4 3" d="M${x} ${rowsTop - 6}V${bottom + 4}"/>`,
    text(x, bottom + 20, "note", bound.label, "middle"),
  ];
}

/** A round number of which about five make the whole. */
function niceStep(most: number): number {
  const rough = most / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 5, 10].map((times) => times * power).find((step) => step >= rough) ?? rough;
}

function rect(x: number, y: number, w: number, h: number, colour: number, tip = ""): string {
  const size = `x="${round(x)}" y="${round(y)}" width="${round(w)}" height="${round(h)}"`;
  const title = tip === "" ? "" : `<title>${escaped(tip)}</title>`;
  return `<rect class="c${colour % colours.length}" ${size}>${title}</rect>`;
}

function text(x: number, y: number, kind: string, content: string, anchor = "start"): string {
  const place = `x="${round(x)}" y="${round(y)}" text-anchor="${anchor}"`;
  return `<text class="${kind}" ${place}>${escaped(content)}</text>`;
}

function short(value: number): string {
  return value >= 10 ? String(Math.round(value)) : figure(value);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escaped(content: string): string {
  return content.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/"/g, "&quot;");
}
