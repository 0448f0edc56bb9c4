/** Who asks, as Slack tells it. */
export interface Person {
  id: string;
  /** As they call themselves; may be empty. */
  name: string;
}

const longestName = 60;

/** `alice (U0123456)`. The name is text from outside: it becomes one short line, and the id says who it was. */
export function sayPerson({ id, name }: Person): string {
  const line = name.replaceAll(/[\s\p{Cc}\p{Cf}\p{Cs}]+/gu, ' ').trim();
  const short = line.slice(0, longestName).replace(/[\ud800-\udbff]$/, '');
  return short === '' ? id : `${short} (${id})`;
}
