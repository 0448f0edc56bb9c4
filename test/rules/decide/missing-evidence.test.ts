import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DecisionContext, emptyContext } from '../../../src/rules/decide/context.ts';
import type { FailedRun } from '../../../src/rules/matchers/matcher.ts';
import { findLacking, type Lacking } from '../../../src/rules/decide/decide.ts';
import { failedRun, hour, now, rulesFor } from '../matchers/failed-run.ts';

const unread = failedRun();
const labelled = failedRun({ knownFailures: [{ label: 'InfraFailure', summary: '' }] });
const unlabelled = failedRun({ knownFailures: [] });
const infra = { match: { label: 'Infra*' } };
const plain = { match: { phase: 'pre' } };
const guarded = { ...plain, history: { max_consecutive_failures: 3 } };
const noPast = { pastRuns: null };
const silence = { id: '1', job: '*', until: now + hour, author: 'ann', comment: 'x' };

const rows: [
  what: string,
  run: FailedRun,
  rules: Parameters<typeof rulesFor>,
  facts: Partial<DecisionContext>,
  lacking: Lacking | null,
][] = [
  ['labels that a rule asks for', unread, [infra], {}, 'labels'],
  ['labels that an exception asks for', unread, [{ ...plain, unless: infra.match }], {}, 'labels'],
  ['labels that are there', labelled, [infra], {}, null],
  ['labels of which there are none', unlabelled, [infra], {}, null],
  ['labels that no rule asks for', unread, [plain], {}, null],
  ['labels below a rule that matches', unread, [plain, infra], {}, null],
  ['labels below a rule that fails', unread, [{ match: { phase: 'test' } }, infra], {}, 'labels'],
  ['labels below a rule that cannot be judged', unread, [{ match: { log: 'x' } }, infra], {}, null],
  [
    'labels of a rule that fails by another key',
    unread,
    [{ match: { ...infra.match, phase: 'test' } }],
    {},
    null,
  ],
  ['labels and a log that is missing', unread, [{ match: { ...infra.match, log: 'x' } }], {}, 'labels'],
  ['labels of a rule that has expired', unread, [{ ...infra, expires: '2020-01-01' }], {}, null],
  ['labels of a success', failedRun({ status: 'SUCCESS' }), [infra], {}, null],
  ['labels of a managed run', failedRun({ labels: { releaseJobNameHash: 'x' } }), [infra], {}, null],
  ['a history that the rule asks for', unread, [guarded], noPast, 'history'],
  ['a history that was read', unread, [guarded], {}, null],
  ['a history that another rule asks for', unread, [plain, guarded], noPast, null],
  ['a history where no rule matches', failedRun({ phase: 'test' }), [guarded], noPast, null],
  ['a history where the attempts are exhausted', failedRun({}, { attempt: 1 }), [guarded], noPast, null],
  ['a history where the job is silenced', unread, [guarded], { ...noPast, silence }, null],
];

for (const [what, run, rules, facts, lacking] of rows) {
  test(`${what}: ${lacking ?? 'nothing'} is lacking`, () =>
    assert.equal(findLacking(run, { ...emptyContext, ...facts }, rulesFor(...rules), now), lacking));
}
