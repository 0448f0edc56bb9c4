import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  describeActionResult,
  answerSilences,
  describeAlreadySilenced,
  answerStatus,
} from '../../../src/report/answers.ts';
import { composeCard } from '../../../src/report/chain/compose-card.ts';
import { following, now, opened, scheduled } from '../../chain/chains.ts';

const view = { now, prowUrl: 'https://prow.ci.openshift.org' };

test('says how a chain stands as its card does', () => {
  const { title, entries } = answerStatus('periodic-*', { chains: [scheduled], next: null }, view);
  assert.equal(title, 'What is known of periodic-*');
  const facts = `reported 10:00 UTC, 0 attempts, chain ${scheduled.id}`;
  assert.equal(
    entries[0]?.text,
    `${composeCard(scheduled, { ...view, hasOwnToken: true }).title} (${facts}, no token accepted by Gangway yet)`,
  );
});

test('says which chains our channels get no messages about, and why', () => {
  const doubts = [
    { proof: 'none', trust: 'token' },
    { proof: 'failed', trust: 'none' },
    { proof: 'failed', trust: 'token' },
    { proof: 'none', trust: 'secret' },
  ] as const;
  const chains = doubts.map((each) => ({ ...scheduled, ...each }));
  const { entries } = answerStatus('periodic-*', { chains, next: null }, view);
  assert.deepEqual(
    entries.map(({ text }) => /chain \w+(?:, (.+))?\)$/.exec(text)?.[1]),
    ['failure not proven', 'no token accepted by Gangway yet', undefined, undefined],
  );
});

test('links the newest run, or the record of it while it has no page', () => {
  const [run] = opened.runs;
  const chain = { ...opened, runs: [{ ...run!, url: 'https://prow/1' }] };
  const { entries } = answerStatus('a', { chains: [chain, following], next: null }, view);
  assert.deepEqual(entries[0]?.links, [{ text: 'the failed run', url: 'https://prow/1' }]);
  assert.deepEqual(entries[1]?.links, [{ text: 'attempt 1', url: `${view.prowUrl}/prowjob?prowjob=run-1` }]);
});

test('says that there are more, or none', () => {
  assert.equal(answerStatus('a', { chains: [opened], next: 'x' }, view).title, 'a: the newest chain');
  const { title, hint } = answerStatus('a', { chains: [], next: null }, view);
  assert.equal(title, 'No failure of a is known.');
  assert.match(hint ?? '', /\*/);
});

test('says what is silenced, with the day where it is another', () => {
  const silence = { id: '1', job: '*-aws', until: now, author: 'ada', comment: 'no quota' };
  const late = { ...silence, until: now + 24 * 60 * 60_000 };
  const { title, entries } = answerSilences([silence, late], now);
  assert.equal(title, '2 silences are in force');
  assert.equal(
    entries[1]?.text,
    '*-aws until 2026-06-13 10:01 UTC, by ada: no quota (end it: retrigger silence expire 1)',
  );
  assert.equal(answerSilences([], now).title, 'No job is silenced.');
  assert.match(describeAlreadySilenced(silence, now), /until 10:01 UTC, by ada: no quota$/);
});

test('says what came of a press', () => {
  assert.match(describeActionResult({ kind: 'done', chain: opened }), /^Done/);
  assert.equal(describeActionResult({ kind: 'conflict', detail: 'The run passed.' }), 'The run passed.');
  assert.match(describeActionResult({ kind: 'absent' }), /no such chain/);
});
