import type { Bar, Line } from './outcome.ts';

// Readable on a light and a dark page: the browser says which one it is.
const style = `
text { font: 12px system-ui, sans-serif; fill: #57606a }
.title { font-weight: 600; fill: #1f2328 }
.bar { fill: #8c959f } .ours { fill: #0969da } .spread { stroke: #1f2328; stroke-width: 1 }
.axis { stroke: #d0d7de; stroke-width: 1 } .line { fill: none; stroke-width: 2 }
@media (prefers-color-scheme: dark) {
  text { fill: #9198a1 } .title { fill: #f0f6fc } .bar { fill: #656c76 } .ours { fill: #4493f8 }
  .spread { stroke: #f0f6fc } .axis { stroke: #3d444d }
}`;
const colors = ['#0969da', '#bf3989', '#1a7f37', '#9a6700', '#8250df', '#cf222e', '#0a7ea4', '#6e7781'];
const width = 720;

/** Horizontal bars from 0, each with its value and a thin line for its spread. */
export function plotBars(title: string, bars: readonly Bar[]): string {
  const [left, right, top, step] = [230, 70, 34, 26];
  const most = Math.max(...bars.flatMap(({ value, high = value }) => [value, high]));
  const x = (value: number) => left + (value / most) * (width - left - right);
  const rows = bars.map(({ label, value, low, high, isOurs }, index) => {
    const y = top + index * step;
    const spread =
      low !== undefined && high !== undefined
        ? `<line class="spread" x1="${n(x(low))}" x2="${n(x(high))}" y1="${y + 9}" y2="${y + 9}"/>`
        : '';
    const end = Math.max(x(value), x(high ?? value)) + 6;
    return `<text x="${left - 8}" y="${y + 13}" text-anchor="end">${toXml(label)}</text>
<rect class="${isOurs ? 'ours' : 'bar'}" x="${left}" y="${y}" width="${n(x(value) - left)}" height="18"/>${spread}
<text x="${n(end)}" y="${y + 13}">${format(value)}</text>`;
  });
  return svg(title, top + bars.length * step + 10, rows);
}

/** Lines over two logarithmic axes, a label at the end of each. */
export function plotLines(title: string, xTitle: string, lines: readonly Line[]): string {
  const [left, right, top, height] = [60, 190, 40, 300];
  const points = lines.flatMap((line) => line.points);
  const xs = decades(points.map(([x]) => x));
  const ys = decades(points.map(([, y]) => y));
  const x = (value: number) => left + share(value, xs) * (width - left - right);
  const y = (value: number) => top + height - share(value, ys) * height;
  const grid = [
    ...ys.map(
      (
        value,
      ) => `<line class="axis" x1="${left}" x2="${width - right}" y1="${n(y(value))}" y2="${n(y(value))}"/>
<text x="${left - 6}" y="${n(y(value) + 4)}" text-anchor="end">${format(value)}</text>`,
    ),
    ...xs.map(
      (value) =>
        `<text x="${n(x(value))}" y="${top + height + 18}" text-anchor="middle">${value.toLocaleString('en')}</text>`,
    ),
    `<text x="${(left + width - right) / 2}" y="${top + height + 36}" text-anchor="middle">${toXml(xTitle)}</text>`,
  ];
  const labels = spreadLabels(lines.map((line) => y(line.points.at(-1)?.[1] ?? 1)));
  const drawn = lines.map((line, index) => {
    const color = colors[index % colors.length];
    const path = line.points.map(([px, py]) => `${n(x(px))},${n(y(py))}`).join(' ');
    return `<polyline class="line" stroke="${color}" points="${path}"/>
<text x="${width - right + 8}" y="${n((labels[index] ?? 0) + 4)}" style="fill:${color}">${toXml(line.label)}</text>`;
  });
  return svg(title, top + height + 50, [...grid, ...drawn]);
}

function svg(title: string, height: number, content: readonly string[]): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${toXml(title)}">
<style>${style}</style>
<text class="title" x="8" y="18">${toXml(title)}</text>
${content.join('\n')}
</svg>
`;
}

/** The powers of ten around the values. */
function decades(values: readonly number[]): number[] {
  const first = Math.floor(Math.log10(Math.min(...values)));
  const last = Math.max(first + 1, Math.ceil(Math.log10(Math.max(...values))));
  return Array.from({ length: last - first + 1 }, (_, index) => 10 ** (first + index));
}

function share(value: number, ticks: readonly number[]): number {
  const [first, last] = [Math.log10(ticks[0] ?? 1), Math.log10(ticks.at(-1) ?? 10)];
  return (Math.log10(value) - first) / (last - first);
}

/** So that labels that belong to one height do not cover each other. */
function spreadLabels(heights: readonly number[]): number[] {
  const moved: number[] = [];
  let last = Number.NEGATIVE_INFINITY;
  for (const { height, index } of heights
    .map((height, index) => ({ height, index }))
    .sort((one, other) => one.height - other.height)) {
    last = Math.max(height, last + 14);
    moved[index] = last;
  }
  return moved;
}

function format(value: number): string {
  if (value >= 100) return value.toFixed(0);
  return String(Number(value.toPrecision(2)));
}

function n(value: number): string {
  return value.toFixed(1);
}

function toXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
