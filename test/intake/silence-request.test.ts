import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readSilence } from '../../src/intake/silence-request.ts';

const now = Date.UTC(2026, 5, 12, 13, 0, 0);
const hour = 60 * 60 * 1000;
const day = 24 * hour;
const body = { job: 'periodic-ci-*-aws', until: '24h', author: 'ada', comment: 'no quota' };

function judge(change: Record<string, unknown>): string[] {
  const reading = readSilence({ ...body, ...change }, now);
  return reading.ok ? [] : reading.problems.map(({ field, message }) => `${field} ${message}`);
}

function untilOf(until: string): number | null {
  const reading = readSilence({ ...body, until }, now);
  return reading.ok ? reading.silence.until : null;
}

test('reads a whole silence and ignores what else is there', () => {
  const silence = { ...body, until: now + day };
  assert.deepEqual(readSilence({ ...body, id: 'mine', more: 1 }, now), { ok: true, silence });
});

for (const [until, expected] of [
  ['24h', now + day],
  [' 7d ', now + 7 * day],
  ['1ms', now + 1],
  ['2026-06-12T18:00:00Z', now + 5 * hour],
  ['2026-06-12T18:00:00.250Z', now + 5 * hour + 250],
  ['2026-06-12T18:00:00+02:00', now + 3 * hour],
  ['2027-06-12T13:00:00Z', now + 365 * day],
  ['366d', now + 366 * day],
] as const) {
  test(`takes ${until} for an end`, () => assert.equal(untilOf(until), expected));
}

for (const [until, says] of [
  ['tomorrow', /^until must be a time such as 2026-06-12T18:00:00Z or a duration such as 24h or 7d$/],
  ['', /must be a time/],
  ['24', /must be a time/],
  ['-24h', /must be a time/],
  ['2026-06-12', /must be a time/],
  ['2026-06-12T18:00:00', /must be a time/],
  ['2026-06-31T18:00:00Z', /must be a time/],
  ['0h', /must be in the future/],
  ['2026-06-12T13:00:00Z', /must be in the future/],
  ['367d', /must be at most one year ahead/],
  ['999999999d', /must be at most one year ahead/],
  ['9999-12-31T23:59:59Z', /must be at most one year ahead/],
  [1_800_000_000, /must be a string/],
  [null, /must be a string/],
  [undefined, /is required/],
] as const) {
  test(`refuses ${JSON.stringify(until)} for an end`, () => {
    const [problem = '', ...more] = judge({ until });
    assert.match(problem, says);
    assert.deepEqual(more, []);
  });
}

for (const job of ['*', 'j', 'x'.repeat(253), ' periodic-{a,b}_c.d-?* ']) {
  test(`takes ${job.slice(0, 30)} for a glob`, () => assert.deepEqual(judge({ job }), []));
}

for (const job of [
  '',
  ' ',
  'x'.repeat(254),
  'a b',
  'a/b',
  '[ab]',
  '(a+)+$',
  'a\u0000',
  '\ud800',
  7,
  undefined,
]) {
  test(`refuses ${JSON.stringify(job)?.slice(0, 30)} for a glob`, () => {
    const [problem = '', ...more] = judge({ job });
    assert.match(problem, /^job (?:must be|is required)/);
    assert.deepEqual(more, []);
  });
}

for (const job of ['{x', 'a}', 'periodic-}a{', '{{{{a}}}}']) {
  test(`refuses ${job}, whose braces are not right`, () => {
    assert.match(judge({ job }).join(), /^job is no glob: a brace of it has no other one.+; \* is any text/);
  });
}

test('takes texts up to their length, as single lines', () => {
  const reading = readSilence({ ...body, author: ' Ada\tL. ', comment: 'one\r\n two\u001b[31m\u0000' }, now);
  assert.ok(reading.ok);
  assert.deepEqual([reading.silence.author, reading.silence.comment], ['Ada L.', 'one two [31m']);
  assert.deepEqual(judge({ author: 'a'.repeat(100), comment: 'c'.repeat(1000) }), []);
  assert.deepEqual(judge({ author: 'a'.repeat(101), comment: 'c'.repeat(1001) }), [
    'author must be a text of 1 to 100 characters',
    'comment must be a text of 1 to 1000 characters',
  ]);
  assert.deepEqual(judge({ author: ' \n', comment: '' }), [
    'author must be a text of 1 to 100 characters',
    'comment must be a text of 1 to 1000 characters',
  ]);
});

test('names all bad fields at once', () => {
  const reading = readSilence({}, now);
  assert.ok(!reading.ok);
  assert.deepEqual(
    reading.problems,
    ['job', 'until', 'author', 'comment'].map((field) => ({ field, message: 'is required' })),
  );
});

for (const sent of [undefined, null, 7, 'text', [], [body]]) {
  test(`takes ${JSON.stringify(sent)} for no object`, () => {
    const problems = [{ field: 'body', message: 'must be a JSON object' }];
    assert.deepEqual(readSilence(sent, now), { ok: false, problems });
  });
}
