import { hasClosedBraces } from './glob.ts';

/** Why people who write this cannot mean a glob, to be read after its key; `null`: they can. */
export function objectToGlob(text: string): string | null {
  if (/[[\]]/.test(text)) return say('it has a bracket');
  return hasClosedBraces(text) ? null : say('a brace of it has no other one, or they are over three deep');
}

function say(what: string): string {
  return `is no glob: ${what}; * is any text, ? one character, {a,b} one of several`;
}
