import { createHash } from 'node:crypto';

/** A trigger lives this long, ms. */
const life = 3000;

/** The ids with which a person's click lets the app open a modal: once, for three seconds. */
export class Triggers {
  readonly #known = new Map<string, { user: string; at: number; isUsed: boolean }>();

  issue(user: string, now: number): string {
    const count = String(this.#known.size + 1).padStart(12, '0');
    const hash = createHash('sha256').update(count).digest('hex').slice(0, 32);
    const id = `${count}.000000000000.${hash}`;
    this.#known.set(id, { user, at: now, isUsed: false });
    return id;
  }

  /** Who clicked, or Slack's error. */
  exchange(id: unknown, now: number): { user: string } | string {
    const trigger = this.#known.get(String(id));
    if (trigger === undefined) return 'invalid_trigger_id';
    if (trigger.isUsed) return 'exchanged_trigger_id';
    if (now - trigger.at > life) return 'expired_trigger_id';
    trigger.isUsed = true;
    return { user: trigger.user };
  }
}
