export const openStates = ['judging', 'scheduled', 'held', 'triggering', 'following'] as const;
export const closedStates = ['passed', 'exhausted', 'skipped', 'rejected', 'needs-human'] as const;
export const chainStates = [...openStates, ...closedStates] as const;

/**
 * `judging`: the current run is checked and judged. `scheduled`: the next attempt has a time. `held`: it waits for the
 * canary of an outage. `triggering`: it may have been sent. `following`: it runs.
 */
type OpenState = (typeof openStates)[number];
export type ClosedState = (typeof closedStates)[number];
export type ChainState = OpenState | ClosedState;

/** The states to which a transition leads, by the state in which it starts. */
type Ways = Partial<Record<ChainState, readonly ChainState[]>>;

/**
 * Every way in which a chain moves. `move` throws on any other. The diagram in docs/states.md is made from this table, and
 * the events of a chain bear these names.
 */
export const transitions = {
  /** The current run has ended, and we wait for the rest of its artifacts. */
  ended: { judging: ['judging'], following: ['judging'] },
  /** The build that we read belongs to another run, so the run is looked for elsewhere. */
  relocated: { judging: ['judging', 'following'], following: ['following'] },
  judged: {
    judging: ['passed', 'exhausted', 'skipped'],
    following: ['passed', 'exhausted', 'skipped'],
  },
  /** A failed run is retried after a delay. */
  scheduled: { judging: ['scheduled'], following: ['scheduled'] },
  /** An outage holds the next attempt. */
  held: { judging: ['held'], following: ['held'], scheduled: ['held'] },
  /** The attempt goes ahead of the others in an outage. */
  'made-canary': { scheduled: ['scheduled'], held: ['scheduled'] },
  /** The canary passed, so the attempt is due again. */
  released: { held: ['scheduled'] },
  /** The outage outlasted its hold. */
  'outage-lasted': { held: ['skipped'] },
  /** The attempt is due later, because of a cooldown or a second check. */
  postponed: { scheduled: ['scheduled'] },
  /** The attempt is not made after all. */
  refused: {
    judging: ['skipped'],
    scheduled: ['skipped'],
    held: ['skipped'],
    triggering: ['skipped'],
    following: ['skipped'],
  },
  /** The intent is on disk, and the request is about to be sent. */
  sent: { scheduled: ['triggering'] },
  created: { scheduled: ['following'], held: ['following'], triggering: ['following'] },
  /** The answer will not come. */
  lost: { triggering: ['triggering'] },
  /** Gangway created nothing, so the attempt is due again. */
  'not-created': { triggering: ['scheduled'] },
  rejected: { triggering: ['rejected'] },
  escalated: {
    judging: ['needs-human'],
    scheduled: ['needs-human'],
    triggering: ['needs-human'],
    following: ['needs-human'],
  },
  cancelled: { judging: ['skipped'], scheduled: ['skipped'], held: ['skipped'], following: ['skipped'] },
  /** A person asked for the next step at once. */
  requested: {
    judging: ['judging'],
    scheduled: ['scheduled'],
    held: ['scheduled'],
    triggering: ['triggering'],
  },
  /** A notification or a person continues an ended chain. */
  reopened: {
    exhausted: ['scheduled'],
    skipped: ['judging', 'scheduled'],
    rejected: ['scheduled'],
    'needs-human': ['judging', 'scheduled', 'triggering'],
  },
} as const satisfies Record<string, Ways>;

export type TransitionName = keyof typeof transitions;

export const transitionNames = Object.keys(transitions) as TransitionName[];

/** Whether the table knows this way. */
export function isTransition(name: TransitionName, from: ChainState, to: ChainState): boolean {
  const ways: Ways = transitions[name];
  return ways[from]?.includes(to) ?? false;
}
