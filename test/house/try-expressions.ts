// A thread of expressions.test.ts: an expression that backtracks would stop the test's own.
import { parentPort, workerData } from 'node:worker_threads';

interface Order {
  /** As `/source/flags`; a sticky one is tried at the beginning, where its callers put it. */
  expressions: string[];
  pieces: string[];
  /** Characters of each text. */
  length: number;
}

const { expressions, pieces, length } = workerData as Order;
const texts = pieces.map((piece) => `${piece.repeat(length / piece.length)}\0!`);

for (const literal of expressions) {
  parentPort?.postMessage(literal);
  const end = literal.lastIndexOf('/');
  const expression = new RegExp(literal.slice(1, end), literal.slice(end + 1).replace('g', ''));
  for (const text of texts) expression.test(text);
}
