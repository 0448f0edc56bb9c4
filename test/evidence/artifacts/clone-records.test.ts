import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readCloneRecords } from '../../../src/evidence/artifacts/clone-records.ts';

const refs = { org: 'acme', repo: 'shop', base_ref: 'main' };
const fetched = { command: 'git fetch', output: 'From https://github.com/acme/shop' };

const records: [what: string, records: unknown, text: string | null][] = [
  ['every clone succeeded', [{ refs, commands: [fetched], final_sha: 'f00' }], null],
  ['there is no record', [], null],
  ['a record is no object', [7, null, 'x'], null],
  [
    'a merge failed in the second repository',
    [
      { refs, commands: [fetched] },
      {
        refs: { org: 'acme', repo: 'till' },
        commands: [
          fetched,
          {
            command: 'git merge --no-ff f00',
            output: 'Auto-merging a\nAutomatic merge failed; fix conflicts and then commit the result.\n',
            error: 'exit status 1',
          },
        ],
        failed: true,
      },
    ],
    'Prow could not clone the source (acme/till): Automatic merge failed; fix conflicts and then commit the result.\n' +
      'Auto-merging a\nAutomatic merge failed; fix conflicts and then commit the result.',
  ],
  [
    'the error stands above the last line',
    [
      {
        refs,
        commands: [{ output: "fatal: couldn't find remote ref\nPlease check\n", error: 'exit' }],
        failed: true,
      },
    ],
    "Prow could not clone the source (acme/shop): fatal: couldn't find remote ref\nfatal: couldn't find remote ref\nPlease check",
  ],
  [
    'git printed nothing',
    [{ refs, commands: [{ command: 'git', output: '', error: 'exit status 128' }], failed: true }],
    'Prow could not clone the source (acme/shop): exit status 128',
  ],
  ['no command is named', [{ failed: true }], 'Prow could not clone the source: the cause is unknown'],
  [
    'what it holds is of a wrong type',
    [{ refs: 'x', commands: { a: 1 }, failed: true }],
    'Prow could not clone the source: the cause is unknown',
  ],
];

for (const [what, json, text] of records) {
  test(`clone-records.json: ${what}`, () => {
    assert.equal(readCloneRecords(JSON.stringify(json))?.failure?.text ?? null, text);
  });
}

test('what git printed is bounded and plain', () => {
  const output = `${'x'.repeat(100_000)}\n\u001b[31mfatal: gone\u001b[0m`;
  const json = [
    { refs: { org: 'o'.repeat(500), repo: 'r' }, commands: [{ output, error: 'exit' }], failed: true },
  ];
  const text = readCloneRecords(JSON.stringify(json))?.failure?.text ?? '';
  assert.match(text, /^Prow could not clone the source \(o{100}\): fatal: gone\nx/);
  assert.ok(text.length < 5_000);
});

test('what is no array of JSON is unreadable', () => {
  for (const text of ['', '{}', 'null', '[{"failed"', '<html></html>'])
    assert.equal(readCloneRecords(text), null);
});
