import { closest, distance } from 'fastest-levenshtein';
import type { z } from 'zod';

/** zod's words for the types that a rule file knows, in those of the people who write one. */
const typeNames: Record<string, string> = {
  object: 'a map of keys and values',
  array: 'a list',
  string: 'text',
  record: 'a map of keys and values',
  boolean: 'true or false',
};

/** What is wrong with a value, to be read after its key: `is missing`, `must be text, not 5`. */
export function describeIssue(issue: z.core.$ZodRawIssue): string | undefined {
  const { input } = issue;
  if (input === undefined) return 'is missing';
  if (input === null) return 'has no value';
  if (issue.code === 'too_small') return 'is empty';
  if (issue.code === 'invalid_type') {
    const { expected } = issue;
    const type = typeNames[expected] ?? expected;
    return `must be ${type}, not ${showValue(input)}${adviseQuotes(expected, input)}`;
  }
  if (issue.code === 'invalid_key')
    return 'is no name that a variable can have: letters, digits and _, no digit first';
  if (issue.code === 'invalid_union') {
    return `must be never, or a map of keys and values, not ${showValue(input)}${adviseWord(input, ['never'])}`;
  }
  if (issue.code !== 'invalid_value') return undefined;
  const known = issue.values.map(String);
  const wanted = known.length === 1 ? known[0] : `one of ${known.join(', ')}`;
  return `must be ${wanted}, not ${showValue(input)}${adviseWord(input, known)}`;
}

/** The message for a value that is none of `what`; one that is not there is left to `describeIssue`. */
export function describeExpected(what: string): z.core.$ZodErrorMap {
  return ({ input }) => (input == null ? undefined : `must be ${what}, not ${showValue(input)}`);
}

/** A key, in quotes if it could be mistaken for several words or for none. */
export function showKey(key: string): string {
  return /^[\w-]+$/.test(key) && key.length <= 60 ? key : cut(JSON.stringify(key));
}

/** A value as people recognise it from their file, in one line. */
function showValue(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'a map';
  const text = JSON.stringify(typeof value === 'string' ? value : String(value));
  return typeof value === 'string' ? cut(text) : text.slice(1, -1);
}

function cut(text: string): string {
  return text.length <= 60 ? text : `${text.slice(0, 58)}…"`;
}

function adviseQuotes(expected: string, input: unknown): string {
  return expected === 'string' && typeof input !== 'object' ? '; put it in quotes' : '';
}

/** No word of ours is longer. */
const maxWordLength = 60;

/** Names the word that was probably meant, if one is near. */
function adviseWord(input: unknown, known: readonly string[]): string {
  if (typeof input !== 'string' || input.length > maxWordLength) return '';
  const word = known.find((each) => each.toLowerCase() === input.toLowerCase()) ?? closest(input, known);
  const isNear = distance(word.toLowerCase(), input.toLowerCase()) <= word.length / 2;
  return isNear ? `; did you mean ${word}?` : '';
}
