import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createVirtualFileSystem } from 'typescript/unstable/fs';
import { API } from 'typescript/unstable/async';
import type { Node, SourceFile } from 'typescript/unstable/ast';

/** One TypeScript file. Paths are as people write them: `src/job/run.ts`. */
export interface Source {
  path: string;
  text: string;
  root: SourceFile;
}

/** What the rules look at: each file under src, the tests as far as they use it, and the packages that production installs. */
export interface House {
  /** Of src, whatever the kind of file. */
  paths: string[];
  sources: Source[];
  tests: Source[];
  packages: string[];
}

/** Where a rule is broken and what to do about it. */
export interface Breach {
  path: string;
  line: number;
  advice: string;
}

export interface Rule {
  name: string;
  breaches(house: House): Breach[];
}

/** Reads a house from texts by path; the rules are tried on planted breaches in this way. */
export async function houseOf(files: Record<string, string>, packages: string[]): Promise<House> {
  const all = await readSources(files);
  return {
    paths: Object.keys(files).filter((path) => path.startsWith('src/')),
    sources: all.filter(({ path }) => path.startsWith('src/')),
    tests: all.filter(({ path }) => path.startsWith('test/')),
    packages,
  };
}

/** Parses the TypeScript files among texts by path. */
export async function readSources(files: Record<string, string>): Promise<Source[]> {
  const paths = Object.keys(files).filter((path) => path.endsWith('.ts'));
  const roots = await parse(files, paths);
  return roots.map((root, index) => {
    const path = paths[index] ?? '';
    return { path, text: files[path] ?? '', root };
  });
}

/** Reads the house in which we live. */
export async function readHouse(top: string): Promise<House> {
  const { dependencies } = JSON.parse(readFileSync(join(top, 'package.json'), 'utf8'));
  const files = { ...readFolder(top, 'src'), ...readFolder(top, 'test') };
  return houseOf(files, Object.keys(dependencies));
}

/** The files of a folder of the repository at `top`, as texts by path. */
export function readFolder(top: string, folder: string): Record<string, string> {
  const entries = readdirSync(join(top, folder), { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(top.length).replace(/^\//, ''));
  return Object.fromEntries(paths.toSorted().map((path) => [path, readFileSync(join(top, path), 'utf8')]));
}

/** Parses with the compiler itself, over files in memory: no type is looked up, no other file is read. */
async function parse(files: Record<string, string>, sources: string[]): Promise<SourceFile[]> {
  const options = { noLib: true, noResolve: true, types: [], allowImportingTsExtensions: true, noEmit: true };
  const config = JSON.stringify({ compilerOptions: options, files: sources });
  const inMemory = Object.entries(files).map(([path, text]) => [`/house/${path}`, text]);
  const fs = createVirtualFileSystem({ '/house/tsconfig.json': config, ...Object.fromEntries(inMemory) });
  const api = new API({ cwd: '/house', fs });
  try {
    const snapshot = await api.updateSnapshot({ openProjects: ['/house/tsconfig.json'] });
    const program = snapshot.getProjects()[0]!.program;
    const roots = await Promise.all(sources.map((path) => program.getSourceFile(`/house/${path}`)));
    return roots.map((root, index) => {
      assert.ok(root, `${sources[index]} can't be parsed`);
      return root;
    });
  } finally {
    await api.close();
  }
}

export function* nodesOf(node: Node): Generator<Node> {
  yield node;
  const children: Node[] = [];
  node.forEachChild((child) => void children.push(child));
  for (const child of children) yield* nodesOf(child);
}

/** The line of an offset in a text, counted from 1. */
export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

/** A breach at each node of any file for which `judge` has an advice. */
export function breachesAtNodes(
  { sources }: { sources: readonly Source[] },
  judge: (node: Node, source: Source) => string | null,
): Breach[] {
  return sources.flatMap((source) =>
    [...nodesOf(source.root)].flatMap((node) => {
      const advice = judge(node, source);
      if (advice === null) return [];
      const line = lineAt(source.text, node.getStart(source.root));
      return [{ path: source.path, line, advice }];
    }),
  );
}
