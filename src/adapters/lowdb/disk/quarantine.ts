import { basename, dirname, join } from 'node:path';
import type { Logger } from '../../../logging.ts';
import type { Disk } from './disk.ts';
import { DamagedFile, type DamagedItem, writeDurably } from './durable-file.ts';

interface QuarantineOptions {
  disk: Disk;
  /** Where damaged content goes. */
  folder: string;
  /** Milliseconds since the epoch. */
  clock: { now(): number };
  log: Logger;
}

/** Keeps damaged content, so that a person can repair it, and logs where it is. It overwrites nothing. */
export class Quarantine {
  readonly #options: QuarantineOptions;

  constructor(options: QuarantineOptions) {
    this.#options = options;
  }

  /**
   * Resolves with the result of `read`. If `read` throws `DamagedFile`, the file is moved here, `message` is logged, and the
   * result is `null`. Rejects with every other error of `read`.
   */
  async readOrMove<T>(
    path: string,
    read: () => Promise<T>,
    message: string,
    level: 'error' | 'warn' = 'error',
  ): Promise<T | null> {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof DamagedFile)) throw error;
      const movedTo = await this.#move(path);
      this.#options.log[level]({ file: path, movedTo, reason: error.message }, message);
      return null;
    }
  }

  /** Copies each item into a file of its own and logs `message` for it. */
  async copyItems(path: string, items: readonly DamagedItem[], message: string): Promise<void> {
    for (const { item, id, reason } of items) {
      const copiedTo = await this.copy(path, Buffer.from(`${JSON.stringify(item)}\n`));
      this.#options.log.error({ file: path, id, copiedTo, reason }, message);
    }
  }

  /** Keeps a copy of the content of the file at the path. Returns the path of the copy. */
  async copy(path: string, bytes: Uint8Array): Promise<string> {
    const target = await this.#freePath(path);
    await writeDurably(this.#options.disk, target, bytes);
    return target;
  }

  async #move(path: string): Promise<string> {
    const { disk, folder } = this.#options;
    const target = await this.#freePath(path);
    await disk.rename(path, target);
    await disk.syncFolder(folder);
    await disk.syncFolder(dirname(path));
    return target;
  }

  async #freePath(path: string): Promise<string> {
    const { disk, folder, clock } = this.#options;
    const time = new Date(clock.now()).toISOString().replaceAll(':', '-');
    const taken = new Set(await disk.list(folder));
    let name = `${basename(path)}-${time}`;
    for (let copy = 2; taken.has(name); copy += 1) name = `${basename(path)}-${time}-${copy}`;
    return join(folder, name);
  }
}
