import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Found } from '../../../src/evidence/artifacts/artifact-source.ts';
import { readEnd } from '../../../src/evidence/artifacts/metadata.ts';
import { createMemorySource } from '../memory-source.ts';

const folder = 'logs/job/17';
const absent: Found<never> = { kind: 'absent' };
const down: Found<never> = { kind: 'unavailable', why: 'HTTP 503' };
const closed: Found<never> = { kind: 'denied', bucket: 'bucket' };
const page = '<!doctype html><html></html>';

function finished(result: string): string {
  return JSON.stringify({ timestamp: 200, result });
}

function prowJob(state: string, completionTime?: string): string {
  return JSON.stringify({ metadata: { name: 'uuid' }, status: { state, completionTime } });
}

async function judge(
  finishedJson: string | Found<never>,
  prowJobJson: string | Found<never>,
): Promise<string> {
  const objects = { [`${folder}/finished.json`]: finishedJson, [`${folder}/prowjob.json`]: prowJobJson };
  const { end } = await readEnd(createMemorySource(objects), folder);
  if (end.kind === 'denied') return `denied: ${end.bucket}`;
  if (end.kind !== 'ended') return `${end.kind}: ${end.why}`;
  return `${end.status}${end.settled ? '' : ', not settled'}`;
}

const ended = '2026-06-12T14:00:00Z';
const ends: [
  what: string,
  finished: string | Found<never>,
  prowJob: string | Found<never>,
  expected: string,
][] = [
  ['both say the same', finished('FAILURE'), prowJob('failure'), 'FAILURE'],
  ['crier wrote both', finished('error'), prowJob('error'), 'ERROR'],
  ['the pod was deleted', finished('ABORTED'), prowJob('error', ended), 'ERROR'],
  ['the pod was out of memory', finished('FAILURE'), prowJob('error'), 'ERROR'],
  ['the pod was lost after its success', finished('SUCCESS'), prowJob('error'), 'ERROR'],
  ['an interrupt that nobody asked for', finished('ABORTED'), prowJob('failure'), 'FAILURE'],
  ['the second upload of an interrupt is missing', finished('ABORTED'), prowJob('success'), 'SUCCESS'],
  ['a person aborted it, and ci-operator failed', finished('FAILURE'), prowJob('aborted'), 'ABORTED'],
  ['a success waits for nothing', finished('SUCCESS'), prowJob('pending'), 'SUCCESS'],
  ['a success stays one', finished('SUCCESS'), prowJob('failure'), 'SUCCESS'],
  ['a success stays one when it is aborted', finished('SUCCESS'), prowJob('aborted'), 'SUCCESS'],
  ['prowjob.json lags', finished('ABORTED'), prowJob('pending'), 'ABORTED, not settled'],
  ['prowjob.json is missing', finished('FAILURE'), absent, 'FAILURE, not settled'],
  ['prowjob.json is broken', finished('FAILURE'), page, 'FAILURE, not settled'],
  ['prowjob.json is out of reach', finished('FAILURE'), down, 'FAILURE, not settled'],
  ['finished.json is empty', '', prowJob('failure'), 'FAILURE, not settled'],
  ['finished.json is a page', page, prowJob('error'), 'ERROR, not settled'],
  ['finished.json has no result', '{}', prowJob('success'), 'SUCCESS, not settled'],
  [
    'finished.json has a result that is none',
    finished('pending'),
    prowJob('failure'),
    'FAILURE, not settled',
  ],
  ['finished.json never came', absent, prowJob('failure'), 'FAILURE, not settled'],
  ['it was aborted, and its pod is gone', absent, prowJob('aborted', ended), 'ABORTED, not settled'],
  ['it is being aborted', absent, prowJob('aborted'), 'open: finished.json is not there'],
  ['it goes on', absent, prowJob('pending'), 'open: finished.json is not there'],
  ['nothing is there', absent, absent, 'open: finished.json is not there'],
  ['nothing can be read', page, page, 'open: finished.json is unreadable'],
  ['nothing says how', '{}', prowJob('pending'), 'open: finished.json does not say how the run ended'],
  [
    'finished.json is out of reach',
    down,
    prowJob('failure'),
    'unavailable: finished.json could not be read: HTTP 503',
  ],
  ['the bucket is closed', closed, closed, 'denied: bucket'],
  [
    'the bucket refuses what is not there',
    closed,
    prowJob('pending'),
    'open: finished.json could not be read: access denied: bucket bucket is not public',
  ],
  ['the bucket refuses what never came', closed, prowJob('failure'), 'FAILURE, not settled'],
  ['prowjob.json alone might tell', absent, down, 'unavailable: prowjob.json could not be read: HTTP 503'],
];

for (const [what, finishedJson, prowJobJson, expected] of ends) {
  test(`${what}: ${expected}`, async () => assert.equal(await judge(finishedJson, prowJobJson), expected));
}

test('a byte order mark in front of either is skipped', async () => {
  assert.equal(await judge(`\uFEFF${finished('ABORTED')}`, `\uFEFF${prowJob('error')}`), 'ERROR');
});
