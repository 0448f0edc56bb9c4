import type { Logger } from '../../logging.ts';
import { type GoodRules, type ParsedRules, warnOfRules } from '../../rules/language/parse-rules.ts';
import type { RuleSet } from '../../rules/language/rule.ts';
import type { Clock } from '../../time/clock.ts';
import { KeyedLock } from '../../time/keyed-lock.ts';

interface Reading {
  read: () => Promise<ParsedRules>;
  clock: Pick<Clock, 'now'>;
  log: Logger;
}

/** The rules in force. A good change takes their place while the service runs; a bad one never does. */
export class LiveRules {
  readonly #reading: Reading;
  readonly #locks = new KeyedLock();
  #rules: RuleSet;
  #problems: string[] = [];
  #loadedAt: number;
  #fileWarnings: readonly string[];
  #tell: (problems: readonly string[]) => void = () => {};

  constructor(first: GoodRules, reading: Reading) {
    this.#reading = reading;
    this.#rules = first.rules;
    this.#loadedAt = reading.clock.now();
    this.#fileWarnings = first.fileWarnings;
    this.#warnOfFiles(first.fileWarnings);
    this.#warnOfRules(first);
  }

  /** `tell` is called after each reading with the problems for which it was rejected; none: it was accepted. */
  onReading(tell: (problems: readonly string[]) => void): void {
    this.#tell = tell;
  }

  get(): RuleSet {
    return this.#rules;
  }

  /** Reads the files again; files that say what is in force already change nothing. */
  async reload(): Promise<void> {
    // A reading that takes long must not put old rules in the place of newer ones.
    await this.#locks.run('reload', () => this.#read());
    this.#tell(this.#problems);
  }

  async #read(): Promise<void> {
    const { read, clock, log } = this.#reading;
    const parsed = refuseEmptied(await read(), this.#rules);
    if (parsed.kind === 'bad') {
      this.#problems = parsed.problems;
      log.error({ problems: parsed.problems }, 'rules refused, the old ones stay');
      return;
    }
    const known = this.#fileWarnings;
    this.#fileWarnings = parsed.fileWarnings;
    this.#warnOfFiles(parsed.fileWarnings.filter((warning) => !known.includes(warning)));
    const isNews = this.#problems.length > 0 || JSON.stringify(parsed.rules) !== JSON.stringify(this.#rules);
    if (!isNews) return;
    this.#problems = [];
    this.#rules = parsed.rules;
    this.#loadedAt = clock.now();
    log.info({ rules: parsed.rules.rules.length }, 'rules taken');
    this.#warnOfRules(parsed);
  }

  /** For people who ask how the rules are; `problems` is about files that were refused since. */
  state(): { ok: boolean; count: number; loaded_at: string; problems: string[] } {
    const { rules } = this.#rules;
    const loadedAt = new Date(this.#loadedAt).toISOString();
    return {
      ok: this.#problems.length === 0,
      count: rules.length,
      loaded_at: loadedAt,
      problems: this.#problems,
    };
  }

  #warnOfFiles(warnings: readonly string[]): void {
    for (const warning of warnings) this.#reading.log.warn({ warning }, 'rule files look incomplete');
  }

  #warnOfRules(rules: GoodRules): void {
    const { clock, log } = this.#reading;
    for (const warning of warnOfRules(rules, clock.now()))
      log.warn({ warning }, 'rule is probably not as meant');
  }
}

/** Files that are away while they are written anew must not mean that failures of that moment are skipped for good. */
function refuseEmptied(parsed: ParsedRules, inForce: RuleSet): ParsedRules {
  if (parsed.kind === 'bad' || parsed.rules.rules.length > 0 || inForce.rules.length === 0) return parsed;
  return {
    kind: 'bad',
    problems: ['no rule is left; start the service anew if nothing is to be tried again'],
  };
}
