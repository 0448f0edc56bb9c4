import { classifyCase, type CaseKind } from './classify-case.ts';
import { cleanText } from './clean-text.ts';

export interface FailedCase {
  name: string;
  kind: CaseKind;
  /** Plain text: the element's body, its `message` attribute in front where that says something else. */
  text: string;
}

interface OpenCase {
  name: string;
  failed: boolean;
  parts: string[];
  /** Characters that may still be kept. */
  room: number;
}

// A phase's text holds 2 KiB of log for each of its steps, and decides; the others only illustrate.
const decisiveRoom = 32_768;
const otherRoom = 4_096;
const nameRoom = 1_024;
const mostOfAKind = 8;
const mostOthers = 50;

/** Keeps the failed cases of a JUnit document as they come by: those that decide, and a bounded number of the rest. */
export class JunitCollector {
  /** All failed cases, kept or not. */
  failedCount = 0;
  readonly #kept: FailedCase[] = [];
  readonly #counts = new Map<CaseKind, number>();
  #open: OpenCase | null = null;

  openCase(): void {
    this.closeCase();
    this.#open = { name: '', failed: false, parts: [], room: otherRoom };
  }

  /** The name decides how much of the text is kept, so it comes before any failure. */
  nameCase(name: string): void {
    if (this.#open === null) return;
    this.#open.name = cleanText(name.slice(0, nameRoom)).trim();
    this.#open.room = classifyCase(this.#open.name) === null ? otherRoom : decisiveRoom;
  }

  openFailure(): void {
    if (this.#open === null) return;
    if (this.#open.failed) this.addText('\n');
    this.#open.failed = true;
  }

  addText(text: string): void {
    if (this.#open === null || this.#open.room === 0) return;
    const part = text.slice(0, this.#open.room);
    this.#open.parts.push(part);
    this.#open.room -= part.length;
  }

  closeCase(): void {
    const closed = this.#open;
    this.#open = null;
    if (closed === null || !closed.failed) return;
    this.failedCount += 1;
    const kind = classifyCase(closed.name);
    const count = (this.#counts.get(kind) ?? 0) + 1;
    if (count > (kind === null ? mostOthers : mostOfAKind)) return;
    this.#counts.set(kind, count);
    this.#kept.push({ name: closed.name, kind, text: cleanText(closed.parts.join('')).trim() });
  }

  /** What is kept, in the document's order. A case that is still open counts with what came so far. */
  finish(): FailedCase[] {
    this.closeCase();
    return this.#kept;
  }
}
