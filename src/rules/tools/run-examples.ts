import type { Decision } from '../../chain/decision.ts';
import { formatDuration } from '../../time/duration.ts';
import { decide, type Judgement } from '../decide/decide.ts';
import type { Example } from './example-file.ts';
import type { PlacedExample } from './parse-examples.ts';
import type { Rule } from '../language/rule.ts';
import { stageExample } from './build-example-input.ts';

/** A key that came otherwise than the example expects. */
interface Difference {
  key: string;
  expected: string;
  came: string;
}

export interface TriedExample {
  name: string;
  /** `path:line:column`. */
  place: string;
  /** None: it came as expected. */
  differences: Difference[];
  decision: Decision;
}

export interface Trial {
  examples: TriedExample[];
  /** The names of the rules that matched in no example. */
  unreached: string[];
}

/** Decides each example by the rules, all of them together as the service would. */
export function tryExamples(examples: readonly PlacedExample[], rules: readonly Rule[]): Trial {
  const reached = new Set<string>();
  const tried = examples.map(({ example, place }) => {
    const { run, facts, moment } = stageExample(example);
    const judgement = decide(run, facts, rules, moment);
    for (const { rule, verdict } of judgement.trace) if (verdict === 'matches') reached.add(rule);
    return {
      name: example.name,
      place,
      differences: compare(example, judgement),
      decision: judgement.decision,
    };
  });
  return { examples: tried, unreached: rules.map(({ name }) => name).filter((name) => !reached.has(name)) };
}

function compare({ expect, evidence }: Example, { decision, plan }: Judgement): Difference[] {
  const attempt = plan === null ? null : evidence.attempt + 1;
  return [
    differ('outcome', expect.outcome, decision.outcome),
    differ('reason', expect.reason, decision.reason),
    differ('rule', expect.rule, decision.rule),
    differ('delay', expect.delay, plan?.delayMs ?? null, formatDuration),
    differ('attempt', expect.attempt, attempt),
  ].filter((difference) => difference !== null);
}

/** `undefined`: the example does not say. */
function differ<Value extends string | number>(
  key: string,
  expected: Value | null | undefined,
  came: Value | null,
  format: (value: Value) => string = String,
): Difference | null {
  if (expected === undefined || expected === came) return null;
  const [wanted, got] = [expected, came].map((value) => (value === null ? 'none' : format(value)));
  return { key, expected: wanted ?? '', came: got ?? '' };
}
