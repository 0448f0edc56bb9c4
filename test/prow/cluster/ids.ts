import { createHash } from 'node:crypto';

/** Twitter's epoch, which Prow's tot and its snowflake node use. */
const snowflakeEpoch = 1_288_834_974_657;

/** Makes the ids that Prow makes, the same ones on every run of a test. */
export class Ids {
  readonly #seed: string;
  #executions = 0;
  #builds = 0n;

  constructor(seed: string) {
    this.#seed = seed;
  }

  /** A ProwJob's name: a UUID. */
  execution(): string {
    const hex = hash(`${this.#seed}/${this.#executions++}`);
    return [
      hex.slice(0, 8),
      hex.slice(8, 12),
      `4${hex.slice(13, 16)}`,
      `9${hex.slice(17, 20)}`,
      hex.slice(20, 32),
    ].join('-');
  }

  /** A build id: 19 digits, larger for a later `now` (ms) and for a later call at the same instant. */
  build(now: number): string {
    const sequence = this.#builds++ % 4096n;
    return String((BigInt(now - snowflakeEpoch) << 22n) | sequence);
  }
}

/** ci-operator's namespace of a build: `ci-op-` and eight characters. */
export function namespaceOf(buildId: string): string {
  return `ci-op-${hash(buildId).slice(0, 8)}`;
}

/** 40 hexadecimal digits that look like a commit. */
export function commitOf(text: string): string {
  return hash(text).slice(0, 40);
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
