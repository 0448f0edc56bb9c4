import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { SyntaxKind } from 'typescript/unstable/ast';
import { nodesOf, readFolder, readSources } from './house.ts';

const top = fileURLToPath(new URL('../..', import.meta.url));

/** What strangers may repeat: an expression that backtracks over it needs hours for a mebibyte. */
const words = `a 1 - . / : , " ' \\\\" [ ] { < & _ = A 1s 1. 1; a1 a- a/ a: &# %2 Step failed: ci-op-a1b2c3- 2026-06-12T resolv`;
const pieces = [
  ...words.split(' '),
  ' ',
  'a ',
  '- ',
  '\n',
  '\r\n',
  '?\n',
  '"e2e" pod "',
  '\u001B[',
  '\u001B]8;',
];

/** These do backtrack, and no long text of a stranger meets them. */
const spared: Record<string, string> = {
  '/\\/+$/': 'reads addresses of the settings and of the command line',
  '/\\s*\\n\\s*/g': 'reads the sentence of a check, which is cut before',
  '/=+$/': 'reads base64 that Node wrote, with two of them at most',
};

/** The literals of src, as `/source/flags`. */
async function listExpressions(): Promise<string[]> {
  const sources = await readSources(readFolder(top, 'src'));
  const found = sources.flatMap(({ root }) =>
    [...nodesOf(root)]
      .filter(({ kind }) => kind === SyntaxKind.RegularExpressionLiteral)
      .map((node) => node.getText(root)),
  );
  return [...new Set(found)].filter((literal) => !(literal in spared)).toSorted();
}

test('no regular expression backtracks over a mebibyte of anything', { timeout: 300_000 }, async (t) => {
  const expressions = await listExpressions();
  assert.ok(expressions.length > 50, `${expressions.length} expressions`);
  const worker = new Worker(new URL('./try-expressions.ts', import.meta.url), {
    workerData: { expressions, pieces, length: 1 << 20 },
  });
  let tried = '';
  let count = 0;
  const over = Promise.withResolvers<void>();
  worker.on('message', (now: string) => {
    tried = now;
    count += 1;
  });
  worker.once('error', over.reject).once('exit', () => over.resolve());
  // The runner's time limit only ends what would go on for hours. It names what was tried last.
  let isOver = false;
  t.signal.addEventListener('abort', () => {
    if (!isOver) t.diagnostic(`it hangs in ${tried}`);
    void worker.terminate();
  });
  await over.promise;
  isOver = true;
  assert.equal(count, expressions.length, tried);
});
