import { openIn } from '../open-store.ts';

/** Holds a store until it is killed; says on stdout how the opening went. */
const [directory = ''] = process.argv.slice(2);
try {
  await openIn(directory);
  process.stdout.write('holding\n');
  setInterval(() => undefined, 60_000);
} catch (error) {
  process.stdout.write(`${String(error)}\n`);
}
