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
import {
  breachesAtNodes,
  lineAt,
  nodesOf,
  type Breach,
  type House,
  type Rule,
  type Source,
} from './house.ts';

/** Rooms by floor, the ground floor first: a file imports from its own floor or one below. A folder counts with those in it. */
const floors = [
  ['secret', 'logging', 'text', 'time', 'job'],
  ['http', 'intake', 'evidence', 'trigger'],
  ['notice'],
  ['history', 'chain'],
  ['rules/language'],
  ['rules/matchers'],
  ['rules/decide'],
  ['rules/tools', 'report'],
  ['flow'],
  ['adapters', 'config'],
  ['app'],
  ['cli'],
  ['main'],
];

/** Rooms that not everyone above may use: they know what the core is to be handed in. */
const reserved: Record<string, string[]> = {
  logging: ['flow', 'adapters', 'app', 'cli', 'main'],
  http: ['flow', 'adapters', 'app', 'cli', 'main'],
  config: ['app', 'cli', 'main'],
};

/** The other rooms of `flow` are used by these two; nobody there uses them. */
const topOfFlow = ['flow/chain-worker', 'flow/requests'];

/** More than that nobody takes in at a glance. */
const maxFiles = 18;

const insideRooms = ['zod', 'yaml', 'sax', 're2js', 'fastest-levenshtein', 'node:crypto', 'node:util'];
const outsideRooms = ['adapters', 'app', 'cli', 'main', 'config', 'logging', 'http'];

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
  { name: 'no rooms import one another in a circle', breaches: breachesByRoomCycle },
  { name: 'a folder holds at most 18 files', breaches: breachesByCrowd },
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

/** The room of a file: its folder under src, or its name where it stands right in src. */
function roomOf(path: string): string {
  const inside = path.replace(/^src\//, '').replace(/\.ts$/, '');
  return inside.includes('/') ? posix.dirname(inside) : inside;
}

/** The first folder of a room: `flow` of `flow/judge`. */
function wingOf(path: string): string {
  return roomOf(path).split('/')[0] ?? '';
}

function fileOf(source: Source, from: string): string | null {
  return from.startsWith('.') ? posix.join(posix.dirname(source.path), from) : null;
}

function isIn(path: string, room: string): boolean {
  const inside = path.replace(/^src\//, '').replace(/\.ts$/, '');
  return inside === room || inside.startsWith(`${room}/`);
}

function floorOf(path: string): number {
  return floors.findIndex((rooms) => rooms.some((room) => isIn(path, room)));
}

function adviceOnWall(source: Source, from: string | null): string | null {
  const file = from === null ? null : fileOf(source, from);
  if (file === null) return null;
  if (!file.startsWith('src/')) return `src imports nothing outside of it; ${file} is`;
  const [room, other] = [roomOf(source.path), roomOf(file)];
  const [floor, below] = [floorOf(source.path), floorOf(file)];
  if (floor === -1 || below === -1)
    return `${floor === -1 ? room : other} is no room of test/house/imports.ts`;
  if (below > floor) return `${room} may not import ${other}: move the type down, or let ${other} hand it in`;
  return adviceOnReserved(source.path, file);
}

function adviceOnReserved(path: string, file: string): string | null {
  const [wing, other] = [wingOf(path), wingOf(file)];
  const users = reserved[other];
  if (wing !== other && users !== undefined && !users.includes(wing))
    return `${wing} may not import ${other}, only ${users.join(', ')} may: pass what it needs as an argument`;
  const top = topOfFlow.find((each) => isIn(file, each));
  if (top === undefined || wing !== 'flow' || topOfFlow.some((each) => isIn(path, each))) return null;
  return `${top} uses the other rooms of flow, and none of them uses it: move the type down`;
}

function adviceOnAdapter(source: Source, from: string | null): string | null {
  const file = from === null ? null : fileOf(source, from);
  if (file === null || wingOf(source.path) !== 'adapters' || wingOf(file) !== 'adapters') return null;
  const [mine, other] = [source.path.split('/')[2], file.split('/')[2]];
  return mine === other
    ? null
    : `adapter ${mine} may not import adapter ${other}: join them in app by a port`;
}

function adviceOnPackage(house: House, source: Source, from: string | null): string | null {
  if (from === null || from.startsWith('.')) return null;
  const name = from
    .split('/')
    .slice(0, from.startsWith('@') ? 2 : 1)
    .join('/');
  if (!outsideRooms.includes(wingOf(source.path)) && !insideRooms.includes(name)) {
    return `a room may not use ${name}, only ${insideRooms.join(', ')}: put it behind a port, in an adapter`;
  }
  if (name.startsWith('node:') || house.packages.includes(name)) return null;
  return `${name} is not in "dependencies" of package.json: the image would lack it`;
}

/** What a room imports, by room: the first import that ties them. A folder and those in it are one house to each other. */
function tiesOf(house: House): Map<string, Map<string, Breach>> {
  const ties = new Map<string, Map<string, Breach>>();
  for (const source of house.sources) {
    for (const node of nodesOf(source.root)) {
      const from = importedBy(node);
      const file = from === null ? null : fileOf(source, from);
      if (file === null) continue;
      const [room, other] = [roomOf(source.path), roomOf(file)];
      if (isIn(room, other) || isIn(other, room)) continue;
      const line = lineAt(source.text, node.getStart(source.root));
      const known = ties.get(room) ?? new Map<string, Breach>();
      if (!known.has(other)) known.set(other, { path: source.path, line, advice: other });
      ties.set(room, known);
    }
  }
  return ties;
}

function breachesByRoomCycle(house: House): Breach[] {
  const ties = tiesOf(house);
  function reaches(room: string, goal: string, seen: Set<string>): boolean {
    if (room === goal) return true;
    if (seen.has(room)) return false;
    seen.add(room);
    return [...(ties.get(room)?.keys() ?? [])].some((next) => reaches(next, goal, seen));
  }
  return [...ties].flatMap(([room, others]) =>
    [...others]
      .filter(([other]) => reaches(other, room, new Set()))
      .map(([other, { path, line }]) => ({
        path,
        line,
        advice: `${room} and ${other} import each other, over other rooms perhaps: move what both need into a room below`,
      })),
  );
}

function breachesByCrowd(house: House): Breach[] {
  const folders = Map.groupBy(house.sources, ({ path }) => posix.dirname(path));
  return [...folders].flatMap(([folder, sources]) =>
    sources.length <= maxFiles
      ? []
      : [
          {
            path: folder,
            line: 1,
            advice: `${sources.length} files: make rooms of it, or merge what is one thing`,
          },
        ],
  );
}
