import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { settings } from '../src/settings.ts';

const readme = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8');

test('the table of settings says what the code reads', () => {
  const rows = settings
    .filter(({ isUnused }) => !isUnused)
    .map(({ name, also, about, fallback }) => {
      const names = [name, ...also].map((each) => `\`${each}\``).join(', ');
      return `| ${names} | ${fallback === null ? 'unset' : `\`${fallback}\``} | ${about} |`;
    });
  const table = ['| name | default | what it is |', '|---|---|---|', ...rows].join('\n');
  assert.ok(readme.includes(table), `put this table into README.md:\n${table}`);
});
