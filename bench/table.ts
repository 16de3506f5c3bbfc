import { medianOf, ratioOf } from "./ratio.ts";
import type { Figure, Row } from "./row.ts";

const widths = [34, 10, 10, 22, 16];

const line = (cells: readonly string[]): string =>
  `${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join("")}`.trimEnd();

const number = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toFixed(2));

/** Whether the figure reaches its bar. */
export const holds = (figure: Figure): boolean =>
  figure.bar === undefined || ratioOf(figure, figure.better).median >= figure.bar;

/** The table of one row; medians of both sides, and the median ratio with its spread. */
export const tableOf = ({ name, what, against }: Row, figures: readonly Figure[]): string => {
  const lines = figures.map((figure) => {
    const { median, low, high } = ratioOf(figure, figure.better);
    const bar = figure.bar === undefined ? "" : `>= ${figure.bar.toFixed(2)} ${holds(figure) ? "holds" : "FAILS"}`;
    return line([
      figure.name,
      number(medianOf(figure.ours)),
      number(medianOf(figure.theirs)),
      `${median.toFixed(3)} (${low.toFixed(3)}-${high.toFixed(3)})`,
      bar,
    ]);
  });
  const head = line(["", "ours", "theirs", "ratio (min-max)", "bar"]);
  return `${name}: ${what}, against ${against}\n${[head, ...lines].join("\n")}\n`;
};
