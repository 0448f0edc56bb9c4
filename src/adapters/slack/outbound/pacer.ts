import type { Clock } from '../../../time/clock.ts';

export type ChatMethod = 'chat.postMessage' | 'chat.update';

/** Slack takes one message a second a channel. */
const channelGapMs = 1_000;
/** Slack takes 50 rewritings a minute over the workspace; two less, as the way there is longer for some than others. */
const methodGapsMs: Record<ChatMethod, number> = { 'chat.postMessage': 0, 'chat.update': 1_250 };

/**
 * The order in which messages go out, within Slack's limits: a lane for each channel, one message a second, counted
 * from the end of a call, since it may have arrived as late as that; and a gate for each method over all channels,
 * counted from the begin of a call, so that one without an answer holds up only its own channel. Only the settings and
 * the rules name channels, so there are few.
 */
export class SlackPacer {
  readonly #clock: Clock;
  readonly #channels = new Map<string, ChannelQueue>();
  readonly #gates: Record<ChatMethod, ChannelQueue>;
  #isClosed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#gates = { 'chat.postMessage': new ChannelQueue(clock), 'chat.update': new ChannelQueue(clock) };
  }

  /** Resolves when the channel's turn comes, with the way to end it; with `null` where the service is stopping. */
  async turn(channel: string): Promise<((hasCalled: boolean) => void) | null> {
    const lane = await this.#laneOf(channel).turn();
    return lane && ((hasCalled) => this.#end(channel, lane, hasCalled));
  }

  /** Resolves when the method may be called once, and says whether that took time. */
  async pass(method: ChatMethod): Promise<'at-once' | 'waited' | 'closed'> {
    const gate = this.#gates[method];
    const { isFree } = gate;
    if ((await gate.turn()) === null) return 'closed';
    gate.end(methodGapsMs[method]);
    return isFree ? 'at-once' : 'waited';
  }

  /** The method is called no more for `ms`, as Slack asked. */
  pause(method: ChatMethod, ms: number): void {
    this.#gates[method].shut(ms);
  }

  /** Those whose turn has not come, in channels and at gates. */
  get waiting(): number {
    return this.#listLanes().reduce((sum, lane) => sum + lane.waiting, 0);
  }

  /** A channel's name and its id share a lane from now on. */
  join(name: string, id: string): void {
    const named = this.#laneOf(name);
    const lane = this.#channels.get(id) ?? named;
    this.#channels.set(id, lane).set(name, lane);
    if (lane === named) return;
    // The call that told so counts for both, also for those who move.
    lane.shut(channelGapMs);
    named.moveTo(lane);
  }

  /** Whoever waits is sent away, and so is who comes later. */
  close(): void {
    this.#isClosed = true;
    for (const lane of this.#listLanes()) lane.close();
  }

  #end(channel: string, lane: ChannelQueue, hasCalled: boolean): void {
    // The lane that the channel was joined to by this very call keeps the gap, too.
    if (hasCalled) this.#laneOf(channel).shut(channelGapMs);
    lane.end(hasCalled ? channelGapMs : 0);
  }

  #listLanes(): ChannelQueue[] {
    return [...new Set(this.#channels.values()), ...Object.values(this.#gates)];
  }

  #laneOf(channel: string): ChannelQueue {
    const known = this.#channels.get(channel);
    if (known !== undefined) return known;
    const lane = new ChannelQueue(this.#clock);
    if (this.#isClosed) lane.close();
    this.#channels.set(channel, lane);
    return lane;
  }
}

/** The clock may be set while the lane waits, so it is read anew at least this often. */
const maxWaitMs = 60_000;

/** One at a time, in the order in which they came, with gaps between them. */
export class ChannelQueue {
  readonly #clock: Clock;
  readonly #waiting: ((server: ChannelQueue | null) => void)[] = [];
  #isTaken = false;
  #isClosed = false;
  #shutUntil = 0;
  /** How long the gap is as a whole: where the clock is set back, so much is left of it at the most. */
  #gapMs = 0;
  #cancelTimer: (() => void) | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether who comes now is served at once. */
  get isFree(): boolean {
    return !this.#isTaken && !this.#isClosed && this.#waiting.length === 0 && this.#waitMs() <= 0;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /**
   * Resolves as the turn comes with the lane whose turn it is, which the caller then must `end`: this one, or the one that
   * it was moved to. With `null` if it never comes.
   */
  turn(): Promise<ChannelQueue | null> {
    if (this.#isClosed) return Promise.resolve(null);
    const { promise, resolve } = Promise.withResolvers<ChannelQueue | null>();
    this.#waiting.push(resolve);
    this.#serve();
    return promise;
  }

  /** Whoever waits here goes on waiting in the other lane, behind those who are there. */
  moveTo(other: ChannelQueue): void {
    this.#cancelTimer?.();
    other.#waiting.push(...this.#waiting.splice(0));
    other.#serve();
  }

  /** Ends the turn; the next one begins `gapMs` from now. */
  end(gapMs: number): void {
    this.#isTaken = false;
    this.shut(gapMs);
    this.#serve();
  }

  /** No turn begins for `ms` from now. */
  shut(ms: number): void {
    if (ms <= this.#waitMs()) return;
    this.#shutUntil = this.#clock.now() + ms;
    this.#gapMs = ms;
  }

  /** No turn begins any more. */
  close(): void {
    this.#isClosed = true;
    this.#cancelTimer?.();
    for (const resolve of this.#waiting.splice(0)) resolve(null);
  }

  #serve(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    if (this.#isTaken || this.#waiting.length === 0) return;
    const waitMs = this.#waitMs();
    if (waitMs <= 0) {
      this.#isTaken = true;
      this.#waiting.shift()?.(this);
      return;
    }
    const lookAt = this.#clock.now() + Math.min(waitMs, maxWaitMs);
    this.#cancelTimer = this.#clock.at(lookAt, () => this.#serve());
  }

  #waitMs(): number {
    const now = this.#clock.now();
    this.#shutUntil = Math.min(this.#shutUntil, now + this.#gapMs);
    return this.#shutUntil - now;
  }
}
