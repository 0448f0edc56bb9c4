/** What may go wrong in a world; the simulation proves nothing of a fault that never fires. */
export const faults = [
  'killed before a disk operation',
  'killed after a disk operation',
  'killed right after a 202',
  'killed at rest',
  'killed while starting',
  'restarted in order',
  'torn write',
  'power cut',
  'disk full',
  'fsync failed',
  'data directory lost',
  'Gangway: answer lost after creating',
  'Gangway: request lost',
  'Gangway: carried out after the connection broke',
  'Gangway: 429',
  'Gangway: 5xx',
  'Gangway: 5xx after creating',
  'Gangway: 401',
  'Gangway: 403',
  'Gangway: slower than the time-out',
  'Gangway: down',
  'Gangway: empty list',
  'bucket: artifact late',
  'bucket: artifact truncated',
  'bucket: artifact missing',
  'bucket: no answer',
  'bucket: a page in place of the object',
  'Slack: down',
  'Slack: 429',
  'Slack: 5xx',
  'Slack: answer lost after delivering',
  'clock set forward',
  'clock set back',
  'notification repeated',
  'notification late',
  'notification refused',
  'notification forged',
  'notification forged with a wrong place',
  'rules reloaded',
  'bad rules refused',
  'a person cancels',
  'a person retries',
  'a person silences',
] as const;
export type Fault = (typeof faults)[number];

/** What holds in every world, whatever goes wrong. */
export const invariants = [
  'every accepted failure ends',
  'never more attempts than the rule',
  'no attempt is created twice',
  'nothing is sent without intent on disk',
  'budgets are kept',
  'messages arrive at least once',
  'no token outside its seal',
  'only the own token triggers',
  'a forged notification blocks nothing',
  'what people are told is true',
  'it stands down for people',
  'no work fails by a bug',
] as const;
export type Invariant = (typeof invariants)[number];

/** How often each fault fired in a world, and how many things each invariant was held against there. */
export class Tally {
  readonly fired = new Map<Fault, number>();
  readonly held = new Map<Invariant, number>();
  readonly breaches: { invariant: Invariant; what: string }[] = [];

  fire(fault: Fault): void {
    this.fired.set(fault, (this.fired.get(fault) ?? 0) + 1);
  }

  /** Holds one thing against the invariant. */
  hold(invariant: Invariant, holds: boolean, what: () => string): void {
    this.held.set(invariant, (this.held.get(invariant) ?? 0) + 1);
    if (!holds) this.breaches.push({ invariant, what: what() });
  }
}
