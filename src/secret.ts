import { inspect } from 'node:util';

/** A value that must reach no log, message, answer or error; only `reveal()` at the edge gives it out. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return '<secret>';
  }

  toJSON(): string {
    return '<secret>';
  }

  [inspect.custom](): string {
    return '<secret>';
  }
}

/** A secret at rest: text that is of no use without the key. */
export type Sealed = string;

/** The fingerprint of a secret: the same for the same secret, and nothing can be learned from it without the key. */
export type Fingerprint = string;

export interface Seal {
  close(secret: Secret): Sealed;
  /** `null` where it was sealed with a key that is no longer ours, or is damaged. */
  open(sealed: Sealed): Secret | null;
  mark(secret: Secret): Fingerprint;
}
