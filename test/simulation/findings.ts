import type { SeedOutcome } from './run-seed.ts';
import { type Fault, faults, type Invariant, invariants } from './tally.ts';

/** What one world came to, in a form that a worker can hand over. */
export interface Finding {
  seed: number;
  accepted: number;
  attempts: number;
  fired: [Fault, number][];
  held: [Invariant, number][];
  breaches: { invariant: Invariant; what: string }[];
}

export function toFinding({ seed, accepted, attempts, tally }: SeedOutcome): Finding {
  const { fired, held, breaches } = tally;
  return { seed, accepted, attempts, fired: [...fired], held: [...held], breaches };
}

/** What many worlds came to together. */
export class Findings {
  worlds = 0;
  accepted = 0;
  attempts = 0;
  readonly breached: Finding[] = [];
  readonly #fired = new Map<Fault, number>();
  readonly #held = new Map<Invariant, number>();
  /** Worlds in which the fault fired and the invariant had something to be held against. */
  readonly #met = new Map<string, number>();

  add(finding: Finding): void {
    this.worlds += 1;
    this.accepted += finding.accepted;
    this.attempts += finding.attempts;
    if (finding.breaches.length > 0) this.breached.push(finding);
    for (const [fault, times] of finding.fired) count(this.#fired, fault, times);
    for (const [invariant, times] of finding.held) count(this.#held, invariant, times);
    for (const [fault] of finding.fired) {
      for (const [invariant] of finding.held) count(this.#met, `${fault} × ${invariant}`, 1);
    }
  }

  firedOf(fault: Fault): number {
    return this.#fired.get(fault) ?? 0;
  }

  heldOf(invariant: Invariant): number {
    return this.#held.get(invariant) ?? 0;
  }

  /** What was never tried: a fault that never fired while an invariant was held. */
  holes(): string[] {
    const pairs = faults.flatMap((fault) => invariants.map((invariant) => `${fault} × ${invariant}`));
    return pairs.filter((pair) => !this.#met.has(pair));
  }

  /** A table in Markdown: faults down, invariants across, in the cells the worlds in which both met. */
  table(): string {
    const letters = invariants.map((_, n) => String.fromCharCode(65 + n));
    const legend = invariants.map((name, n) => `${letters[n]}: ${name} (${this.heldOf(name)} times)`);
    const rows = faults.map((fault) => {
      const cells = invariants.map((invariant) => this.#met.get(`${fault} × ${invariant}`) ?? 0);
      return `| ${[fault, this.firedOf(fault), ...cells].join(' | ')} |`;
    });
    const head = `| fault | fired | ${letters.join(' | ')} |`;
    const rule = `|---|${'---:|'.repeat(letters.length + 1)}`;
    return [...legend.map((line) => `- ${line}`), '', head, rule, ...rows].join('\n');
  }
}

/** What to read first about a world in which something did not hold, with the command that plays it again. */
export function describeBreaches({ seed, breaches }: Finding, most = 3): string {
  const lines = breaches.slice(0, most).map(({ invariant, what }) => `  ${invariant}: ${what}`);
  const more = breaches.length > most ? [`  and ${breaches.length - most} more`] : [];
  return [`seed ${seed}:`, ...lines, ...more, `  again: npm run simulate -- --seed ${seed}`].join('\n');
}

function count<K>(counts: Map<K, number>, key: K, by: number): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}
