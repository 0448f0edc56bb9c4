import { countUp, makeChain, makeUnproven, prove, same } from '../../contract/chain-store.ts';
import { openIn } from './open-store.ts';

/** Takes chains and changes them until it is killed; a line on stdout for each answer: the id and its `tries`. */
const [directory = '', from = ''] = process.argv.slice(2);
const store = await openIn(directory);
for (let n = 0; ; n += 1) {
  const chains = Array.from({ length: 10 }, (_, k) => {
    const make = k % 2 === 0 ? makeChain : makeUnproven;
    return make(`run-${from}-${n}-${k}`, `job-${k % 3}`);
  });
  await Promise.all(chains.map((chain) => live(chain.id, chain)));
}

async function live(id: string, chain: ReturnType<typeof makeChain>): Promise<void> {
  await store.accept(chain, same);
  process.stdout.write(`${id} 0\n`);
  await store.update(id, (known) => prove(countUp(known)));
  process.stdout.write(`${id} 1\n`);
}
