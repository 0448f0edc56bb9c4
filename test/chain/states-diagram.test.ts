import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type ChainState, chainStates, isTransition, transitionNames } from '../../src/chain/transitions.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/states.md'), 'utf8');

/** The names of all transitions between two states. */
function namesOf(from: ChainState, to: ChainState): string[] {
  return transitionNames.filter((name) => isTransition(name, from, to));
}

/** `needs-human` is no name that Mermaid takes. */
function nameState(state: ChainState): string {
  return state.replace('-', '_');
}

function drawDiagram(): string {
  const arrows = chainStates.flatMap((from) =>
    chainStates.flatMap((to) => {
      const names = namesOf(from, to);
      return names.length === 0 ? [] : [`  ${nameState(from)} --> ${nameState(to)}: ${names.join(', ')}`];
    }),
  );
  return ['stateDiagram-v2', '  [*] --> judging: opened', ...arrows].join('\n');
}

test('the diagram in docs/states.md is that of the table of transitions', () => {
  const diagram = drawDiagram();
  assert.ok(page.includes(diagram), `put this diagram into docs/states.md:\n${diagram}`);
});

test('docs/states.md explains each transition', () => {
  const missing = transitionNames.filter((name) => !page.includes(`| \`${name}\` |`));
  assert.deepEqual(missing, []);
});
