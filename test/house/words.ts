import {
  isCallExpression,
  isIdentifier,
  isNewExpression,
  isPropertyAccessExpression,
  type Node,
} from 'typescript/unstable/ast';
import { breachesAtNodes, lineAt, type Breach, type House, type Rule } from './house.ts';

/** The one place that reads the clock, rolls the dice and sets timers. */
const system = 'src/adapters/system/';
const hereAndNow = ['Date.now', 'Math.random', 'performance.now', 'Temporal.Now'];
const timers = ['setTimeout', 'setInterval'];

export const wordRules: Rule[] = [
  {
    name: 'only adapters/system knows the time, chance and timers',
    breaches: (house) =>
      breachesAtNodes(house, (node, source) => {
        const what = source.path.startsWith(system) ? null : readOfHereAndNow(node);
        return what === null
          ? null
          : `${what} belongs to ${system}: take a Clock or the value as an argument`;
      }),
  },
  {
    name: 'only config reads the environment',
    breaches: (house) =>
      breachesAtNodes(house, (node, source) =>
        !source.path.startsWith('src/config/') && textOf(node) === 'process.env'
          ? 'only src/config reads process.env: make it a setting of Config'
          : null,
      ),
  },
  { name: 'nothing is left for later', breaches: breachesByPostponing },
];

function readOfHereAndNow(node: Node): string | null {
  const text = textOf(node);
  if (text !== null && hereAndNow.includes(text)) return text;
  if (isNewExpression(node) && textOf(node.expression) === 'Date' && !node.arguments?.length)
    return 'new Date()';
  if (isCallExpression(node) && textOf(node.expression) === 'Date') return 'Date()';
  if (!isIdentifier(node) || !timers.includes(node.text)) return null;
  const owner = isPropertyAccessExpression(node.parent) ? node.parent.expression : node;
  return owner === node || textOf(owner) === 'globalThis' ? node.text : null;
}

/** `process.env` of a plain name or of a name's property, whatever blanks stand between; else `null`. */
function textOf(node: Node): string | null {
  if (isIdentifier(node)) return node.text;
  if (!isPropertyAccessExpression(node) || !isIdentifier(node.expression)) return null;
  return `${node.expression.text}.${node.name.text}`;
}

function breachesByPostponing(house: House): Breach[] {
  return house.sources.flatMap(({ path, text }) =>
    [...text.matchAll(/\b(?:TODO|FIXME|XXX|HACK)\b/g)].map((match) => ({
      path,
      line: lineAt(text, match.index),
      advice: `${match[0]}: do it now, or open an issue and say plainly what the code does not do`,
    })),
  );
}
