import { type Clock, withTimeout } from '../../../time/clock.ts';
import type { Logger } from '../../../logging.ts';
import { safeErrorText } from '../client/errors.ts';
import { toLine } from '../../../text/clean-text.ts';

interface OperatorDeps {
  /** Ids of users and user groups; `null`: anybody. */
  ids: readonly string[] | null;
  /** Asks Slack for the ids of the users in a user group. */
  listMembers: (group: string) => Promise<string[]>;
  clock: Clock;
  log: Logger;
}

interface Members {
  ids: readonly string[];
  readAt: number;
}

const keptMs = 5 * 60_000;
/** Where Slack gave no list, it is asked again after this. */
const againMs = 5_000;
/** Slack takes a form within 3 s of the press, so asking it who may press must not take them all. */
const patienceMs = 1_500;

/** Knows who may press buttons. */
export class Operators {
  readonly #deps: OperatorDeps;
  readonly #members = new Map<string, Members>();
  readonly #asked = new Map<string, { at: number; answer: Promise<Members | null> }>();

  constructor(deps: OperatorDeps) {
    this.#deps = deps;
  }

  /** `null`: this user may; otherwise a sentence in Slack's markup that says who may, and what stands in the way. */
  async refuse(userId: string): Promise<string | null> {
    const { ids } = this.#deps;
    if (ids === null || ids.includes(userId)) return null;
    const groups = ids.filter((id) => id.startsWith('S'));
    const read = await Promise.all(groups.map((group) => this.#isMember(userId, group)));
    if (read.includes('yes')) return null;
    const unread = groups.filter((_, index) => read[index] === 'unread');
    const who = `Only operators may do that: ${ids.map(mention).join(', ')}.`;
    if (unread.length === 0) return who;
    return `${who} Slack does not tell at the moment who is in ${unread.map(mention).join(', ')}: try again later.`;
  }

  /** By the last list that is known, where Slack gives no newer one. */
  async #isMember(userId: string, group: string): Promise<'yes' | 'no' | 'unread'> {
    const { clock } = this.#deps;
    const known = this.#members.get(group);
    const isFresh = known !== undefined && clock.now() - known.readAt < keptMs;
    const members = isFresh ? known : ((await this.#readOnce(group)) ?? known);
    if (members === undefined) return 'unread';
    return members.ids.includes(userId) ? 'yes' : 'no';
  }

  /** A crowd that presses at once asks Slack once, as it takes twenty such questions a minute. */
  async #readOnce(group: string): Promise<Members | null> {
    const { clock } = this.#deps;
    const last = this.#asked.get(group);
    if (last !== undefined && clock.now() - last.at < againMs) return last.answer;
    const answer = this.#read(group);
    this.#asked.set(group, { at: clock.now(), answer });
    return answer;
  }

  async #read(group: string): Promise<Members | null> {
    const { listMembers, clock, log } = this.#deps;
    try {
      const ids = await withTimeout(clock, patienceMs, listMembers(group));
      if (ids === null) throw new Error('no answer in time');
      const members = { ids, readAt: clock.now() };
      this.#members.set(group, members);
      return members;
    } catch (error) {
      log.warn({ group, why: safeErrorText(error) }, 'slack does not tell who is in a user group');
      return null;
    }
  }
}

function mention(id: string): string {
  return id.startsWith('S') ? `<!subteam^${id}>` : `<@${id}>`;
}

/** Who asks, as Slack tells it. */
interface Person {
  id: string;
  /** As they call themselves; may be empty. */
  name: string;
}

const maxNameLength = 60;

/** `alice (U0123456)`. The name is text from outside: it becomes one short line, and the id says who it was. */
export function formatPerson({ id, name }: Person): string {
  const line = toLine(name);
  const short = line.slice(0, maxNameLength).replace(/[\ud800-\udbff]$/, '');
  return short === '' ? id : `${short} (${id})`;
}
