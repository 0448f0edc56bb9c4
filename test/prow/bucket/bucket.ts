import { gzipSync } from 'node:zlib';
import type { Clock } from '../../../src/time/clock.ts';
import { CallLog } from '../call-log.ts';
import type { BucketFault, BucketFaultKind } from './bucket-fault.ts';

export interface StoredObject {
  /** The bytes as stored: compressed where `gzip` is set. */
  bytes: Buffer;
  gzip: boolean;
  contentType: string;
  updatedAt: number;
}

export interface BucketCall {
  method: string;
  /** An object, or a list of what begins with `path`. */
  on: 'object' | 'list';
  path: string;
  at: number;
  range: string | null;
  /** `null` while unanswered, and where the connection was broken instead. */
  status: number | null;
}

const contentTypes: Record<string, string> = {
  json: 'application/json',
  xml: 'application/xml',
  txt: 'text/plain; charset=utf-8',
  log: 'text/plain; charset=utf-8',
};

/** What the bucket holds, and what is wrong with it. */
export class Bucket {
  readonly name: string;
  /** It refuses anonymous callers, whatever they ask for. */
  isPrivate = false;
  readonly #clock: Clock;
  readonly #objects = new Map<string, StoredObject>();
  /** Sorted, as the listing needs them. */
  readonly #names: string[] = [];
  readonly #log = new CallLog<BucketCall>();
  #faults: BucketFault[] = [];

  constructor(name: string, clock: Clock) {
    this.name = name;
    this.#clock = clock;
  }

  get calls(): readonly BucketCall[] {
    return this.#log.entries;
  }

  /** The first call that fits, of those answered or still to come. */
  whenCall(fits: (call: BucketCall) => boolean): Promise<BucketCall> {
    return this.#log.when(fits);
  }

  /** Stores an object; with `gzip` compressed and served with Content-Encoding. */
  put(path: string, content: string | Uint8Array, { gzip = false } = {}): void {
    const plain = typeof content === 'string' ? Buffer.from(content) : Buffer.from(content);
    if (!this.#objects.has(path)) this.#names.splice(this.#placeOf(path), 0, path);
    this.#objects.set(path, {
      bytes: gzip ? gzipSync(plain) : plain,
      gzip,
      contentType: contentTypes[path.slice(path.lastIndexOf('.') + 1)] ?? 'application/octet-stream',
      updatedAt: this.#clock.now(),
    });
  }

  delete(path: string): void {
    if (this.#objects.delete(path)) this.#names.splice(this.#placeOf(path), 1);
  }

  object(path: string): StoredObject | null {
    return this.#objects.get(path) ?? null;
  }

  /** The names that begin with `prefix` and sort at or after `from`, in order. */
  names(prefix = '', from = prefix): string[] {
    const found: string[] = [];
    for (let i = this.#placeOf(from > prefix ? from : prefix); i < this.#names.length; i++) {
      const name = this.#names[i];
      if (name === undefined || !name.startsWith(prefix)) break;
      found.push(name);
    }
    return found;
  }

  /** Puts something wrong with the objects that `path` names, until it is called off or used up. */
  fault(fault: BucketFault): () => void {
    this.#faults.push({ ...fault });
    const placed = this.#faults.at(-1);
    return () => {
      this.#faults = this.#faults.filter((other) => other !== placed);
    };
  }

  clearFaults(): void {
    this.#faults = [];
  }

  /** The fault that a request for `path` meets now, if any; counts it as used. */
  takeFault(on: 'object' | 'list', path: string): BucketFaultKind | null {
    const fault = this.#faults.find(
      (one) => (one.on ?? 'object') === on && this.#isActive(one) && fitsPath(one, path),
    );
    if (fault === undefined) return null;
    if (fault.times !== undefined) fault.times -= 1;
    return fault.kind;
  }

  /** Whether a listing leaves `path` out: a missing or late object is in no list. */
  isHidden(path: string): boolean {
    const hides = (one: BucketFault) => one.kind === 'missing' || one.kind === 'late';
    return this.#faults.some((one) => hides(one) && this.#isActive(one) && fitsPath(one, path));
  }

  record(call: Omit<BucketCall, 'at' | 'status'>): (status: number) => void {
    const entry: BucketCall = this.#log.add({ ...call, at: this.#clock.now(), status: null });
    return (status) => {
      entry.status = status;
      this.#log.changed(entry);
    };
  }

  #isActive(fault: BucketFault): boolean {
    return (fault.until === undefined || this.#clock.now() < fault.until) && fault.times !== 0;
  }

  /** Where `name` stands in the sorted names, or would stand. */
  #placeOf(name: string): number {
    let low = 0;
    let high = this.#names.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#names[middle] ?? '') < name) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function fitsPath({ path }: BucketFault, name: string): boolean {
  if (typeof path === 'function') return path(name);
  return typeof path === 'string' ? name.endsWith(path) : path.test(name);
}
