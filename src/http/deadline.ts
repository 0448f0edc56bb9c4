import type { Dispatcher } from 'undici';
import type { Clock } from '../time/clock.ts';

/** The time that one call may take, by the clock that was given. It begins when the request is about to be written. */
export class Deadline {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #abort = new AbortController();
  #cancelTimer = (): void => {};
  isSent = false;

  constructor(clock: Clock, timeoutMs: number) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
  }

  /** Aborts when the time is over. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  begin(): void {
    this.isSent = true;
    const error = new Error(`no complete answer within ${this.#timeoutMs} ms`);
    this.#cancelTimer = this.#clock.after(this.#timeoutMs, () => this.#abort.abort(error));
  }

  lift(): void {
    this.#cancelTimer();
  }
}

/** Begins the deadline when undici is about to write the request. A fault before that means that nothing arrived. */
export function beginWhenSent(deadline: Deadline): Dispatcher.DispatcherComposeInterceptor {
  return (dispatch) => (options, handler) => {
    const start = handler.onRequestStart?.bind(handler);
    handler.onRequestStart = (controller, context) => {
      start?.(controller, context);
      if (!controller.aborted) deadline.begin();
    };
    return dispatch(options, handler);
  };
}
