import { closest } from 'fastest-levenshtein';
import { z } from 'zod';
import { type Mistake, readYaml, type YamlText } from './read-yaml.ts';
import { sayIssue, showKey } from './say-issue.ts';
import { Text } from './words.ts';

export interface FileText {
  path: string;
  text: string;
}

export interface Problem extends Mistake {
  path: string;
}

/** What a kind of file must hold, and in which words its mistakes are told. */
export interface FileKind<Schema extends z.ZodType> {
  schema: Schema;
  /** The key of the list whose items have names, and the word for one of them: `rules`, `rule`. */
  list: string;
  item: string;
  /** The keys that may stand at each level, for advice on an unknown one. */
  knownKeys: { file: string[] } & Record<string, string[]>;
}

export interface StrictReading<Content> {
  /** `null` where anything is wrong. */
  content: Content | null;
  problems: Problem[];
  /** The names of the list's items, in order, from a file that may be wrong in any other way. */
  names: (string | null)[];
  /** The problem at the key of this path, or at the nearest thing around it that stands in the text. */
  problemAt: (path: readonly PropertyKey[], message: string) => Problem;
}

/** Reads a YAML file that people write: nothing unknown, nothing left to guesses, all its mistakes at once. */
export function readStrictFile<Schema extends z.ZodType>(
  { path, text }: FileText,
  kind: FileKind<Schema>,
): StrictReading<z.infer<Schema>> {
  const yaml = readYaml(text);
  const problemAt = (where: readonly PropertyKey[], message: string) => ({
    ...yaml.mistakeAt(where, message),
    path,
  });
  if (yaml.mistakes.length > 0) {
    return {
      content: null,
      problems: yaml.mistakes.map((mistake) => ({ ...mistake, path })),
      names: [],
      problemAt,
    };
  }
  if (yaml.value === null) {
    const empty = problemAt([], `the file is empty; write "${kind.list}: []" if it is to hold none`);
    return { content: null, problems: [empty], names: [], problemAt };
  }
  const names = readNames(yaml.value, kind.list);
  const result = kind.schema.safeParse(yaml.value, { error: sayIssue });
  const mistakes = (result.error?.issues ?? []).flatMap((issue) =>
    describeIssue({ yaml, kind, names }, issue),
  );
  return {
    content: result.data ?? null,
    problems: mistakes.map((mistake) => ({ ...mistake, path })),
    names,
    problemAt,
  };
}

/** By path and line, a line each as `path:line:column: message`; what is told twice stands once. */
export function formatProblems(problems: readonly Problem[]): string[] {
  return [...new Set(problems.toSorted(compareByPlace).map(formatProblem))];
}

export function formatPlace({ path, line, column }: Problem): string {
  return `${path}:${line}:${column}`;
}

const Named = z.object({ name: Text.nullable() }).catch({ name: null });

function readNames(value: unknown, list: string): (string | null)[] {
  const file = z.record(z.string(), z.unknown()).catch({}).parse(value);
  const items = z.array(Named).catch([]).parse(file[list]);
  return items.map(({ name }) => name);
}

interface Reading {
  yaml: YamlText;
  kind: Pick<FileKind<z.ZodType>, 'list' | 'item' | 'knownKeys'>;
  names: readonly (string | null)[];
}

function describeIssue(reading: Reading, issue: z.core.$ZodIssue): Mistake[] {
  const inner = openUnion(issue);
  if (inner.length > 0) return inner.flatMap((each) => describeIssue(reading, each));
  const { item, key } = nameSubject(reading, issue.path);
  if (issue.code !== 'unrecognized_keys') {
    const subject = [item, key].filter(Boolean).join(': ') || 'the file';
    return [reading.yaml.mistakeAt(issue.path, `${subject} ${issue.message}`)];
  }
  return issue.keys.map((unknown) => {
    const whole = [key, showKey(unknown)].filter(Boolean).join('.');
    const nearest = closest(unknown, keysAt(reading.kind.knownKeys, issue.path));
    const advice = `unknown key ${whole}; did you mean ${nearest}?`;
    return reading.yaml.mistakeAt([...issue.path, unknown], item === '' ? advice : `${item}: ${advice}`);
  });
}

/** Of a value that may be `never` or a map, what is wrong with the map; empty where it is none. */
function openUnion(issue: z.core.$ZodIssue): z.core.$ZodIssue[] {
  if (issue.code !== 'invalid_union') return [];
  const asMap = issue.errors.at(-1) ?? [];
  if (isWrongType(asMap)) return [];
  return asMap.map((each) => ({ ...each, path: [...issue.path, ...each.path] }));
}

function isWrongType([first]: readonly z.core.$ZodIssue[]): boolean {
  return first?.code === 'invalid_type' && first.path.length === 0;
}

/** What a path speaks of: the item by its name, or by its place where it has none, and the keys inside of it. */
function nameSubject(
  { kind, names }: Reading,
  [top, index, ...inside]: readonly PropertyKey[],
): { item: string; key: string } {
  if (typeof index !== 'number') return { item: '', key: joinKeys([top, index, ...inside]) };
  const keys = joinKeys(inside);
  if (top !== kind.list) return { item: `${String(top)} number ${index + 1}`, key: keys };
  return { item: `${kind.item} ${names[index] ?? `number ${index + 1}`}`, key: keys };
}

function joinKeys(path: readonly (PropertyKey | undefined)[]): string {
  return path.flatMap((part) => (typeof part === 'string' ? showKey(part) : [])).join('.');
}

function keysAt(knownKeys: FileKind<z.ZodType>['knownKeys'], path: readonly PropertyKey[]): string[] {
  const level = path.findLast((part) => typeof part === 'string');
  return (level === undefined ? null : knownKeys[level]) ?? knownKeys.file;
}

function compareByPlace(one: Problem, other: Problem): number {
  if (one.path !== other.path) return one.path < other.path ? -1 : 1;
  return one.line - other.line || one.column - other.column;
}

/** In one line, whatever stands in a name or a key. */
function formatProblem(problem: Problem): string {
  return `${formatPlace(problem)}: ${problem.message.replaceAll(/\s+/g, ' ')}`;
}
