import { classifyCase, type CaseKind } from './classify-case.ts';
import { cleanText } from '../../text/clean-text.ts';

export interface FailedCase {
  name: string;
  kind: CaseKind;
  /** Plain text: the element's body, its `message` attribute in front if that says something else. */
  text: string;
}

interface OpenCase {
  name: string;
  kind: CaseKind;
  failed: boolean;
  parts: string[];
  /** Characters that may still be kept. */
  room: number;
}

// A phase's text holds 2 KiB of log for each of its steps, and decides; the others only illustrate.
const decisiveRoom = 32_768;
const otherRoom = 4_096;
const nameRoom = 1_024;
const maxPerKind = 8;
const maxOthers = 50;

// What ci-operator calls its suites (PROW.md, 4). A case of another suite is no step of its graph.
const ownSuite = /^(?:step graph|operator|ci-operator|job)$/;

/** Keeps the failed cases of a JUnit document as they come by: those that decide, and a bounded number of the rest. */
export class JunitCollector {
  /** All failed cases, kept or not. */
  failedCount = 0;
  readonly #kept: FailedCase[] = [];
  readonly #counts = new Map<CaseKind, number>();
  #open: OpenCase | null = null;
  #foreign = false;

  nameSuite(name: string): void {
    this.#foreign = !ownSuite.test(name.trim());
  }

  openCase(): void {
    this.closeCase();
    this.#open = { name: '', kind: null, failed: false, parts: [], room: otherRoom };
  }

  /** The name decides how much of the text is kept, so it comes before any failure. */
  nameCase(name: string): void {
    if (this.#open === null) return;
    this.#open.name = cleanText(name.slice(0, nameRoom)).trim();
    const kind = classifyCase(this.#open.name);
    this.#open.kind = this.#foreign && kind === 'graph' ? null : kind;
    this.#open.room = isDecisive(kind) ? decisiveRoom : otherRoom;
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
    const { kind } = closed;
    const counted = isDecisive(kind) ? kind : null;
    const count = (this.#counts.get(counted) ?? 0) + 1;
    if (count > (counted === null ? maxOthers : maxPerKind)) return;
    this.#counts.set(counted, count);
    this.#kept.push({ name: closed.name, kind, text: cleanText(closed.parts.join('')).trim() });
  }

  /** What is kept, in the document's order. A case that is still open counts with the text so far. */
  finish(): FailedCase[] {
    this.closeCase();
    return this.#kept;
  }
}

function isDecisive(kind: CaseKind): boolean {
  return kind !== null && kind !== 'graph';
}
