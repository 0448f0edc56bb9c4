import { createHash } from 'node:crypto';

import { CallLog } from '../call-log.ts';
import { type Asked, type Reply, replyWith } from '../wire.ts';
import { jsonReply } from './api-fault.ts';
import { refuseMessage } from './check-message.ts';
import { contentOf } from './post-message.ts';
import { parseJson } from './read-args.ts';
import { type Fields, isFields } from './shape.ts';
import { type ChannelMessage, teamId, type Workspace } from './workspace.ts';

const life = 30 * 60_000;
const uses = 5;

/** Whom an answer is for. */
interface Addressee {
  kind: 'commands' | 'actions';
  channel: string;
  user: string;
  /** The message with the button. */
  message: ChannelMessage | null;
}

export interface SlackResponse extends Omit<Addressee, 'message'> {
  /** Ms on the stand-in's clock. */
  at: number;
  path: string;
  /** The JSON that came; `null` where it was none. */
  payload: Fields | null;
  /** `null`: it was taken. */
  error: string | null;
}

/** Where an app may answer a command or a press: five times within thirty minutes. */
export class ResponseUrls {
  origin: () => string = () => 'https://hooks.slack.com';
  readonly #workspace: Workspace;
  readonly #issued = new Map<string, { to: Addressee; at: number; used: number }>();
  readonly #log = new CallLog<SlackResponse>();

  constructor(workspace: Workspace) {
    this.#workspace = workspace;
  }

  get responses(): readonly SlackResponse[] {
    return this.#log.entries;
  }

  /** The first answer that fits, of those here or still to come. */
  when(fits: (response: SlackResponse) => boolean): Promise<SlackResponse> {
    return this.#log.when(fits);
  }

  issue(to: Addressee): string {
    const count = String(this.#issued.size + 1).padStart(12, '0');
    const hash = createHash('sha256').update(`response ${count}`).digest('base64url').slice(0, 24);
    const path = `/${to.kind}/${teamId}/${count}/${hash}`;
    this.#issued.set(path, { to, at: this.#workspace.now(), used: 0 });
    return this.origin() + path;
  }

  answer({ method, path, body }: Asked): Reply {
    const at = this.#workspace.now();
    const issued = this.#issued.get(path);
    if (issued === undefined || method !== 'POST') return replyWith(404, {}, 'no_service');
    const json = parseJson(body.toString());
    const payload = isFields(json) ? json : null;
    const error = spentError(issued, at) ?? refuseResponse(payload);
    if (error === null) {
      issued.used += 1;
      this.#carryOut(payload ?? {}, issued.to);
    }
    const { message: _, ...to } = issued.to;
    this.#log.add({ ...to, at, path, payload, error });
    if (error === null) return replyWith(200, { 'content-type': 'text/plain' }, 'ok');
    return jsonReply(error.endsWith('_url') ? 404 : 400, { ok: false, error });
  }

  #carryOut(payload: Fields, { channel, user, message }: Addressee): void {
    if (payload['delete_original'] === true) {
      if (message !== null) this.#workspace.delete(message);
    } else if (payload['replace_original'] === true) {
      if (message !== null) Object.assign(message, contentOf(payload), { edits: message.edits + 1 });
    } else {
      const visibleTo = payload['response_type'] === 'in_channel' ? null : user;
      this.#workspace.write({
        ...contentOf(payload),
        channel,
        userId: 'U0RETRIGGR',
        botId: 'B00000000',
        visibleTo,
      });
    }
  }
}

function spentError({ at, used }: { at: number; used: number }, now: number): string | null {
  if (now - at > life) return 'expired_url';
  return used >= uses ? 'used_url' : null;
}

function refuseResponse(payload: Fields | null): string | null {
  if (payload === null) return 'invalid_payload';
  const { response_type, replace_original, delete_original } = payload;
  const isBadType = ![undefined, 'ephemeral', 'in_channel'].includes(response_type as string | undefined);
  const isBadFlag = [replace_original, delete_original].some(
    (flag) => flag !== undefined && typeof flag !== 'boolean',
  );
  if (isBadType || isBadFlag) return 'invalid_payload';
  return delete_original === true ? null : (refuseMessage(payload)?.error ?? null);
}
