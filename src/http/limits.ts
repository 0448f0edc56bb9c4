import type { Dispatcher } from 'undici';
import type { Clock } from '../time/clock.ts';

/** Where fewer bytes of a body come in so many milliseconds, its connection is worth more to another call. */
const slowest = { bytes: 1024, ms: 15_000 };

/** Answers of the kind 1xx, which only announce the answer: nobody has use for more. */
const maxAnnouncements = 10;

/** What one call may take, measured by the clock that was given. */
export class Limits {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #abort = new AbortController();
  #callOffTimeout = (): void => {};
  #callOffPace = (): void => {};
  /** Bytes of the body since the pace was last looked at. */
  #received = 0;
  #announced = 0;
  isSent = false;

  constructor(clock: Clock, timeoutMs: number) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** The request is about to be written. */
  begin(): void {
    this.isSent = true;
    this.#callOffTimeout = this.#after(this.#timeoutMs, () =>
      this.#giveUp(`no complete answer within ${this.#timeoutMs} ms`),
    );
  }

  announce(): void {
    this.#announced += 1;
    if (this.#announced > maxAnnouncements)
      this.#giveUp(`more than ${maxAnnouncements} answers that only announce one`);
  }

  beginBody(): void {
    this.#received = 0;
    this.#callOffPace = this.#after(slowest.ms, () => {
      if (this.#received >= slowest.bytes) this.beginBody();
      else this.#giveUp(`fewer than ${slowest.bytes} bytes of the answer within ${slowest.ms} ms`);
    });
  }

  receive(bytes: number): void {
    this.#received += bytes;
  }

  /** All of the body is here, though perhaps unread. */
  endBody(): void {
    this.#callOffPace();
  }

  lift(): void {
    this.#callOffTimeout();
    this.#callOffPace();
  }

  #after(ms: number, what: () => void): () => void {
    return this.#clock.after(ms, what);
  }

  #giveUp(why: string): void {
    this.lift();
    this.#abort.abort(new Error(why));
  }
}

/** Tells when a request is about to be written, as a fault before that is no doubt about its arrival, and what comes. */
export function watch(limits: Limits): Dispatcher.DispatcherComposeInterceptor {
  return (dispatch) => (options, handler) => {
    const start = handler.onRequestStart?.bind(handler);
    handler.onRequestStart = (controller, context) => {
      start?.(controller, context);
      if (!controller.aborted) limits.begin();
    };
    const answer = handler.onResponseStart?.bind(handler);
    handler.onResponseStart = (controller, status, ...rest) => {
      if (status < 200) limits.announce();
      else limits.beginBody();
      answer?.(controller, status, ...rest);
    };
    const take = handler.onResponseData?.bind(handler);
    handler.onResponseData = (controller, chunk) => {
      limits.receive(chunk.length);
      take?.(controller, chunk);
    };
    const end = handler.onResponseEnd?.bind(handler);
    handler.onResponseEnd = (controller, trailers) => {
      limits.endBody();
      end?.(controller, trailers);
    };
    return dispatch(options, handler);
  };
}
