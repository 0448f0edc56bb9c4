import { z } from 'zod';
import { parseDuration } from '../time/duration.ts';
import { checkGlob } from '../job/glob.ts';
import type { FieldProblem } from './notification.ts';
import { toLine } from '../text/clean-text.ts';

/** A silence that somebody asks for. */
interface WantedSilence {
  job: string;
  /** Milliseconds since the epoch. */
  until: number;
  author: string;
  comment: string;
}

export type SilenceReading = { ok: true; silence: WantedSilence } | { ok: false; problems: FieldProblem[] };

/** A leap year, so that the same day of the next year is always within it. */
const maxSilenceMs = 366 * 24 * 60 * 60 * 1000;

/** Any other sign stands in no job's name, so a glob with one would silence nothing. */
const globSigns = /^[A-Za-z0-9._*?{},-]+$/;

const Time = z.iso.datetime({ offset: true });

const JobGlob = z
  .string({ error: explainText })
  .trim()
  .refine((text) => text.length <= 253 && globSigns.test(text), {
    error: 'must be a glob over job names: 1 to 253 letters, digits, ".", "_", "-", "*", "?" and {a,b}',
    abort: true,
  })
  .superRefine((text, context) => {
    const message = checkGlob(text);
    if (message !== null) context.addIssue({ code: 'custom', message });
  });

/** Reads who wants to silence what, until when and why; every bad field is named at once. */
export function readSilence(body: unknown, now: number): SilenceReading {
  const { data, error } = createSchema(now).safeParse(body);
  if (data !== undefined) return { ok: true, silence: data };
  const problems = error.issues.map(({ path, message }) => ({ field: String(path[0] ?? 'body'), message }));
  return { ok: false, problems };
}

function createSchema(now: number) {
  return z.object(
    { job: JobGlob, until: endAfter(now), author: lineOf(100), comment: lineOf(1000) },
    { error: 'must be a JSON object' },
  );
}

/** A moment in RFC 3339, or a duration from now on. */
function endAfter(now: number) {
  return z.string({ error: explainText }).transform((text, context) => {
    const until = readEnd(text.trim(), now);
    const message = objectTo(until, now);
    if (message === null) return until;
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  });
}

/** NaN for what is neither a time nor a duration. */
function readEnd(text: string, now: number): number {
  const duration = parseDuration(text);
  if (duration !== null) return now + duration;
  return Time.safeParse(text).success ? Date.parse(text) : Number.NaN;
}

function objectTo(until: number, now: number): string | null {
  if (Number.isNaN(until))
    return 'must be a time such as 2026-06-12T18:00:00Z or a duration such as 24h or 7d';
  if (until <= now) return 'must be in the future';
  return until - now > maxSilenceMs ? 'must be at most one year ahead' : null;
}

/** A text for tables and messages: blanks, line breaks and control characters become single blanks. */
function lineOf(longest: number) {
  return z
    .string({ error: explainText })
    .transform(toLine)
    .refine((text) => text !== '' && text.length <= longest, {
      error: `must be a text of 1 to ${longest} characters`,
    });
}

function explainText({ input }: { input?: unknown }): string {
  return input === undefined ? 'is required' : 'must be a string';
}
