import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blameProw } from '../../src/evidence/blame-prow.ts';

test('what was running when Prow ended the run did not fail: it is in the text only', () => {
  const text = 'Prow ended the run during phase pre, step ipi-install.';
  const running = { phase: 'pre', steps: ['ipi-install'], text: null } as const;
  assert.deepEqual(blameProw({ ...running, steps: [...running.steps] }), { phase: 'infra', steps: [], text });
  assert.equal(
    blameProw({ phase: 'test', steps: [], text: null }).text,
    'Prow ended the run during phase test.',
  );
  assert.match(
    blameProw({ phase: 'post', steps: ['a', 'b'], text: null }).text ?? '',
    /phase post, steps a, b\.$/,
  );
});

test('if nothing was running, the text stays', () => {
  assert.deepEqual(blameProw({ phase: null, steps: [], text: null }), {
    phase: 'infra',
    steps: [],
    text: null,
  });
  assert.equal(blameProw({ phase: 'infra', steps: [], text: 'why' }).text, 'why');
});
