import { knownKeys, RuleFile, type RuleSet } from './rule-file.ts';
import {
  type FileKind,
  type FileText,
  formatPlace,
  formatProblems,
  type Problem,
  readStrictFile,
} from './strict-file.ts';

export type RuleText = FileText;

/** What the files say together, and where each rule stands, by its name: `path:line:column`. */
export interface GoodRules {
  kind: 'good';
  rules: RuleSet;
  places: ReadonlyMap<string, string>;
  /** What is suspicious about the files as a whole, a line each. */
  fileWarnings: readonly string[];
  /** Where each budget stands, in their order. */
  budgetPlaces: readonly string[];
}

export type ParsedRules = GoodRules | { kind: 'bad'; problems: string[] };

interface RuleReading {
  content: RuleFile | null;
  problems: Problem[];
  /** A problem for each rule with a name, to be told where the name is taken already. */
  names: { name: string; taken: Problem }[];
  budgetPlaces: string[];
  /** To be told where an earlier file has an outage already. */
  outage: Problem;
}

const ruleFiles: FileKind<typeof RuleFile> = { schema: RuleFile, list: 'rules', item: 'rule', knownKeys };

// What can't be meant, or can't be read, must not take minutes.
/** In UTF-16 units. */
const longestFile = 1024 * 1024;
const mostRules = 1_000;
/** Problems that are told; who has more begins with these. */
const mostProblems = 50;

/**
 * Reads rule files, in the order given, into one list. The problems of all files are told at once, by path and line,
 * each as `path:line:column: message`; where there is one, no rule is taken. A file over 1 MiB is not looked into.
 */
export function parseRules(texts: readonly RuleText[]): ParsedRules {
  const large = texts.find(({ text }) => text.length > longestFile);
  if (large !== undefined) return { kind: 'bad', problems: [`${large.path}:1:1: the file is over 1 MiB`] };
  const files = texts.map(readRuleFile);
  const problems = findProblems(files);
  if (problems.length > 0) return { kind: 'bad', problems: cutProblems(formatProblems(problems)) };
  const joined = joinFiles(files);
  if (joined.rules.rules.length <= mostRules) return joined;
  return { kind: 'bad', problems: [`there are more than ${mostRules} rules`] };
}

function findProblems(files: readonly RuleReading[]): Problem[] {
  const outages = files.filter(({ content }) => content?.outage !== undefined);
  return [
    ...files.flatMap((file) => file.problems),
    ...findTakenNames(files),
    ...outages.slice(1).map(({ outage }) => outage),
  ];
}

function cutProblems(problems: readonly string[]): string[] {
  if (problems.length <= mostProblems) return [...problems];
  return [...problems.slice(0, mostProblems), `and ${problems.length - mostProblems} more`];
}

function joinFiles(files: readonly RuleReading[]): GoodRules {
  const contents = files.flatMap(({ content }) => content ?? []);
  const names = files.flatMap((file) => file.names);
  return {
    kind: 'good',
    rules: {
      rules: contents.flatMap(({ rules }) => rules),
      budgets: contents.flatMap(({ budgets }) => budgets),
      outage: contents.find(({ outage }) => outage !== undefined)?.outage ?? null,
    },
    places: new Map(names.map(({ name, taken }) => [name, formatPlace(taken)])),
    fileWarnings: [],
    budgetPlaces: files.flatMap((file) => file.budgetPlaces),
  };
}

function readRuleFile(text: RuleText): RuleReading {
  const { content, problems, names, problemAt } = readStrictFile(text, ruleFiles);
  return {
    content,
    problems,
    names: names.flatMap((name, index) => {
      if (name === null) return [];
      return [
        { name, taken: problemAt(['rules', index, 'name'], `rule ${name}: the name is taken already`) },
      ];
    }),
    budgetPlaces: (content?.budgets ?? []).map((_, index) =>
      formatPlace(problemAt(['budgets', index, 'job'], '')),
    ),
    outage: problemAt(['outage'], 'an earlier file has an outage already; write one for all'),
  };
}

function findTakenNames(files: readonly RuleReading[]): Problem[] {
  const firstOf = new Map<string, Problem>();
  return files
    .flatMap(({ names }) => names)
    .flatMap(({ name, taken }) => {
      const first = firstOf.get(name);
      if (first !== undefined) return [{ ...taken, message: `${taken.message}, at ${formatPlace(first)}` }];
      firstOf.set(name, taken);
      return [];
    });
}
