import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { openChain } from '../../../src/chain/accept.ts';
import { SpendingLedger } from '../../../src/flow/state/spending-ledger.ts';
import { compileGlob } from '../../../src/job/glob.ts';
import { findSpentBudget } from '../../../src/rules/decide/budget.ts';
import { hour, now, ruleSet } from '../../rules/matchers/failed-run.ts';
import { seed } from '../../rules/language/random-rules.ts';

const jobs = ['a-aws', 'b-aws', 'c-gcp', 'd'];
const credentials = { token: null, slack: null, slackErrors: null };

const budgetLists = fc
  .array(
    fc.record({
      job: fc.constantFrom('*', '*-aws', '{c,d}*', 'a-aws'),
      retries: fc.integer({ min: 0, max: 4 }),
      per: fc.constantFrom('1h', '3h', '10h'),
    }),
    { minLength: 1, maxLength: 4 },
  )
  .map((budgets) => ruleSet({ budgets }).budgets);

/** An attempt some time after the one before; of those that are allowed, some are not made after all. */
const calls = fc.array(
  fc.record({
    jobName: fc.constantFrom(...jobs),
    waitMs: fc.constantFrom(0, 1, hour / 2, hour, 3 * hour),
    attempt: fc.constantFrom(1, 1, 2),
    isUndone: fc.constantFrom(false, false, false, true),
    chain: fc.nat({ max: 9 }),
  }),
  { minLength: 20, maxLength: 60 },
);

test('whatever attempts come, and in whatever order: no window ever holds more of them than any budget allows', () => {
  let [allowed, refused] = [0, 0];
  const property = fc.property(budgetLists, calls, (budgets, list) => {
    const ledger = new SpendingLedger();
    let at = now;
    let made: { jobName: string; at: number; id: string }[] = [];
    for (const { jobName, waitMs, attempt, isUndone, chain: number } of list) {
      at += waitMs;
      const chain = openChain({ jobName, prowJobId: `${jobName}-${number}`, buildId: '1' }, credentials, now);
      const id = `${chain.id} ${attempt}`;
      // A second try of the same attempt takes the place of the first.
      const others = made.filter((each) => each.id !== id);
      const spending = ledger.spend(budgets, { chain, attempt, at });
      assert.equal(spending.kind === 'spent', findSpentBudget(budgets, jobName, others, at) !== null);
      if (spending.kind === 'spent') refused += 1;
      if (spending.kind === 'spent') continue;
      allowed += 1;
      made = isUndone ? others : [...others, { jobName, at, id }];
      if (isUndone) spending.undo();
      for (const { job, retries, per } of budgets) {
        const covers = compileGlob(job);
        const inside = made.filter((each) => each.at > at - per && covers(each.jobName));
        assert.ok(inside.length <= retries, `${inside.length} of ${retries} for ${job}`);
      }
    }
  });
  fc.assert(property, { numRuns: 120, seed });
  assert.ok(allowed > 300 && refused > 300, `${allowed} were allowed, ${refused} refused`);
});
