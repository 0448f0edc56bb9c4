import { posix } from 'node:path';
import {
  isCallExpression,
  isExportDeclaration,
  isImportDeclaration,
  isImportTypeNode,
  isLiteralTypeNode,
  isStringLiteral,
  SyntaxKind,
  type Node,
} from 'typescript/unstable/ast';
import { breachesAtNodes, lineAt, nodesOf, type House, type Rule, type Source } from './house.ts';

/** Rooms by floor: a file imports from its own floor or one below. */
const floors = [
  ['job'],
  ['intake', 'evidence', 'chain', 'history', 'trigger'],
  ['rules'],
  ['report'],
  ['flow'],
  ['adapters'],
  ['app'],
  ['commands'],
  ['main'],
];

/** Files that stand beside the rooms, by who may import them. */
const beside: Record<string, string[] | 'anyone'> = {
  secret: 'anyone',
  logging: ['flow', 'adapters', 'app', 'commands', 'main'],
  http: ['flow', 'adapters', 'app', 'commands', 'main'],
  config: ['app', 'commands', 'main'],
  settings: ['config', 'app', 'commands', 'main'],
};

const insideRooms = ['zod', 'yaml', 'sax', 're2js', 'fastest-levenshtein', 'node:crypto', 'node:util'];
const outsideRooms = ['adapters', 'app', 'commands', 'main', 'config', 'settings', 'logging', 'http'];

export const importRules: Rule[] = [
  {
    name: 'imports run one way through the house',
    breaches: (house) => breachesAtNodes(house, (node, source) => adviceOnWall(source, importedBy(node))),
  },
  {
    name: 'no adapter imports another',
    breaches: (house) => breachesAtNodes(house, (node, source) => adviceOnAdapter(source, importedBy(node))),
  },
  {
    name: 'rooms use no package but those on the list, and nothing uses one that production lacks',
    breaches: (house) =>
      breachesAtNodes(house, (node, source) => adviceOnPackage(house, source, importedBy(node))),
  },
  { name: 'no files import one another in a circle', breaches: breachesByCycle },
];

/** What a node imports: from `import`, `export … from`, `import()` and `import('…').Type` alike. */
function importedBy(node: Node): string | null {
  const named = isImportDeclaration(node) || isExportDeclaration(node) ? node.moduleSpecifier : undefined;
  const called =
    isCallExpression(node) && node.expression.kind === SyntaxKind.ImportKeyword
      ? node.arguments[0]
      : undefined;
  const typed =
    isImportTypeNode(node) && isLiteralTypeNode(node.argument) ? node.argument.literal : undefined;
  const from = named ?? called ?? typed;
  return from !== undefined && isStringLiteral(from) ? from.text : null;
}

/** The room of a file: its first folder under src, or its name where it stands right in src. */
function roomOf(path: string): string {
  return (path.split('/')[1] ?? '').replace(/\.ts$/, '');
}

function fileOf(source: Source, from: string): string | null {
  return from.startsWith('.') ? posix.join(posix.dirname(source.path), from) : null;
}

function floorOf(room: string): number {
  return floors.findIndex((rooms) => rooms.includes(room));
}

function adviceOnWall(source: Source, from: string | null): string | null {
  const file = from === null ? null : fileOf(source, from);
  if (file === null) return null;
  const room = roomOf(source.path);
  const other = roomOf(file);
  if (!file.startsWith('src/')) return `src imports nothing outside of it; ${file} is`;
  if (room === other) return null;
  const allowed = beside[other];
  if (allowed !== undefined) {
    if (allowed === 'anyone' || allowed.includes(room)) return null;
    return `${room} may not import ${other}.ts, only ${allowed.join(', ')} may: pass what it needs as an argument`;
  }
  if (room in beside) return adviceOnBeside(room, other);
  const [floor, below] = [floorOf(room), floorOf(other)];
  if (floor === -1 || below === -1) return `${floor === -1 ? room : other} is no room of STYLE.md`;
  return below <= floor
    ? null
    : `${room} may not import ${other}: move the type down to ${room}, or let ${other} hand it in`;
}

/** What stands beside the rooms may speak their words, but knows nobody who calls it. */
function adviceOnBeside(room: string, other: string): string | null {
  const floor = floorOf(other);
  if (room !== 'secret' && floor !== -1 && floor <= floorOf('flow')) return null;
  return `${room}.ts may not import ${other}: let the caller hand it in`;
}

function adviceOnAdapter(source: Source, from: string | null): string | null {
  const file = from === null ? null : fileOf(source, from);
  if (file === null || roomOf(source.path) !== 'adapters' || roomOf(file) !== 'adapters') return null;
  const [mine, other] = [source.path.split('/')[2], file.split('/')[2]];
  return mine === other
    ? null
    : `adapter ${mine} may not import adapter ${other}: join them in app.ts by a port`;
}

function adviceOnPackage(house: House, source: Source, from: string | null): string | null {
  if (from === null || from.startsWith('.')) return null;
  const name = from
    .split('/')
    .slice(0, from.startsWith('@') ? 2 : 1)
    .join('/');
  if (!outsideRooms.includes(roomOf(source.path)) && !insideRooms.includes(name)) {
    return `a room may not use ${name}, only ${insideRooms.join(', ')}: put it behind a port, in an adapter`;
  }
  if (name.startsWith('node:') || house.packages.includes(name)) return null;
  return `${name} is not in "dependencies" of package.json: the image would lack it`;
}

function breachesByCycle(house: House): ReturnType<Rule['breaches']> {
  const sources = new Map(house.sources.map((source) => [source.path, source]));
  const done = new Set<string>();
  const breaches: ReturnType<Rule['breaches']> = [];
  function visit(source: Source, way: string[]): void {
    for (const node of nodesOf(source.root)) {
      const from = importedBy(node);
      const next = sources.get((from === null ? null : fileOf(source, from)) ?? '');
      if (next === undefined) continue;
      const start = [...way, source.path].indexOf(next.path);
      if (start !== -1) {
        const circle = [...[...way, source.path].slice(start), next.path].join(' → ');
        const line = lineAt(source.text, node.getStart(source.root));
        breaches.push({
          path: source.path,
          line,
          advice: `${circle}: move what both need into a file below`,
        });
      } else if (!done.has(next.path)) visit(next, [...way, source.path]);
    }
    done.add(source.path);
  }
  for (const source of house.sources) if (!done.has(source.path)) visit(source, []);
  return breaches;
}
