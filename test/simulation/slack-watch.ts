import { type Chain, holdOf, type OutgoingReport, type Topic } from '../../src/chain/chain.ts';
import type { CardState } from '../../src/notice/card-state.ts';
import type { Notice } from '../../src/notice/notice.ts';
import { composeMessage } from '../../src/report/chain/compose-message.ts';
import { type Exchange, isForApp, type Request } from './faulty-network.ts';
import { minute } from './scenario.ts';
import type { Tally } from './tally.ts';

/** A report that was on its way to the thread of a chain's card, as it was on disk. */
export interface ThreadTold {
  chainId: string;
  jobName: string;
  topic: Topic;
  title: string;
  /** It was told while the chain waited in an outage and had no card, and is nothing that makes one. */
  isQuiet: boolean;
  era: number;
}

/** A message that was written in a channel, and no reply. */
export interface Post {
  ts: string;
  exchange: Exchange;
  /** Of the process that wrote it. */
  life: Lifetime;
  /** When it was written, ms by the world's clock. */
  at: number;
  era: number;
}

/** Ms by the world's clock; `diedAt` is `null` while it lives. */
export interface Lifetime {
  bornAt: number;
  /** When it had started; `null`: it starts, or never came so far. */
  upAt: number | null;
  diedAt: number | null;
  /** Since when it knows both name and id of a channel: until then it can't tell that they are one. */
  knownChannels: Map<string, number>;
}

interface WatchContext {
  tally: Tally;
  now: () => number;
  /** How many data directories were lost. */
  era: () => number;
  /** Of a channel, by name or id. */
  nameOf: (channel: string) => string;
}

/** Makes no card of its own for a chain of an outage, says DESIGN's part on Slack. */
const quiet: readonly Topic[] = ['scheduled', 'triggered'];
/** What Slack may say of a message that somebody deleted. */
const ofDeleted: readonly unknown[] = ['message_not_found', 'thread_not_found'];
/** From the sending to the arrival. */
const longestWayMs = 400;
/** A rate is counted over so long. */
const countedMs = minute;

/** What was seen of Slack's channels from the outside, and of the cards that the service wrote down. */
export class SlackWatch {
  readonly threads: ThreadTold[] = [];
  readonly posts: Post[] = [];
  /** Whose card stands or stood there, by its `ts`: the id of a chain or of a notice. */
  readonly owners = new Map<string, string>();
  /** Where each one's card is by now. */
  readonly places = new Map<string, string>();
  /** When the disk took something not, ms by the world's clock. */
  readonly diskFaults: number[] = [];
  /** When somebody last set the clock, ms by the world's. */
  clockSetAt = -Infinity;
  readonly #context: WatchContext;
  readonly #seen = new Set<string>();
  readonly #pausedUntil = new Map<string, { until: number; life: Lifetime }>();

  constructor(context: WatchContext) {
    this.#context = context;
  }

  /** Notes a chain that was just written. */
  see(chain: Chain): void {
    if (chain.card === null) return;
    this.#place(chain.id, chain.card);
    for (const report of chain.outbox) {
      if (report.to.some(({ id }) => id.kind === 'thread')) this.#seeReport(chain, report);
    }
  }

  /** Notes a message about many chains that was just written down. */
  seeNotice({ id, card }: Notice): void {
    this.#place(id, card);
  }

  /** The app is about to call Slack: not before it was asked to. */
  send(request: Request, life: Lifetime): void {
    if (!isForApp(request)) return;
    const method = methodOf(request);
    const pause = this.#pausedUntil.get(method);
    if (pause === undefined || pause.life !== life || this.#isClockNew) return;
    const isPatient = this.#context.now() >= pause.until;
    this.#context.tally.hold(
      "Slack's limits are kept",
      isPatient,
      () => `${method} did not wait as it was told`,
    );
  }

  /** Slack has carried out a call of the app, or refused it. */
  arrive(exchange: Exchange, life: Lifetime): void {
    const { request, reply, isSpoiled } = exchange;
    if (!isForApp(request) || reply.kind === 'reset') return;
    const method = methodOf(request);
    const now = this.#context.now();
    const { ok, error, ts } = JSON.parse(reply.body.toString()) as Record<string, unknown>;
    if (isSpoiled) return;
    this.#judge(exchange, ok === true ? null : error, life);
    const isReply = new URLSearchParams(request.body).has('thread_ts');
    if (ok !== true || method !== 'chat.postMessage' || isReply || typeof ts !== 'string') return;
    this.posts.push({ ts, exchange, life, at: now, era: this.#context.era() });
    this.#judgePost(request);
  }

  /** The app has the answer, and knows whether it was asked to wait. */
  hear(exchange: Exchange, life: Lifetime): void {
    const { request, reply } = exchange;
    if (reply.kind === 'reset' || !isForApp(request)) return;
    const asked = channelOf(request);
    if (asked.startsWith('#') && reply.status === 200)
      keepFirst(life.knownChannels, asked.slice(1), this.#context.now());
    if (reply.status !== 429) return;
    // What had passed the gate before is on its way within a moment.
    const until = this.#context.now() + Number(reply.headers['retry-after']) * 1000;
    this.#pausedUntil.set(methodOf(request), { until, life });
  }

  get #isClockNew(): boolean {
    return this.#context.now() < this.clockSetAt + 2 * countedMs;
  }

  #place(owner: string, { place }: CardState): void {
    if (place === null) return void this.places.delete(owner);
    this.owners.set(place.ts, owner);
    this.places.set(owner, place.ts);
  }

  #seeReport(chain: Chain, report: OutgoingReport): void {
    const { topic, attempt, at } = report;
    const key = `${this.#context.era()} ${chain.id} ${topic} ${attempt} ${at}`;
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    const { id: chainId, jobName, card } = chain;
    const hold = holdOf(chain);
    const { title } = composeMessage(chain, report, 'https://prow.ci.openshift.org');
    const isBare = hold !== null && report.at > hold.since && card?.place === null;
    const isQuiet = isBare && quiet.includes(topic);
    this.threads.push({ chainId, jobName, topic, title, isQuiet, era: this.#context.era() });
  }

  /** Nothing is refused but what is gone, and nothing comes too often. */
  #judge({ request, reply }: Exchange, error: unknown, life: Lifetime): void {
    const { tally, now, nameOf } = this.#context;
    const isNew = now() < life.bornAt + countedMs || life.diedAt !== null || this.#isClockNew;
    const knownAt = life.knownChannels.get(nameOf(channelOf(request))) ?? Infinity;
    // What is on its way was sent before.
    const isKnown = knownAt + longestWayMs < now();
    const isSlowed = reply.kind === 'reply' && reply.status === 429 && (isNew || !isKnown);
    const isRight = error === null || ofDeleted.includes(error) || isSlowed;
    const says = (): string => `${methodOf(request)} was answered ${String(error)}`;
    tally.hold("Slack's limits are kept", isRight, says);
  }

  /** A card comes with something that is worth one. */
  #judgePost({ body = '' }: Request): void {
    const [, chainId] = /"value":"(\w{20})"/.exec(new URLSearchParams(body).get('attachments') ?? '') ?? [];
    if (chainId === undefined || this.#context.era() > 0) return;
    const isNews = this.threads.some((told) => told.chainId === chainId && !told.isQuiet);
    this.#context.tally.hold('an outage has one message', isNews, () => `${chainId} got a card for no news`);
  }
}

function keepFirst<K, V>(map: Map<K, V>, key: K, value: V): void {
  if (!map.has(key)) map.set(key, value);
}

function channelOf({ body = '' }: Request): string {
  return new URLSearchParams(body).get('channel') ?? '';
}

function methodOf({ url }: Request): string {
  return new URL(url).pathname.replace('/api/', '');
}
