import { closest } from 'fastest-levenshtein';
import { z } from 'zod';
import { type Mistake, readYaml, type YamlText } from './read-yaml.ts';
import { knownKeys, RuleFile, RuleName, type Rule } from './rule.ts';
import { sayIssue } from './say-issue.ts';

export interface RuleText {
  path: string;
  text: string;
}

export type ParsedRules = { kind: 'good'; rules: Rule[] } | { kind: 'bad'; problems: string[] };

interface Problem extends Mistake {
  path: string;
}

interface RuleReading {
  rules: Rule[];
  problems: Problem[];
  /** A problem for each rule with a name, to be told where the name is taken already. */
  names: { name: string; taken: Problem }[];
}

/** The rules' names, from a file that may be wrong in any other way. */
const RuleNames = z
  .object({ rules: z.array(z.object({ name: RuleName.nullable() }).catch({ name: null })) })
  .catch({ rules: [] });

/**
 * Reads rule files, in the order given, into one list. All problems of all files are told at once, by path and line,
 * each as `path:line:column: message`; where there is one, no rule is taken.
 */
export function parseRules(texts: readonly RuleText[]): ParsedRules {
  const files = texts.map(readRuleFile);
  const problems = [...files.flatMap((file) => file.problems), ...findTakenNames(files)];
  if (problems.length === 0) return { kind: 'good', rules: files.flatMap(({ rules }) => rules) };
  const lines = problems.toSorted(compareByPlace).map(formatProblem);
  return { kind: 'bad', problems: [...new Set(lines)] };
}

function readRuleFile({ path, text }: RuleText): RuleReading {
  const yaml = readYaml(text);
  if (yaml.mistakes.length > 0) return reportAll(yaml.mistakes);
  if (yaml.value === null) {
    return reportAll([yaml.mistakeAt([], 'the file is empty; write "rules: []" if it is to hold none')]);
  }
  const names = RuleNames.parse(yaml.value).rules.map(({ name }) => name);
  const result = RuleFile.safeParse(yaml.value, { error: sayIssue });
  return {
    rules: result.data?.rules ?? [],
    problems: (result.error?.issues ?? []).flatMap((issue) => describeIssue(yaml, names, issue)).map(locate),
    names: names.flatMap((name, index) => (name === null ? [] : [{ name, taken: sayTaken(name, index) }])),
  };

  function locate(mistake: Mistake): Problem {
    return { ...mistake, path };
  }

  function reportAll(mistakes: Mistake[]): RuleReading {
    return { rules: [], problems: mistakes.map(locate), names: [] };
  }

  function sayTaken(name: string, index: number): Problem {
    return locate(yaml.mistakeAt(['rules', index, 'name'], `rule ${name}: the name is taken already`));
  }
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

function describeIssue(
  yaml: YamlText,
  names: readonly (string | null)[],
  issue: z.core.$ZodIssue,
): Mistake[] {
  const { rule, key } = nameSubject(issue.path, names);
  if (issue.code !== 'unrecognized_keys') {
    return [
      yaml.mistakeAt(issue.path, `${[rule, key].filter(Boolean).join(': ') || 'the file'} ${issue.message}`),
    ];
  }
  return issue.keys.map((unknown) => {
    const whole = [key, unknown].filter(Boolean).join('.');
    const advice = `unknown key ${whole}; did you mean ${closest(unknown, keysAt(issue.path))}?`;
    return yaml.mistakeAt([...issue.path, unknown], rule === '' ? advice : `${rule}: ${advice}`);
  });
}

/** What a path speaks of: the rule by its name, or by its place where it has none, and the keys inside of it. */
function nameSubject(
  [top, index, ...inside]: readonly PropertyKey[],
  names: readonly (string | null)[],
): { rule: string; key: string } {
  if (typeof index !== 'number') return { rule: '', key: String(top ?? '') };
  const keys = inside.filter((part) => typeof part === 'string');
  return { rule: `rule ${names[index] ?? `number ${index + 1}`}`, key: keys.join('.') };
}

function keysAt(path: readonly PropertyKey[]): string[] {
  const level = path.findLast((part) => typeof part === 'string');
  if (level === 'rules' || level === 'match' || level === 'retry') return knownKeys[level];
  return knownKeys.file;
}

function compareByPlace(one: Problem, other: Problem): number {
  if (one.path !== other.path) return one.path < other.path ? -1 : 1;
  return one.line - other.line || one.column - other.column;
}

function formatPlace({ path, line, column }: Problem): string {
  return `${path}:${line}:${column}`;
}

/** In one line, whatever stands in a name or a key. */
function formatProblem(problem: Problem): string {
  return `${formatPlace(problem)}: ${problem.message.replaceAll(/\s+/g, ' ')}`;
}
