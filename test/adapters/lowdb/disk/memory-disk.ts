import { dirname } from 'node:path';
import type { Disk, DiskFile } from '../../../../src/adapters/lowdb/disk/disk.ts';
import type { SeededChance } from '../../../time/seeded-chance.ts';

interface Content {
  /** No other content has it. */
  identity: string;
  now: Buffer;
  /** What the last fsync made safe. */
  safe: Buffer;
  /** Bytes that an fsync failed to write and then called clean: later ones leave them out, until they are cut off. */
  forgotten: { from: number; to: number } | null;
}

/** What the machine loses: a kill nothing, a power cut what was not synced of contents, of names, or of both. */
export type Loss = { contents: boolean; names: boolean };
export const losses: readonly Loss[] = [
  { contents: false, names: false },
  { contents: true, names: false },
  { contents: false, names: true },
  { contents: true, names: true },
];

/** A disk that knows what would be left of it at any moment. */
export class MemoryDisk implements Disk {
  readonly #folders = new Set<string>();
  #names = new Map<string, Content>();
  #safeNames = new Map<string, Content>();
  readonly #locks = new Set<string>();

  /** What is left after the machine went down just now. */
  crash({ contents, names }: Loss): MemoryDisk {
    const left = new MemoryDisk();
    for (const folder of this.#folders) left.#folders.add(folder);
    for (const [path, content] of names ? this.#safeNames : this.#names) {
      const bytes = Buffer.from(contents ? content.safe : content.now);
      left.#names.set(path, settled(bytes));
    }
    left.#safeNames = new Map(left.#names);
    return left;
  }

  /**
   * What is left after a power cut: of each name and each content that was not synced the old state, the new one, or
   * a piece of it, as chance has it.
   */
  cutPower(chance: SeededChance): MemoryDisk {
    const left = new MemoryDisk();
    for (const folder of this.#folders) left.#folders.add(folder);
    for (const path of new Set([...this.#safeNames.keys(), ...this.#names.keys()])) {
      const content = (chance.happens(0.5) ? this.#names : this.#safeNames).get(path);
      if (content !== undefined) left.#names.set(path, settled(pieceOf(content, chance)));
    }
    left.#safeNames = new Map(left.#names);
    return left;
  }

  /** The fsync of the file fails, and what it should have made safe is taken for clean from then on. */
  forget(path: string): void {
    const content = this.#names.get(path);
    if (content === undefined) return;
    const from = firstDifference(content.now, content.safe);
    if (from < content.now.length) content.forgotten = { from, to: content.now.length };
  }

  paths(): string[] {
    return [...this.#names.keys()];
  }

  /** Everything that lies on it, as text. */
  readAll(): string {
    return [...this.#names.values()].map(({ now }) => now.toString('latin1')).join('\n');
  }

  put(path: string, bytes: Buffer): void {
    const content = settled(bytes);
    this.#names.set(path, content);
    this.#safeNames.set(path, content);
  }

  async makeFolder(path: string): Promise<void> {
    this.#folders.add(path);
  }

  async list(folder: string): Promise<string[]> {
    if (!this.#folders.has(folder)) throw Object.assign(new Error('no such folder'), { code: 'ENOENT' });
    return this.paths()
      .filter((path) => dirname(path) === folder)
      .map((path) => path.slice(folder.length + 1));
  }

  async identify(path: string): Promise<string | null> {
    return this.#names.get(path)?.identity ?? null;
  }

  async read(path: string): Promise<Buffer | null> {
    const content = this.#names.get(path);
    return content === undefined ? null : Buffer.from(content.now);
  }

  async open(path: string): Promise<DiskFile> {
    const content = this.#names.get(path) ?? settled(Buffer.alloc(0));
    this.#names.set(path, content);
    return {
      write: async (bytes, position) => {
        const grown = Buffer.alloc(Math.max(content.now.length, position + bytes.length));
        content.now.copy(grown);
        grown.set(bytes, position);
        content.now = grown;
      },
      truncate: async (length) => {
        content.now = Buffer.from(content.now.subarray(0, length));
        if (content.forgotten !== null && length <= content.forgotten.from) content.forgotten = null;
      },
      sync: async () => {
        content.safe = Buffer.from(content.now);
        const { forgotten } = content;
        if (forgotten !== null) content.safe.fill(0, forgotten.from, forgotten.to);
      },
      identify: async () => content.identity,
      close: async () => undefined,
    };
  }

  async rename(from: string, to: string): Promise<void> {
    const content = this.#names.get(from);
    if (content === undefined) throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
    this.#names.set(to, content);
    this.#names.delete(from);
  }

  async remove(path: string): Promise<void> {
    this.#names.delete(path);
  }

  async syncFolder(folder: string): Promise<void> {
    for (const path of new Set([...this.#names.keys(), ...this.#safeNames.keys()])) {
      if (dirname(path) !== folder) continue;
      const content = this.#names.get(path);
      if (content === undefined) this.#safeNames.delete(path);
      else this.#safeNames.set(path, content);
    }
  }

  lock(path: string): (() => void) | null {
    if (this.#locks.has(path)) return null;
    this.#locks.add(path);
    return () => this.#locks.delete(path);
  }
}

let contents = 0;

function settled(bytes: Buffer): Content {
  contents += 1;
  return { identity: String(contents), now: bytes, safe: bytes, forgotten: null };
}

function pieceOf({ now, safe }: Content, chance: SeededChance): Buffer {
  const length = chance.between(0, now.length);
  const torn = Buffer.concat([now.subarray(0, length), safe.subarray(length)]);
  return Buffer.from(chance.pick([now, safe, torn]));
}

function firstDifference(a: Buffer, b: Buffer): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at += 1) if (a[at] !== b[at]) return at;
  return length;
}
