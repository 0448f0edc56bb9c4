import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatGap, formatGaps, type Gap } from '../../src/evidence/gap.ts';

const labels = 'artifacts/job_labels';

const gaps: [gap: Gap, words: string][] = [
  [{ file: 'started.json', kind: 'absent', detail: '' }, 'started.json is not there'],
  [{ file: 'started.json', kind: 'damaged', detail: 'is unreadable' }, 'started.json is unreadable'],
  [
    { file: 'started.json', kind: 'too-large', detail: 'over 2 MiB' },
    'started.json is over 2 MiB and was not read',
  ],
  [{ file: 'started.json', kind: 'unread', detail: 'HTTP 503' }, 'started.json could not be read: HTTP 503'],
  [
    { file: labels, kind: 'late', detail: '10s' },
    'The labels of known failures could not be read within 10s',
  ],
  [
    { file: labels, kind: 'unlisted', detail: 'HTTP 503' },
    'The labels of known failures could not be listed: HTTP 503',
  ],
  [
    { file: `${labels}/a.json`, kind: 'absent', detail: '', others: 2 },
    'artifacts/job_labels/a.json is not there (and 2 more files of artifacts/job_labels)',
  ],
  [
    { file: 'finished.json', kind: 'open', detail: 'finished.json is not there' },
    'Gangway says that the run has ended, but finished.json is not there.',
  ],
];

for (const [gap, words] of gaps) {
  test(words, () => assert.equal(formatGap(gap), words));
}

test('several gaps are one line', () => {
  const line = formatGaps([gaps[0]?.[0], gaps[1]?.[0]].filter((gap) => gap !== undefined));
  assert.equal(line, 'started.json is not there, started.json is unreadable');
});
