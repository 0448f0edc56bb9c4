import { z } from 'zod';
import { measurePattern } from './pattern.ts';
import { knownKeys, RuleFile, type RuleSet, type Rule } from './rule.ts';
import {
  type FileKind,
  type FileText,
  findLargeFile,
  formatPlace,
  formatProblems,
  type Problem,
  readStrictFiles,
  type ConfigFile,
} from './read-config-file.ts';
import { usesOldBranch } from '../../job/glob.ts';

export type RuleText = FileText;

/** The content of all files, and the place of each rule by its name: `path:line:column`. */
export interface GoodRules {
  kind: 'good';
  rules: RuleSet;
  places: ReadonlyMap<string, string>;
  /** What is suspicious about the files as a whole, a line each. */
  fileWarnings: readonly string[];
  /** The place of each budget, in their order. */
  budgetPlaces: readonly string[];
}

export type ParsedRules = GoodRules | { kind: 'bad'; problems: string[] };

interface ParsedFile {
  content: RuleFile | null;
  problems: Problem[];
  more: number;
  /** A problem for each rule with a name, reported if the name is taken already. */
  names: { name: string; taken: Problem }[];
  budgetPlaces: string[];
  /** Reported if an earlier file has an outage already. */
  outage: Problem;
}

/** Of all expressions together, so that judging a run, which tries each on the end of a log, ends. */
const maxInstructions = 50_000;

const ruleFiles: FileKind<typeof RuleFile> = {
  schema: RuleFile,
  list: 'rules',
  item: 'rule',
  max: 2_000,
  cost: {
    of: countInstructions,
    max: maxInstructions,
    message:
      `with this rule, the expressions (message, log) of all rules are too large together: over ${maxInstructions} ` +
      'instructions; repeat less in them, or use fewer',
  },
  knownKeys,
};

/**
 * Reads rule files, in the order given, into one list. All problems of all files are reported at once, by path and line,
 * each as `path:line:column: message`; if there is one, no rule is loaded. It takes time linear in the size of the files.
 * It refuses a file over 256 KiB, files over 4 MiB in total, and over 2,000 rules.
 */
export function parseRules(texts: readonly RuleText[]): ParsedRules {
  const large = findLargeFile(texts);
  if (large !== null) return { kind: 'bad', problems: formatProblems([large]) };
  const files = readStrictFiles(texts, ruleFiles).map(describeRules);
  const problems = findProblems(files);
  if (problems.length === 0) return joinFiles(files);
  return {
    kind: 'bad',
    problems: formatProblems(
      problems,
      files.reduce((sum, { more }) => sum + more, 0),
    ),
  };
}

function findProblems(files: readonly ParsedFile[]): Problem[] {
  const outages = files.filter(({ content }) => content?.outage !== undefined);
  return [
    ...files.flatMap((file) => file.problems),
    ...findTakenNames(files),
    ...outages.slice(1).map(({ outage }) => outage),
  ];
}

function joinFiles(files: readonly ParsedFile[]): GoodRules {
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

function describeRules(file: ConfigFile<RuleFile>): ParsedFile {
  const { content, problems, more, names, problemAt } = file;
  const ruleAt = (index: number, message: string) => problemAt(['rules', index, 'name'], message);
  return {
    content,
    problems,
    more,
    names: names.flatMap((name, index) =>
      name === null ? [] : [{ name, taken: ruleAt(index, `rule ${name}: the name is taken already`) }],
    ),
    budgetPlaces: (content?.budgets ?? []).map((_, index) =>
      formatPlace(problemAt(['budgets', index, 'job'], '')),
    ),
    outage: problemAt(['outage'], 'an earlier file has an outage already; write one for all'),
  };
}

const Expression = z.string().nullable().catch(null);
const Expressions = z.object({ message: Expression, log: Expression }).catch({ message: null, log: null });
const WithExpressions = z
  .object({ match: Expressions, unless: Expressions })
  .catch({ match: { message: null, log: null }, unless: { message: null, log: null } });

/** Of the expressions in what may be a rule, without compiling them. One that is too large by itself has its own problem. */
function countInstructions(item: unknown): number {
  const { match, unless } = WithExpressions.parse(item);
  const sources = [match.message, match.log, unless.message, unless.log];
  return sources.reduce<number>(
    (sum, source) => sum + (source === null ? 0 : (measurePattern(source) ?? 0)),
    0,
  );
}

function findTakenNames(files: readonly ParsedFile[]): Problem[] {
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

/** What is allowed and probably not meant, a line each as `path:line:column: message`. */
export function warnOfRules({ rules, places, budgetPlaces }: GoodRules, now: number): string[] {
  const budgets = rules.budgets.flatMap(({ job }, index) =>
    warnOfOldNames(`${budgetPlaces[index] ?? ''}: budgets number ${index + 1}`, [job]),
  );
  return [...rules.rules.flatMap(warnOfRule), ...budgets];

  function warnOfRule(rule: Rule, index: number): string[] {
    const place = places.get(rule.name) ?? '';
    const warnings: string[] = [];
    if (rule.expires !== undefined && rule.expires <= now) {
      warnings.push(
        `${place}: rule ${rule.name} has expired, so it no longer matches; remove it or give it more time`,
      );
    }
    if (rule.retry !== 'never' && rule.retry.max_delay < rule.retry.delay) {
      warnings.push(`${place}: rule ${rule.name} waits max_delay, which is shorter than its delay`);
    }
    const globs = [...(rule.match.job ?? []), ...(rule.unless?.job ?? [])];
    warnings.push(...warnOfOldNames(`${place}: rule ${rule.name}`, globs));
    const above = rules.rules.slice(0, index).find((earlier) => covers(earlier, rule));
    if (above !== undefined) {
      warnings.push(
        `${place}: rule ${rule.name} is never reached: rule ${above.name} above matches all that it does`,
      );
    }
    return warnings;
  }
}

/** Globs that still match (see `compileJobGlob`) but mislead their readers. */
function warnOfOldNames(what: string, globs: readonly string[] = []): string[] {
  return globs
    .filter(usesOldBranch)
    .map(
      (glob) =>
        `${what} names ${glob}: the branch of openshift/release has been main since 2026-02: write main`,
    );
}

/** Whether the earlier rule surely matches every run that the later one does. */
function covers(earlier: Rule, later: Rule): boolean {
  if (earlier.unless !== undefined || earlier.expires !== undefined) return false;
  // A run that something else manages is for rules with managed_by alone, and any other run for the rest.
  if ((earlier.match.managed_by === undefined) !== (later.match.managed_by === undefined)) return false;
  const { message, log, ...lists } = earlier.match;
  if (message !== undefined && message.source !== later.match.message?.source) return false;
  if (log !== undefined && log.source !== later.match.log?.source) return false;
  const keys = Object.keys(lists) as (keyof typeof lists)[];
  return keys.every((key) => {
    const asked: readonly string[] | undefined = lists[key];
    const narrower: readonly string[] | undefined = later.match[key];
    if (asked === undefined) return true;
    // A phase without steps, or a run without labels, fails even `*`, unless the later rule asks for one, too.
    const mayBeNone = key === 'step' || key === 'label';
    if (asked.includes('*') && (!mayBeNone || narrower !== undefined)) return true;
    return narrower?.every((each) => asked.includes(each)) ?? false;
  });
}
