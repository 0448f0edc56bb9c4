import type { Clock } from '../../../src/time/clock.ts';
import type { Fields } from './shape.ts';

export interface Channel {
  id: string;
  name: string;
  /** Whether the app was invited. */
  isMember: boolean;
  isArchived: boolean;
  isPrivate: boolean;
}

/** A message as it stands now; `structuredClone` keeps how it stood. Times are ms on the stand-in's clock. */
export interface ChannelMessage {
  /** The channel's id. */
  channel: string;
  ts: string;
  /** The message that it replies to. */
  threadTs: string | null;
  text: string;
  blocks: Fields[];
  attachments: Fields[];
  /** `null`: a person wrote it. */
  botId: string | null;
  userId: string;
  /** The only one who sees it; `null`: all do. */
  visibleTo: string | null;
  edits: number;
  at: number;
  deletedAt: number | null;
}

export type NewMessage = Pick<ChannelMessage, 'channel' | 'text' | 'userId'> & Partial<ChannelMessage>;

export const teamId = 'T00000000';
export const appId = 'A00000000';

/** What there is in Slack: channels, and what was written in them. */
export class Workspace {
  readonly channels: Channel[] = [];
  /** In order of writing, deleted ones too. */
  readonly messages: ChannelMessage[] = [];
  readonly groups = new Map<string, readonly string[]>();
  readonly #clock: Clock;
  /** Microseconds since the epoch of the newest `ts`. */
  #lastTs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now();
  }

  addChannel(name: string, options: Partial<Channel> = {}): Channel {
    const id = `C${String(this.channels.length + 1).padStart(8, '0')}`;
    const channel = { id, name, isMember: true, isArchived: false, isPrivate: false, ...options };
    this.channels.push(channel);
    return channel;
  }

  /** By `C…`, `#name` or `name`. */
  findChannel(asked: unknown): Channel | null {
    return (
      this.channels.find(({ id, name }) => asked === id || asked === name || asked === `#${name}`) ?? null
    );
  }

  /** A message that stands; `channel` is an id. */
  find(channel: unknown, ts: unknown): ChannelMessage | null {
    return (
      this.messages.find(
        (message) =>
          message.channel === channel &&
          message.ts === ts &&
          message.visibleTo === null &&
          message.deletedAt === null,
      ) ?? null
    );
  }

  write(message: NewMessage): ChannelMessage {
    const written = {
      threadTs: null,
      blocks: [],
      attachments: [],
      botId: null,
      visibleTo: null,
      edits: 0,
      deletedAt: null,
      ...message,
      ts: this.nextTs(),
      at: this.now(),
    };
    this.messages.push(written);
    return written;
  }

  delete(message: ChannelMessage): void {
    message.deletedAt = this.now();
  }

  /** Seconds with six decimals, as no other message has them. */
  nextTs(): string {
    this.#lastTs = Math.max(this.now() * 1000, this.#lastTs + 1);
    const digits = String(this.#lastTs);
    return `${digits.slice(0, -6)}.${digits.slice(-6)}`;
  }
}
