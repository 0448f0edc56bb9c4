import type { CardState } from './card-state.ts';

/** A message about many chains: an outage, a week, rejected tokens, or a problem of the service. It is on disk before it is sent. */
export interface Notice {
  id: string;
  facts: NoticeFacts;
  card: CardState;
  openedAt: number;
  /** From then on nothing more comes to pass in it; `null`: it goes on. */
  closedAt: number | null;
}

/** Times are milliseconds since the epoch. */
export type NoticeFacts = OutageFacts | DigestFacts | TroubleFacts | RefusalFacts;

/** An outage as people follow it; what is done about it follows from the chains alone. */
export interface OutageFacts {
  kind: 'outage';
  /** What the failures have in common. */
  key: string;
  since: number;
  until: number;
  /** The chains that wait, once it has ended those that waited; the canary may be among them. */
  members: Member[];
  /** The chain that goes first, and with which attempt; `null`: none is chosen yet. */
  canary: (Member & { attempt: number }) | null;
  /** `failing`: the canary failed alike, and the others wait for the end of the hold. */
  state: 'holding' | 'failing' | 'released' | 'lasted';
  endedAt: number | null;
}

/** An account of all that ended from then on, and before then. */
export interface DigestFacts {
  kind: 'digest';
  from: number;
  to: number;
}

/**
 * Failures that could not be retried because Gangway rejected their tokens, and that our channels got no message about.
 * Each is counted in one such notice.
 */
export interface RefusalFacts {
  kind: 'refusals';
  /** They were rejected after `from`, and at or before `to`. */
  from: number;
  to: number;
  failures: number;
  /** Names of jobs, at most `maxNamedJobs`. */
  jobs: string[];
  /** Number of further jobs. */
  more: number;
}

export const maxNamedJobs = 10;

/** Characters of a quotation in a trouble. */
export const maxTroubleText = 300;

/** A problem of the service itself. People get one message when it begins and one when it is over. */
export interface TroubleFacts {
  kind: 'trouble';
  /** `rules`: a change of the rules was rejected. `gangway`: the breaker is open. */
  what: 'rules' | 'gangway';
  since: number;
  /** The first problem of the rules, or Gangway's last fault; at most `maxTroubleText` characters. */
  says: string;
  /** Problems beside the first. */
  more: number;
  endedAt: number | null;
  /** The last of its messages that was sent or given up. */
  told: 'nothing' | 'begin' | 'end';
}

interface Member {
  id: string;
  jobName: string;
  /** Of the run that failed; `null`: it has no page. */
  url: string | null;
}

/** Nothing more comes to pass in it, and people see how it ended, or never will. */
export function isToldOut({ closedAt, card }: Notice): boolean {
  return closedAt !== null && card.stale === null;
}

/** A notice about a trouble of the service. */
export type TroubleNotice = Notice & { facts: TroubleFacts };

/** A notice about rejected tokens. */
export type RefusalNotice = Notice & { facts: RefusalFacts };

export function isRefusals(notice: Notice): notice is RefusalNotice {
  return notice.facts.kind === 'refusals';
}

export function isTrouble(notice: Notice): notice is TroubleNotice {
  return notice.facts.kind === 'trouble';
}

/** Where notices live. What a promise here answers is on disk; all of it throws `StoreUnavailable`. */
export interface NoticeStore {
  /** Oldest first. Those that are told out are forgotten some time. */
  list(): Promise<Notice[]>;
  /**
   * Changes the notice of that id in one atomic write; changes never overlap. `known` is `null` where there is none;
   * the answer of `change` takes its place: `null` removes it, or leaves it out, and the same object changes nothing.
   */
  update(id: string, change: (known: Notice | null) => Notice | null): Promise<Notice | null>;
}
