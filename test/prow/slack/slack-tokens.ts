import type { Asked } from '../wire.ts';

export interface SlackToken {
  token: string;
  kind: 'bot' | 'app';
  scopes: string[];
  botId: string;
  userId: string;
}

/** What an access token may do. Bot tokens begin with `xoxb-`, app tokens with `xapp-`. */
export class SlackTokens {
  readonly #tokens = new Map<string, SlackToken>();
  readonly #revoked = new Set<string>();

  allow(token: string, options: Partial<SlackToken> = {}): SlackToken {
    const kind = token.startsWith('xapp-') ? 'app' : 'bot';
    const scopes = kind === 'app' ? ['connections:write'] : ['chat:write', 'commands', 'usergroups:read'];
    const allowed: SlackToken = { token, kind, scopes, botId: 'B00000000', userId: 'U0RETRIGGR', ...options };
    this.#tokens.set(token, allowed);
    this.#revoked.delete(token);
    return allowed;
  }

  revoke(token: string): void {
    this.#tokens.delete(token);
    this.#revoked.add(token);
  }

  /** The token of a call, or Slack's error. In a form it may be an argument too. */
  judge({ headers, body }: Asked): SlackToken | string {
    const given = /^Bearer\s+(\S+)$/i.exec(headers['authorization'] ?? '')?.[1] ?? tokenInForm(headers, body);
    if (given === null) return 'not_authed';
    if (this.#revoked.has(given)) return 'token_revoked';
    return this.#tokens.get(given) ?? 'invalid_auth';
  }
}

function tokenInForm(headers: Asked['headers'], body: Buffer): string | null {
  if (!headers['content-type']?.startsWith('application/x-www-form-urlencoded')) return null;
  return new URLSearchParams(body.toString()).get('token');
}
