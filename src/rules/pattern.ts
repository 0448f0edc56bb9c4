import { RE2JS } from 're2js';

/** A regular expression in RE2's syntax; matching takes time linear in the text, whatever the expression. */
export interface Pattern {
  source: string;
  /** Whether it is found anywhere in the text. */
  isIn(text: string): boolean;
}

/** Throws where the expression is not RE2's, such as one with a look-ahead. */
export function compilePattern(source: string): Pattern {
  const compiled = RE2JS.compile(source);
  return { source, isIn: (text) => compiled.test(text) };
}

/** Why an expression is refused, for people who know those of other engines. */
export function sayPatternError(error: unknown): string {
  const why = error instanceof Error ? error.message.replace(/^error parsing regexp: /, '') : String(error);
  const [, part = ''] = /`(.*)`/s.exec(why) ?? [];
  if (/^\(\?<?[=!]/.test(part)) return `RE2 has no look-ahead or look-behind: ${part}`;
  if (/^\\[1-9]/.test(part)) return `RE2 has no back-references: ${part}`;
  return why;
}
