import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cancelChain, retryChain } from '../../src/chain/act-on-chain.ts';
import { applyDecision, refuseAttempt } from '../../src/chain/apply-decision.ts';
import {
  beginAttempt,
  countList,
  nextAttempt,
  recordCreated,
  recordNeverCreated,
  recordNotCreated,
  recordRefused,
} from '../../src/chain/attempt-chain.ts';
import {
  type Chain,
  chainStates,
  type ChainState,
  closedStates,
  currentRun,
  type ChainRun,
  type Hold,
} from '../../src/chain/chain.ts';
import {
  type CanaryVerdict,
  endByOutage,
  followCanary,
  holdChain,
  judgeCanary,
  makeCanary,
  releaseChain,
} from '../../src/chain/hold-chain.ts';
import { joinChain } from '../../src/chain/join-chain.ts';
import { delayReport, dropReport, handToPerson, moveOn, postpone } from '../../src/chain/move-chain.ts';
import { openChain } from '../../src/chain/open-chain.ts';
import { patchRun, recordEnd } from '../../src/chain/record-end.ts';
import { bareEvidence } from '../../src/evidence/bare-evidence.ts';
import { decide } from '../../src/rules/decide.ts';
import { noFacts } from '../../src/rules/facts.ts';
import { SeededChance } from '../chance/seeded-chance.ts';
import { rulesFor } from '../rules/failed-run.ts';

type Step = (chain: Chain, now: number, chance: SeededChance) => Chain;

const rules = rulesFor({ match: { phase: 'pre' }, retry: { attempts: 2, envs: { X: '1' } } });
const key = 'step ipi-install';

/** What the flow does in each state; it checks the state right before the change, in the same write. */
const tasks: Record<ChainState, Step[]> = {
  judging: [judge, putOff, placeRun, giveUp],
  scheduled: [begin, begin, giveUp, holdIt, goFirst, standDown],
  held: [release, goFirst, goFirst, followNext, outlast, putOff],
  triggering: [create, create, refuse, putOffCreation, findNothing, askList, giveUp],
  following: [judge, putOff, placeRun, seeEnd, giveUp],
  passed: [],
  exhausted: [],
  skipped: [],
  rejected: [],
  'needs-human': [],
};

/** What may come at any time: a notification, Slack, a person. */
const visits: Step[] = [join, dropReport, delay, cancel, retry];

test('no walk through the transitions leaves a chain that nobody wakes, or a token behind', () => {
  const met = new Set<string>();
  for (let seed = 0; seed < 800; seed += 1) {
    const chance = new SeededChance(seed);
    let now = Date.UTC(2026, 5, 12);
    let chain = openChain(
      { jobName: 'periodic-ci-a', prowJobId: 'run-0', buildId: '100' },
      { token: 'T', slack: 'S', slackErrors: 'E' },
      now,
    );
    for (let step = 0; step < 60; step += 1) {
      now += 1_000;
      const next = chance.pick([...tasks[chain.state], ...tasks[chain.state], ...visits])(chain, now, chance);
      holdInvariants(chain, next, `seed ${seed}, step ${step}: ${chain.state} to ${next.state}`);
      met.add(next.state);
      if (next.hold?.canary.id === next.id) met.add(judgeCanary(next, next.hold.canary.attempt, sharesKey));
      chain = next;
    }
  }
  const unmet = chainStates.filter((state) => !met.has(state));
  assert.deepEqual(unmet, [], 'every state was met');
  const verdicts: CanaryVerdict[] = ['underway', 'came-through', 'failed', 'gone'];
  assert.deepEqual(
    verdicts.filter((verdict) => !met.has(verdict)),
    [],
    'every end of a canary was met',
  );
});

function holdInvariants(before: Chain, chain: Chain, where: string): void {
  const { state, wakeAt, closedAt, intent, credentials, outbox, runs } = chain;
  const isClosed = closedStates.some((each) => each === state);
  assert.equal(closedAt !== null, isClosed, `${where}: closedAt`);
  assert.equal(wakeAt === null, isClosed, `${where}: wakeAt`);
  if (isClosed) assert.equal(credentials.token, null, `${where}: token`);
  if (isClosed) assert.equal(intent, null, `${where}: intent`);
  const hasAddresses = credentials.slack !== null || credentials.slackErrors !== null;
  if (isClosed) assert.ok(outbox.length > 0 || !hasAddresses, `${where}: addresses`);
  if (state === 'triggering') assert.ok(intent !== null && intent.sent >= 1, `${where}: intent`);
  if (intent !== null) assert.ok(['triggering', 'scheduled', 'held'].includes(state), `${where}: intent`);
  holdHoldInvariants(before, chain, where);
  if (intent !== null) assert.ok(intent.attempt > currentRun(chain).attempt, `${where}: attempt`);
  for (const [index, { attempt }] of runs.entries()) {
    assert.ok(index === 0 || attempt > (runs[index - 1]?.attempt ?? 0), `${where}: attempts rise`);
  }
  assert.equal(new Set(runs.map(({ prowJobId }) => prowJobId)).size, runs.length, `${where}: runs differ`);
  assert.equal(chain.id, before.id);
  assert.ok(
    runs.length >= before.runs.length && chain.updatedAt >= before.updatedAt,
    `${where}: nothing is undone`,
  );
  assert.ok(outbox.length >= before.outbox.length - 1, `${where}: one report at most leaves`);
  assert.deepEqual(structuredClone(chain), JSON.parse(JSON.stringify(chain)), `${where}: it can be stored`);
}

function holdHoldInvariants(before: Chain, chain: Chain, where: string): void {
  const { state, hold, decision, runs, attempted } = chain;
  if (state === 'held') assert.ok(hold !== null, `${where}: hold`);
  if (state === 'held') assert.equal(decision?.outcome, 'hold', `${where}: decision`);
  if (state === 'scheduled') assert.equal(decision?.outcome, 'retry', `${where}: decision`);
  // Nobody but the canary goes on while its kind is held.
  const isCanary = hold?.canary.id === chain.id;
  if (hold !== null && ['scheduled', 'triggering', 'following'].includes(state)) {
    assert.ok(isCanary, `${where}: canary`);
  }
  if (isCanary && state === 'scheduled')
    assert.equal(hold.canary.attempt, nextAttempt(chain), `${where}: attempt`);
  const isNew = runs.length > before.runs.length;
  if (isNew) assert.ok(before.attempted >= currentRun(chain).attempt, `${where}: nothing was sent for it`);
  if (state === 'triggering') assert.equal(attempted, nextAttempt(chain), `${where}: attempted`);
}

function sharesKey({ steps }: ChainRun): boolean {
  return steps.includes('ipi-install');
}

function judge(chain: Chain, now: number, chance: SeededChance): Chain {
  const evidence = {
    ...bareEvidence(
      chance.pick(['FAILURE', 'FAILURE', 'SUCCESS', 'ABORTED']),
      currentRun(chain).prowJobId,
      '',
    ),
    type: chance.pick(['periodic', 'periodic', null] as const),
    phase: chance.pick(['pre', 'pre', 'pre', 'test', 'lease', null] as const),
    steps: chance.pick([['ipi-install'], ['ipi-install'], []]),
  };
  const lineage = chance.pick([null, null, { root: 'lost-0', attempt: 1 }]);
  const ended = recordEnd(chain, { evidence, lineage });
  const run = { jobName: chain.jobName, attempt: currentRun(ended).attempt, evidence };
  const outage = evidence.steps.length > 0 && chance.next() < 0.5 ? { key, jobs: 5, holdMs: 60_000 } : null;
  const { decision, plan } = decide(run, { ...noFacts, outage }, rules, { now, chance: () => chance.next() });
  const hold = decision.outcome === 'hold' ? someHold(chain, now, chance) : null;
  return applyDecision(ended, decision, plan === null ? null : { ...plan, hold }, now);
}

/** Of an outage that begins, that goes on with another canary, or that goes on with this chain's attempt as its own. */
function someHold(chain: Chain, now: number, chance: SeededChance): Hold {
  const canary = chance.pick([
    { id: '', attempt: 0 },
    { id: 'other', attempt: 1 },
  ]);
  return chain.hold ?? { key, since: now, until: now + 60_000, dueAt: now + 30_000, canary };
}

function holdIt(chain: Chain, now: number, chance: SeededChance): Chain {
  return chain.demanded
    ? chain
    : holdChain(chain, someHold(chain, now, chance), 'Five jobs failed alike.', now);
}

function goFirst(chain: Chain, now: number, chance: SeededChance): Chain {
  return chain.demanded ? chain : makeCanary(chain, someHold(chain, now, chance), now);
}

function followNext(chain: Chain, now: number): Chain {
  return followCanary(chain, { id: 'next', attempt: 2 }, now);
}

function release(chain: Chain, now: number): Chain {
  return releaseChain(chain, now + 1_000, now);
}

/** Seldom, or no walk gets far. */
function outlast(chain: Chain, now: number, chance: SeededChance): Chain {
  return chance.next() < 0.3 ? endByOutage(chain, chance.pick([null, ['a', 'b']]), now) : chain;
}

function standDown(chain: Chain, now: number, chance: SeededChance): Chain {
  const reason = chance.pick(['superseded', 'budget-spent', 'silenced'] as const);
  return chance.next() < 0.3 ? refuseAttempt(chain, reason, 'Somebody was faster.', now) : chain;
}

function seeEnd(chain: Chain, now: number): Chain {
  return moveOn(patchRun(chain, currentRun(chain).prowJobId, { endSeenAt: now }), 'judging', now, now);
}

function placeRun(chain: Chain): Chain {
  return patchRun(chain, currentRun(chain).prowJobId, { folder: 'logs/periodic-ci-a/1', buildId: '1' });
}

function putOff(chain: Chain, now: number): Chain {
  return postpone(chain, now + 30_000);
}

/** Seldom, or no walk gets far. */
function giveUp(chain: Chain, now: number, chance: SeededChance): Chain {
  return chance.next() < 0.3 ? handToPerson(chain, 'It cannot be told', now) : chain;
}

function begin(chain: Chain, now: number): Chain {
  return beginAttempt(chain, now + 30_000, now);
}

function create(chain: Chain, now: number): Chain {
  return recordCreated(chain, { prowJobId: `run-${nextAttempt(chain)}`, buildId: null }, now, now);
}

function refuse(chain: Chain, now: number, chance: SeededChance): Chain {
  return chance.next() < 0.3 ? recordRefused(chain, 'Gangway answered 400', now) : chain;
}

function putOffCreation(chain: Chain, now: number): Chain {
  return recordNotCreated(chain, 'Gangway answered 429', now + 60_000, now);
}

function findNothing(chain: Chain, now: number): Chain {
  return recordNeverCreated(countList(chain, false), now);
}

function askList(chain: Chain, now: number): Chain {
  return postpone(countList(chain, true), now + 30_000);
}

function join(chain: Chain, now: number, chance: SeededChance): Chain {
  const { jobName, runs } = chain;
  return joinChain(chain, { jobName, prowJobId: chance.pick(runs).prowJobId, buildId: '200' }, now);
}

function delay(chain: Chain, now: number): Chain {
  return delayReport(chain, now + 5_000);
}

/** Seldom, or no walk gets far. */
function cancel(chain: Chain, now: number, chance: SeededChance): Chain {
  const act = cancelChain(chain, now);
  return act.kind === 'done' && chance.next() < 0.2 ? act.chain : chain;
}

function retry(chain: Chain, now: number, chance: SeededChance): Chain {
  const act = retryChain(chain, chance.next() < 0.5, now);
  return act.kind === 'done' && chance.next() < 0.3 ? act.chain : chain;
}
