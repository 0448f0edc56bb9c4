import { closest } from 'fastest-levenshtein';
import { z } from 'zod';
import { type Mistake, readYaml, type YamlText } from './read-yaml.ts';
import { describeIssue, showKey } from './describe-issue.ts';
import { Text } from './schema-types.ts';

export interface FileText {
  path: string;
  text: string;
}

export interface Problem extends Mistake {
  path: string;
}

/** What a kind of file must hold, and the words for its mistakes. */
export interface FileKind<Schema extends z.ZodType> {
  schema: Schema;
  /** The key of the list whose items have names, and the word for one of them: `rules`, `rule`. */
  list: string;
  item: string;
  /** The maximum number of them in all files together. */
  max: number;
  /** The maximum cost of all items in all files, checked before the schema reads them. */
  cost?: ItemCost;
  /** The keys that may stand at each level, for advice on an unknown one. */
  knownKeys: { file: string[] } & Record<string, string[]>;
}

interface ItemCost {
  of: (item: unknown) => number;
  max: number;
  /** The problem of the item that exceeds the maximum. */
  message: string;
}

export interface ConfigFile<Content> {
  /** `null`: something is wrong. */
  content: Content | null;
  /** The first 100. */
  problems: Problem[];
  /** Number of further problems. */
  more: number;
  /** The names of the list's items, in order, from a file that may be wrong in any other way. */
  names: (string | null)[];
  /** The problem at the key of this path, or at the nearest thing around it that stands in the text. */
  problemAt: (path: readonly PropertyKey[], message: string) => Problem;
}

/** In bytes; of one file, and of all files of a directory together. */
export const maxFileBytes = 256 * 1024;
export const maxTotalBytes = 16 * maxFileBytes;
/** Problems that are reported. */
const maxProblems = 100;
/** No key of ours is longer, so no known key is near a longer one. */
const maxKeyLength = 60;

/**
 * The problem of files that are too large to be read, one of them or all together; `null`: they are read. A text over
 * 256 KiB may be cut anywhere after that.
 */
export function findLargeFile(texts: readonly FileText[]): Problem | null {
  const sizes = texts.map(({ text }) => Buffer.byteLength(text));
  const large = texts.find((_, index) => (sizes[index] ?? 0) > maxFileBytes);
  if (large !== undefined)
    return { path: large.path, line: 1, column: 1, message: 'the file is over 256 KiB' };
  let sum = 0;
  const last = texts.find((_, index) => (sum += sizes[index] ?? 0) > maxTotalBytes);
  return last === undefined
    ? null
    : { path: last.path, line: 1, column: 1, message: 'with this file, all files together are over 4 MiB' };
}

/**
 * Reads YAML files that people write: it refuses unknown keys, guesses nothing and reports all mistakes at once. It takes
 * time linear in their size.
 */
export function readStrictFiles<Schema extends z.ZodType>(
  texts: readonly FileText[],
  kind: FileKind<Schema>,
): ConfigFile<z.infer<Schema>>[] {
  const left = { items: kind.max, cost: kind.cost?.max ?? 0 };
  return texts.map((text) => readStrictFile(text, kind, left));
}

/** `left`: how many items, and of what cost, this file and the files after it may have; this file takes its part. */
function readStrictFile<Schema extends z.ZodType>(
  { path, text }: FileText,
  kind: FileKind<Schema>,
  left: { items: number; cost: number },
): ConfigFile<z.infer<Schema>> {
  const yaml = readYaml(text);
  const problemAt = (where: readonly PropertyKey[], message: string) => ({
    ...yaml.mistakeAt(where, message),
    path,
  });
  const reject = (problems: Problem[], names: (string | null)[] = []) => ({
    content: null,
    problems,
    more: 0,
    names,
    problemAt,
  });
  if (yaml.mistakes.length > 0) return reject(yaml.mistakes.map((mistake) => ({ ...mistake, path })));
  if (yaml.value === null) {
    return reject([problemAt([], `the file is empty; write "${kind.list}: []" if it is to hold none`)]);
  }
  const names = readNames(yaml.value, kind.list);
  const max = Math.max(0, left.items);
  left.items -= names.length;
  if (names.length > max) {
    return reject([problemAt([kind.list, max], `more than ${kind.max} ${kind.list} in all files`)], names);
  }
  const costly = findCostly(readItems(yaml.value, kind.list), kind.cost, left);
  if (costly !== null)
    return reject([problemAt([kind.list, costly, 'name'], kind.cost?.message ?? '')], names);
  const result = kind.schema.safeParse(yaml.value, { error: describeIssue });
  const faults = (result.error?.issues ?? []).flatMap(listFaults);
  const mistakes = faults.slice(0, maxProblems).map((fault) => describeFault({ yaml, kind, names }, fault));
  return {
    content: result.data ?? null,
    problems: mistakes.map((mistake) => ({ ...mistake, path })),
    more: faults.length - mistakes.length,
    names,
    problemAt,
  };
}

/**
 * One line per problem, by path and line, as `path:line:column: message`, without repeats. After the first 100, one line says
 * how many more there are, including `more`.
 */
export function formatProblems(problems: readonly Problem[], more = 0): string[] {
  const lines = [...new Set(problems.toSorted(compareByPlace).map(formatProblem))];
  const left = lines.length - maxProblems + more;
  return left <= 0 || lines.length < maxProblems
    ? lines
    : [...lines.slice(0, maxProblems), `and ${left} more problems`];
}

export function formatPlace({ path, line, column }: Problem): string {
  return `${path}:${line}:${column}`;
}

const Named = z.object({ name: Text.nullable() }).catch({ name: null });

function readNames(value: unknown, list: string): (string | null)[] {
  return z
    .array(Named)
    .parse(readItems(value, list))
    .map(({ name }) => name);
}

function readItems(value: unknown, list: string): unknown[] {
  const file = z.record(z.string(), z.unknown()).catch({}).parse(value);
  return z.array(z.unknown()).catch([]).parse(file[list]);
}

/** The index of the item that exceeds the maximum cost; it is reported once, not again for later files. */
function findCostly(
  items: readonly unknown[],
  cost: ItemCost | undefined,
  left: { cost: number },
): number | null {
  if (cost === undefined || left.cost < 0) return null;
  const at = items.findIndex((item) => (left.cost -= cost.of(item)) < 0);
  return at === -1 ? null : at;
}

interface FaultContext {
  yaml: YamlText;
  kind: Pick<FileKind<z.ZodType>, 'list' | 'item' | 'knownKeys'>;
  names: readonly (string | null)[];
}

/** One mistake; `unknown`: a key that is not allowed there. */
interface Fault {
  issue: z.core.$ZodIssue;
  unknown: string | null;
}

function listFaults(issue: z.core.$ZodIssue): Fault[] {
  const inner = openUnion(issue);
  if (inner.length > 0) return inner.flatMap(listFaults);
  if (issue.code !== 'unrecognized_keys') return [{ issue, unknown: null }];
  return issue.keys.map((unknown) => ({ issue, unknown }));
}

function describeFault(context: FaultContext, { issue, unknown }: Fault): Mistake {
  const { item, key } = nameSubject(context, issue.path);
  if (unknown === null) {
    const subject = [item, key].filter(Boolean).join(': ') || 'the file';
    return context.yaml.mistakeAt(issue.path, `${subject} ${issue.message}`);
  }
  const whole = [key, showKey(unknown)].filter(Boolean).join('.');
  const advice = adviseKey(unknown, keysAt(context.kind.knownKeys, issue.path));
  const message = `unknown key ${whole}${advice}`;
  return context.yaml.mistakeAt([...issue.path, unknown], item === '' ? message : `${item}: ${message}`);
}

function adviseKey(unknown: string, known: readonly string[]): string {
  return unknown.length > maxKeyLength ? '' : `; did you mean ${closest(unknown, known)}?`;
}

/** Of a value that may be `never` or a map, what is wrong with the map; empty if it is no map. */
function openUnion(issue: z.core.$ZodIssue): z.core.$ZodIssue[] {
  if (issue.code !== 'invalid_union') return [];
  const asMap = issue.errors.at(-1) ?? [];
  if (isWrongType(asMap)) return [];
  return asMap.map((each) => ({ ...each, path: [...issue.path, ...each.path] }));
}

function isWrongType([first]: readonly z.core.$ZodIssue[]): boolean {
  return first?.code === 'invalid_type' && first.path.length === 0;
}

/** The subject of a path: the item by its name, or else by its number, and the keys inside it. */
function nameSubject(
  { kind, names }: FaultContext,
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
