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
  'Gangway: no healthy upstream',
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
  'bucket: not public',
  'run in another bucket',
  'run that something else manages',
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
  'Slack app: 429',
  'Slack app: 5xx',
  'Slack app: answer lost after writing',
  'Slack app: connection broken',
  'Slack app: slow',
  'Slack app: slower than the time-out',
  'a person deletes a card',
  'a person presses a button',
  'a stranger floods',
  'a stranger floods a real job',
  'a stranger floods beside a true failure',
  'a stranger floods at a start',
  'a stranger names true runs',
  'a stranger misnames true runs',
  "a stranger names another team's runs",
  'a stranger repeats himself',
] as const;
export type Fault = (typeof faults)[number];

/** Faults that only worlds with a Slack app can meet. */
export const appFaults: readonly Fault[] = faults.slice(
  faults.indexOf('Slack app: 429'),
  faults.indexOf('a stranger floods'),
);

/** What strangers do, whom nobody asked. */
export const strangerFaults: readonly Fault[] = faults.slice(faults.indexOf('a stranger floods'));

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
  'cards show how things are',
  'one card a chain',
  'buttons do what they say',
  'threads tell all in order',
  'an outage has one message',
  "Slack's limits are kept",
  'Slack holds up no trigger',
  'no work fails by a bug',
  'an attempt carries the overrides of its first run',
  'no managed run is retried unasked',
  'a true failure is judged in time',
  'what nothing proves stays in bounds',
  'a proven chain never gives way',
  "nothing of a stranger's makes an attempt",
  'our channels hear of no made-up run',
] as const;
export type Invariant = (typeof invariants)[number];

/** How often each fault fired in a world, and how many things each invariant was held against there. */
export class Tally {
  readonly fired = new Map<Fault, number>();
  readonly held = new Map<Invariant, number>();
  #listen: (fault: Fault) => void = () => {};
  readonly breaches: { invariant: Invariant; what: string }[] = [];

  /** `listen` hears of each fault as it fires. */
  onFire(listen: (fault: Fault) => void): void {
    this.#listen = listen;
  }

  fire(fault: Fault): void {
    this.#listen(fault);
    this.fired.set(fault, (this.fired.get(fault) ?? 0) + 1);
  }

  /** Holds one thing against the invariant. */
  hold(invariant: Invariant, holds: boolean, what: () => string): void {
    this.held.set(invariant, (this.held.get(invariant) ?? 0) + 1);
    if (!holds) this.breaches.push({ invariant, what: what() });
  }
}
