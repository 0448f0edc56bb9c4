import { webApi } from '@slack/bolt';
import type { CardPlace } from '../../../notice/card-state.ts';
import type { Clock } from '../../../time/clock.ts';
import type { HttpClient } from '../../../http/http-client.ts';
import type { Logger } from '../../../logging.ts';
import type { ChannelPublisher, PublicationDraft, WriteResult } from '../../../report/reporter.ts';
import type { Secret } from '../../../secret.ts';
import { SlackPacer, type ChatMethod } from './pacer.ts';
import { clientOptions } from '../client/client.ts';
import { classifySlackError } from '../client/errors.ts';
import { renderCard } from '../render/render-card.ts';
import { renderMessage } from '../render/render-message.ts';

interface PublisherOptions {
  /** The bot's. */
  token: Secret;
  apiUrl: string;
  http: HttpClient;
  clock: Clock;
  log: Logger;
  /** Presses of buttons reach the service, so cards have buttons. */
  canAct: boolean;
}

/** Parts of Slack's answer. A proxy may answer anything. */
interface Answered {
  channel?: unknown;
  ts?: unknown;
}

const stopping: WriteResult = { kind: 'stopped' };
const noUnfurling = { unfurl_links: false, unfurl_media: false };

/** Slack's channels, over its Web API. */
export class SlackPublisher implements ChannelPublisher {
  readonly #client: webApi.WebClient;
  readonly #pacer: SlackPacer;
  readonly #canAct: boolean;

  constructor({ token, apiUrl, http, clock, log, canAct }: PublisherOptions) {
    this.#client = new webApi.WebClient(token.reveal(), clientOptions(apiUrl, http, log));
    this.#pacer = new SlackPacer(clock);
    this.#canAct = canAct;
  }

  /** The number of messages that wait for their turn. */
  get waiting(): number {
    return this.#pacer.waiting;
  }

  async write(channel: string, draft: () => Promise<PublicationDraft | null>): Promise<WriteResult> {
    const endTurn = await this.#pacer.turn(channel);
    if (endTurn === null) return stopping;
    let hasCalled = false;
    try {
      const wanted = await this.#awaitDraft(draft);
      if (wanted === 'closed') return stopping;
      if (wanted === null) return { kind: 'nothing' };
      hasCalled = true;
      return await this.#send(channel, wanted);
    } finally {
      endTurn(hasCalled);
    }
  }

  async check(): Promise<{ ok: boolean; says: string }> {
    try {
      const { user, team } = await this.#client.auth.test();
      return {
        ok: true,
        says: `the bot ${readName(user)} of the workspace ${readName(team)}`,
      };
    } catch (error) {
      const fault = classifySlackError(error);
      return { ok: false, says: fault.kind === 'gone' ? 'Slack knows no such bot' : fault.why };
    }
  }

  close(): void {
    this.#pacer.close();
  }

  /** Waits for the method that the draft needs. If that takes time, it asks for the draft again. */
  async #awaitDraft(
    draft: () => Promise<PublicationDraft | null>,
  ): Promise<PublicationDraft | null | 'closed'> {
    let wanted = await draft();
    let passed: ChatMethod | null = null;
    while (wanted !== null && methodOf(wanted) !== passed) {
      passed = methodOf(wanted);
      const pass = await this.#pacer.pass(passed);
      if (pass === 'closed') return 'closed';
      if (pass === 'waited') wanted = await draft();
    }
    return wanted;
  }

  async #send(channel: string, draft: PublicationDraft): Promise<WriteResult> {
    const call = this.#prepare(channel, draft);
    try {
      const place = readPlace(await call(), channel, draft);
      if (place === null) {
        return { kind: 'later', why: 'Slack did not say where the message stands', retryAfterMs: null };
      }
      this.#pacer.learnId(channel, place.channel);
      return { kind: 'written', place };
    } catch (error) {
      const fault = classifySlackError(error);
      if (fault.kind === 'later' && fault.retryAfterMs !== null)
        this.#pacer.pause(methodOf(draft), fault.retryAfterMs);
      return fault;
    }
  }

  #prepare(channel: string, draft: PublicationDraft): () => Promise<Answered> {
    const { chat } = this.#client;
    if (draft.kind === 'reply') {
      const text = renderMessage(draft.message);
      // An address in a text from outside does not become a link (`parse`).
      // Slack notifies no one of an update or a reply, so what needs a person is shown in the channel, too.
      const where = { channel, thread_ts: draft.under, reply_broadcast: draft.message.audience === 'errors' };
      return () => chat.postMessage({ ...where, text, parse: 'none', ...noUnfurling });
    }
    const card = renderCard(draft.card, this.#canAct);
    const { ts } = draft;
    if (ts === null) return () => chat.postMessage({ channel, ...card, ...noUnfurling });
    // Without attachments the old ones would stay. `parse` is not `none` here by default.
    return () => chat.update({ channel, ts, ...card, parse: 'none' });
  }
}

/** The message's place as Slack says; otherwise the channel it was sent to, and its place before. */
function readPlace({ channel, ts }: Answered, asked: string, draft: PublicationDraft): CardPlace | null {
  const known = draft.kind === 'card' ? draft.ts : draft.under;
  const standing = typeof ts === 'string' && ts !== '' ? ts : known;
  const where = typeof channel === 'string' && channel !== '' ? channel : asked;
  return standing === null ? null : { channel: where, ts: standing };
}

/** A name that looks like Slack's. Anything else is not shown. */
function readName(said: unknown): string {
  return typeof said === 'string' && /^[\p{L}\p{N} ._'-]{1,80}$/u.test(said) && !/^x(?:ox|app)/.test(said)
    ? said
    : 'without a name';
}

function methodOf(draft: PublicationDraft): ChatMethod {
  return draft.kind === 'card' && draft.ts !== null ? 'chat.update' : 'chat.postMessage';
}
