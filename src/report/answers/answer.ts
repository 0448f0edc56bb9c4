import type { Link } from '../message.ts';

/** What a person who asked is told. Plain text: each adapter writes it in its own markup. */
export interface Answer {
  title: string;
  entries: AnswerEntry[];
  /** What to ask next; `null`: nothing. */
  hint: string | null;
  /** The entries are lined up by blanks, for letters of one width. */
  isTable?: boolean;
}

export interface AnswerEntry {
  text: string;
  links: Link[];
}

export const storeDown = 'Nothing was changed: the service could not write to its disk. Try again later.';
export const unreadable = 'The service could not read its disk. Try again later.';
export const noSuchChain = 'There is no such chain any more.';
export const wentWrong = 'That went wrong here; the log of the service says why.';
export const unknownWord = 'That is nothing I know';
export const nobodyMayTrigger = 'Nobody may do that: set RETRIGGER_SLACK_OPERATORS to those who shall.';
export const noJobName = 'Nothing was started: write the whole name of one periodic, and nothing else.';
export const askedAlready = 'That was asked for already: it is done once.';
export const slowSilence =
  'The service is slow just now: ask for the silences in a moment to see whether it is in force.';

/** An answer of lines alone. */
export function answerLines(title: string, lines: readonly string[]): Answer {
  return { title, entries: lines.map((text) => ({ text, links: [] })), hint: null };
}
