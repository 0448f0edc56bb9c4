import { z } from 'zod';
import { parseDuration, dayMs } from '../../time/duration.ts';
import { checkGlob } from '../../job/glob.ts';
import {
  compilePattern,
  LargePattern,
  maxPatternLength,
  type Pattern,
  describePatternError,
} from './pattern.ts';
import { describeExpected } from './describe-issue.ts';

export const Text = z.string().trim().min(1);

/** `*` any text, `?` one character, `{a,b}` one of several. */
export const Glob = z
  .string()
  .min(1)
  .max(300, { error: 'is over 300 characters long' })
  .superRefine((text, context) => {
    const message = checkGlob(text);
    if (message !== null) context.addIssue({ code: 'custom', message });
  });

/** A single value is a list of one. */
export function anyOf<Item extends z.ZodType>(item: Item): z.ZodPreprocess<z.ZodArray<Item>> {
  return z.preprocess((value): unknown[] => (Array.isArray(value) ? value : [value]), z.array(item).min(1));
}

/** A whole number, both ends included. */
export function countFrom(min: number, max: number): z.ZodInt {
  const error = describeExpected(`a whole number from ${min} to ${max}`);
  return z.int({ error }).min(min, { error }).max(max, { error });
}

/** A number, both ends included. */
export function numberFrom(min: number, max: number): z.ZodNumber {
  const error = describeExpected(`a number from ${min} to ${max}`);
  return z.number({ error }).min(min, { error }).max(max, { error });
}

/** A duration in days at most; read as milliseconds. */
export function durationUpTo(
  days: number,
  minMs = 0,
): z.ZodPipe<z.ZodString, z.ZodTransform<number, string>> {
  const range = minMs === 0 ? `up to ${days}d` : `from ${minMs}ms to ${days}d`;
  const error = describeExpected(`a duration ${range}, written like 500ms, 30s, 30m or 12h`);
  return z
    .string({ error })
    .refine((text) => isWithin(parseDuration(text) ?? Infinity, minMs, days * dayMs), { error })
    .meta({ pattern: String.raw`^\d{1,9}(ms|s|m|h|d)$`, examples: ['30m', '12h', '7d'] })
    .transform((text) => parseDuration(text) ?? 0);
}

function isWithin(value: number, min: number, max: number): boolean {
  return value >= min && value <= max;
}

/** No 30th of February, which `Date.parse` takes for a day in March. */
function isDay(text: string): boolean {
  return new Date(Date.parse(text)).toISOString().startsWith(text);
}

const instant = /^\d{4}-\d\d-\d\d(T[\d:.]+(Z|[+-]\d\d:\d\d))?$/;

/** A day or an instant, such as `2026-12-24` or `2026-12-24T18:00:00Z`; read as milliseconds since the epoch. */
export const Instant = z
  .string()
  .refine((text) => instant.test(text) && !Number.isNaN(Date.parse(text)) && isDay(text.slice(0, 10)), {
    error: describeExpected('a day such as 2026-12-24, or an instant such as 2026-12-24T18:00:00Z'),
  })
  .meta({ pattern: instant.source, examples: ['2026-12-24', '2026-12-24T18:00:00Z'] })
  .transform((text) => Date.parse(text));

export const PatternText = z
  .string()
  .min(1)
  .max(maxPatternLength, { error: 'is over 1000 characters long' })
  .transform((source, context): Pattern => {
    try {
      return compilePattern(source);
    } catch (error) {
      context.issues.push({
        code: 'custom',
        message:
          error instanceof LargePattern
            ? error.message
            : `is no RE2 expression: ${describePatternError(error)}`,
        input: source,
      });
      return z.NEVER;
    }
  });
