const minute = 60_000;

/** How often the methods may be called. All may be changed; `Infinity`, and a gap of 0, is no limit. */
export class SlackLimits {
  /** Ms between two messages of a channel, replies too. */
  gapMs = 1000;
  /** Seconds told to who posts too soon. */
  gapRetryAfter = 1;
  /** Calls in any minute, of the workspace. */
  readonly perMinute: Record<string, number> = {
    'chat.update': 50,
    'chat.delete': 50,
    'chat.postEphemeral': 100,
    'views.open': 100,
    'usergroups.users.list': 20,
  };
  readonly #calls = new Map<string, number[]>();
  readonly #posted = new Map<string, number>();

  off(): void {
    this.gapMs = 0;
    for (const method of Object.keys(this.perMinute)) this.perMinute[method] = Infinity;
  }

  /** Counts a call; `null` when it may be made, else the seconds to wait. */
  admitCall(method: string, now: number): number | null {
    const recent = (this.#calls.get(method) ?? []).filter((at) => at > now - minute);
    const oldest = recent[0] ?? now;
    if (recent.length >= (this.perMinute[method] ?? Infinity))
      return Math.ceil((oldest + minute - now) / 1000);
    this.#calls.set(method, [...recent, now]);
    return null;
  }

  /** The same for a message to a channel; one that is posted is told to `notePosted`. */
  admitPost(channel: string, now: number): number | null {
    const last = this.#posted.get(channel);
    return last !== undefined && now - last < this.gapMs ? this.gapRetryAfter : null;
  }

  notePosted(channel: string, now: number): void {
    this.#posted.set(channel, now);
  }
}
