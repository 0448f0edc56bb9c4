import type { Clock } from '../../../time/clock.ts';
import { Lane } from './lane.ts';

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
export class ChannelLanes {
  readonly #clock: Clock;
  readonly #channels = new Map<string, Lane>();
  readonly #gates: Record<ChatMethod, Lane>;
  #isClosed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#gates = { 'chat.postMessage': new Lane(clock), 'chat.update': new Lane(clock) };
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

  #end(channel: string, lane: Lane, hasCalled: boolean): void {
    // The lane that the channel was joined to by this very call keeps the gap, too.
    if (hasCalled) this.#laneOf(channel).shut(channelGapMs);
    lane.end(hasCalled ? channelGapMs : 0);
  }

  #listLanes(): Lane[] {
    return [...new Set(this.#channels.values()), ...Object.values(this.#gates)];
  }

  #laneOf(channel: string): Lane {
    const known = this.#channels.get(channel);
    if (known !== undefined) return known;
    const lane = new Lane(this.#clock);
    if (this.#isClosed) lane.close();
    this.#channels.set(channel, lane);
    return lane;
  }
}
