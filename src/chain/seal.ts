import type { Secret } from '../secret.ts';

/** A secret at rest: text that is of no use without the key. */
export type Sealed = string;

/** The fingerprint of a secret: the same for the same secret, and nothing can be learned from it without the key. */
export type Mark = string;

export interface Seal {
  close(secret: Secret): Sealed;
  /** `null` where it was sealed with a key that is no longer ours, or is damaged. */
  open(sealed: Sealed): Secret | null;
  mark(secret: Secret): Mark;
}
