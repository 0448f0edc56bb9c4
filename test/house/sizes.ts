import { isBlock, type Node } from 'typescript/unstable/ast';
import { lineAt, nodesOf, type Breach, type House, type Rule, type Source } from './house.ts';

interface Sized {
  path: string;
  line: number;
  lines: number;
}

/** A median or percentile says little about a handful. */
const fewest = 10;

export const sizeRules: Rule[] = [
  { name: 'no file is over 300 lines', breaches: (house) => over(files(house), 300, 'split the file') },
  { name: 'the median file is 100 lines at most', breaches: (house) => share(files(house), 0.5, 100) },
  { name: 'nine files in ten are 200 lines at most', breaches: (house) => share(files(house), 0.9, 200) },
  {
    name: 'no function is over 60 lines',
    breaches: (house) => over(functions(house), 60, 'split the function by what it answers'),
  },
  {
    name: 'nine functions in ten are 30 lines at most',
    breaches: (house) => share(functions(house), 0.9, 30),
  },
];

function files(house: House): Sized[] {
  return house.sources.map(({ path, text }) => ({ path, line: 1, lines: text.trimEnd().split('\n').length }));
}

/** Functions, methods and arrows with a body in braces, from their first word to the closing brace. */
function functions(house: House): Sized[] {
  return house.sources.flatMap((source) =>
    [...nodesOf(source.root)].filter(hasBody).map((node) => sizeOf(node, source)),
  );
}

function hasBody(node: Node): boolean {
  return 'body' in node && typeof node.body === 'object' && node.body !== null && isBlock(node.body as Node);
}

function sizeOf(node: Node, source: Source): Sized {
  const line = lineAt(source.text, node.getStart(source.root));
  return { path: source.path, line, lines: lineAt(source.text, node.end) - line + 1 };
}

function over(all: Sized[], most: number, advice: string): Breach[] {
  return all
    .filter(({ lines }) => lines > most)
    .map(({ path, line, lines }) => ({ path, line, advice: `${lines} lines, ${most} at most: ${advice}` }));
}

/** Names each one over the limit when more than the rest of `part` is. */
function share(all: Sized[], part: number, most: number): Breach[] {
  const sorted = all.map(({ lines }) => lines).toSorted((a, b) => a - b);
  const found = sorted[Math.ceil(sorted.length * part) - 1] ?? 0;
  if (sorted.length < fewest || found <= most) return [];
  return over(
    all,
    most,
    `${found} at the ${part * 100}th percentile, split the ones that answer two questions`,
  );
}
