import { note, dropReport, marked, stranger, tokenOf } from './chains.ts';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cancelChain, retryChain } from '../../src/chain/actions.ts';
import { applyDecision, refuseAttempt } from '../../src/chain/decide.ts';
import {
  beginAttempt,
  countList,
  nextAttempt,
  recordCreated,
  postponeAttempt,
  recordLost,
  recordNeverCreated,
  recordNotCreated,
  dropToken,
  recordRefused,
  recordTokenRefused,
} from '../../src/chain/attempt.ts';
import {
  type Chain,
  currentRun,
  type Hold,
  holdOf,
  intentOf,
  isManual,
  isOpen,
  missingOf,
} from '../../src/chain/chain.ts';
import { type ChainRun } from '../../src/chain/run.ts';
import { type ChainState, chainStates, isTransition, transitionNames } from '../../src/chain/transitions.ts';
import {
  type CanaryVerdict,
  giveUpHold,
  holdChain,
  classifyCanary,
  makeCanary,
  releaseChain,
  announceHold,
} from '../../src/chain/hold.ts';
import { joinChain, openChain } from '../../src/chain/accept.ts';
import { type LocationCheck, openLocations, applyLocationChecks } from '../../src/chain/location.ts';
import { escalateForToken, escalate, move, postpone } from '../../src/chain/move.ts';
import { delayDelivery, nextDelivery, recipientKey, recipientOf } from '../../src/chain/outbox.ts';
import { patchRun, recordEnd } from '../../src/chain/record-end.ts';
import { noKeptOverrides } from '../../src/chain/overrides.ts';
import { emptyEvidence } from '../../src/evidence/evidence.ts';
import { decide } from '../../src/rules/decide/decide.ts';
import { emptyContext } from '../../src/rules/decide/context.ts';
import { SeededChance } from '../time/seeded-chance.ts';
import { rulesFor } from '../rules/matchers/failed-run.ts';
type Step = (chain: Chain, now: number, chance: SeededChance) => Chain;

const rules = rulesFor({ match: { phase: 'pre' }, retry: { attempts: 2, envs: { X: '1' } } });
const key = 'step ipi-install';

/** What the flow does in each state; it checks the state right before the change, in the same write. */
const tasks: Record<ChainState, Step[]> = {
  judging: [judge, putOff, placeRun, giveUp, weigh, seeEnd, lookElsewhere, standAside],
  scheduled: [begin, begin, giveUp, holdIt, goFirst, standDown, wantToken, waitLonger, takeUp],
  held: [release, goFirst, goFirst, followNext, outlast, putOff, hearOfHold, takeUp, standAside],
  triggering: [
    lose,
    standAside,
    create,
    create,
    refuse,
    refuseToken,
    putOffCreation,
    findNothing,
    askList,
    giveUp,
    wantToken,
  ],
  following: [lookElsewhere, standAside, judge, putOff, placeRun, seeEnd, giveUp, loseToken],
  passed: [],
  exhausted: [],
  skipped: [],
  rejected: [],
  'needs-human': [],
};

/** What may come at any time: a notification, Slack, a person. */
const visits: Step[] = [join, join, dropReport, delay, cancel, retry];

test('no walk through the transitions leaves a chain that nobody wakes, or a token behind', () => {
  const met = new Set<string>();
  const ways = new Set<string>();
  for (let seed = 0; seed < 800; seed += 1) {
    const chance = new SeededChance(seed);
    let now = Date.UTC(2026, 5, 12);
    let chain = openChain(
      { jobName: 'periodic-ci-a', prowJobId: 'run-0', buildId: '100' },
      { token: marked('T'), slack: marked('S'), slackErrors: marked('E') },
      now,
    );
    for (let step = 0; step < 60; step += 1) {
      now += 1_000;
      const next = chance.pick([...tasks[chain.state], ...tasks[chain.state], ...visits])(chain, now, chance);
      holdInvariants(chain, next, `seed ${seed}, step ${step}: ${chain.state} to ${next.state}`);
      met.add(next.state);
      const lacked = missingOf(chain);
      if (lacked !== null && missingOf(next) === null) met.add(`${lacked} brought to ${next.state}`);
      const last = chain.events.at(-1);
      for (const { what } of next.events.slice(1 + next.events.findLastIndex((each) => each === last))) {
        ways.add(`${what}: ${chain.state} to ${next.state}`);
      }
      if (next.jobName !== chain.jobName) met.add('another job');
      if (next.canaryOf !== null) met.add(classifyCanary(next, next.canaryOf.canary.attempt, sharesKey));
      chain = next;
    }
  }
  const roads = ['token brought to scheduled', 'token brought to triggering', 'location brought to judging'];
  const unmet = [...chainStates, ...roads, 'another job'].filter((state) => !met.has(state));
  assert.deepEqual(unmet, [], 'every state and every way back was met');
  const verdicts: CanaryVerdict[] = ['underway', 'came-through', 'failed', 'gone'];
  assert.deepEqual(
    verdicts.filter((verdict) => !met.has(verdict)),
    [],
    'every end of a canary was met',
  );
  assert.deepEqual(
    listWays().filter((way) => !ways.has(way)),
    [],
    'every way of the table was walked',
  );
  const known = new Set([...listWays(), ...chainStates.map((state) => `silenced: ${state} to ${state}`)]);
  assert.deepEqual(
    [...ways].filter((way) => !known.has(way)),
    [],
    'and no other',
  );
});

function listWays(): string[] {
  return transitionNames.flatMap((name) =>
    chainStates.flatMap((from) =>
      chainStates.filter((to) => isTransition(name, from, to)).map((to) => `${name}: ${from} to ${to}`),
    ),
  );
}

function holdInvariants(before: Chain, chain: Chain, where: string): void {
  const { state, credentials, outbox, runs } = chain;
  const intent = intentOf(chain);
  const isClosed = !isOpen(chain);
  const { tokens, refusals, addresses } = credentials;
  if (isClosed) assert.deepEqual(tokens, [], `${where}: token`);
  if (isClosed) assert.ok(outbox.length > 0 || addresses.length === 0, `${where}: addresses`);
  if (!isClosed) assert.ok(tokens.length > 0, `${where}: an open chain has a token`);
  const awaited = new Set(outbox.flatMap(({ to }) => to.map(({ id }) => recipientKey(id))));
  const unawaited = addresses.filter((each) => !awaited.has(recipientKey(recipientOf(each))));
  assert.ok(tokens.length <= 8 && refusals <= 24 && unawaited.length <= 8, `${where}: bounds`);
  const known = new Set(['default', ...addresses.map((each) => recipientKey(recipientOf(each)))]);
  assert.ok(awaited.isSubsetOf(known), `${where}: a report to an address that is forgotten`);
  assert.ok(chain.reopened <= 8, `${where}: reopened`);
  for (const { to } of outbox) assert.ok(to.length > 0, `${where}: a report to nobody`);
  assert.ok((chain.reportedLocations?.length ?? 0) <= 7, `${where}: reported locations`);
  if (state === 'triggering') assert.ok(chain.intent.postsSent >= 1, `${where}: intent`);
  if (state === 'needs-human') assert.ok((chain.intent?.postsSent ?? 1) > 0, `${where}: intent`);
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
  holdNothingSentTwice(before, chain, where);
  assert.deepEqual(structuredClone(chain), JSON.parse(JSON.stringify(chain)), `${where}: it can be stored`);
}

/** What may exist is looked for before anything is sent again; a person's word is the exception. */
function holdNothingSentTwice(before: Chain, chain: Chain, where: string): void {
  const mayExist = before.state === 'needs-human' && before.intent !== null;
  if (!mayExist || chain.state === 'needs-human' || isManual(chain)) return;
  assert.equal(chain.state, 'triggering', `${where}: it is looked for`);
  assert.deepEqual(intentOf(chain), before.intent, `${where}: the note of the attempt`);
}

function holdHoldInvariants(before: Chain, chain: Chain, where: string): void {
  const { state, canaryOf, decision, runs, highestAttempt } = chain;
  if (state === 'held') assert.equal(decision?.outcome, 'hold', `${where}: decision`);
  if (state === 'scheduled') assert.equal(decision?.outcome, 'retry', `${where}: decision`);
  if (canaryOf !== null) assert.equal(canaryOf.canary.id, chain.id, `${where}: canary`);
  if (canaryOf !== null && state === 'scheduled')
    assert.equal(canaryOf.canary.attempt, nextAttempt(chain), `${where}: attempt`);
  const isNew = runs.length > before.runs.length;
  if (isNew)
    assert.ok(before.highestAttempt >= currentRun(chain).attempt, `${where}: nothing was sent for it`);
  if (state === 'triggering') assert.equal(highestAttempt, nextAttempt(chain), `${where}: highestAttempt`);
}

function sharesKey({ steps }: ChainRun): boolean {
  return steps.includes('ipi-install');
}

function judge(chain: Chain, now: number, chance: SeededChance): Chain {
  const evidence = {
    ...emptyEvidence(chance.pick(['FAILURE', 'FAILURE', 'SUCCESS', 'ABORTED']), currentRun(chain).prowJobId),
    type: chance.pick(['periodic', 'periodic', null] as const),
    phase: chance.pick(['pre', 'pre', 'pre', 'test', 'lease', null] as const),
    steps: chance.pick([['ipi-install'], ['ipi-install'], []]),
  };
  const lineage = chance.pick([null, null, { root: 'lost-0', attempt: 1 }]);
  const ended = recordEnd(chain, { evidence, lineage, overrides: noKeptOverrides });
  const run = { jobName: chain.jobName, attempt: currentRun(ended).attempt, managedBy: null, evidence };
  const outage = evidence.steps.length > 0 && chance.next() < 0.5 ? { key, jobs: 5, holdMs: 60_000 } : null;
  const { decision, plan } = decide(run, { ...emptyContext, outage }, rules, {
    now,
    random: () => chance.next(),
  });
  const hold = decision.outcome === 'hold' ? someHold(chain, now, chance) : null;
  return applyDecision(ended, decision, plan === null ? null : { ...plan, hold }, now);
}

/** Of an outage that begins, that goes on with another canary, or that goes on with this chain's attempt as its own. */
function someHold(chain: Chain, now: number, chance: SeededChance): Hold {
  const canary = chance.pick([null, { id: 'other', attempt: 1 }]);
  const fresh = { key, since: now, until: now + 60_000, dueAt: now + 30_000, canary, announced: false };
  return holdOf(chain) ?? fresh;
}

function holdIt(chain: Chain, now: number, chance: SeededChance): Chain {
  const canary = chance.pick([
    { id: 'other', attempt: 1 },
    { id: 'next', attempt: 2 },
  ]);
  return holdChain(chain, { ...someHold(chain, now, chance), canary }, now);
}

function goFirst(chain: Chain, now: number, chance: SeededChance): Chain {
  return makeCanary(chain, someHold(chain, now, chance), now);
}

function followNext(chain: Chain, now: number): Chain {
  const hold = holdOf(chain);
  const canary = { id: 'next', attempt: 2 };
  return hold === null ? chain : holdChain(chain, { ...hold, canary }, now);
}

function release(chain: Chain, now: number): Chain {
  return releaseChain(chain, now + 1_000, now);
}

/** Seldom, or no walk gets far. */
function outlast(chain: Chain, now: number, chance: SeededChance): Chain {
  const news = chance.pick([
    [],
    [{ news: { topic: 'outage-lasted' as const, jobs: ['a', 'b'] }, to: [{ kind: 'default' as const }] }],
  ]);
  return chance.next() < 0.3 ? giveUpHold(chain, news, now) : chain;
}

function standDown(chain: Chain, now: number, chance: SeededChance): Chain {
  const reason = chance.pick(['superseded', 'budget-spent', 'silenced'] as const);
  return chance.next() < 0.3 ? refuseAttempt(chain, reason, note('Somebody was faster.'), now) : chain;
}

function seeEnd(chain: Chain, now: number): Chain {
  const seen = patchRun(chain, currentRun(chain).prowJobId, { endSeenAt: now });
  return move(seen, 'ended', { state: 'judging', wakeAt: now }, now);
}

/** The build belonged to another run. */
function lookElsewhere(chain: Chain, now: number, chance: SeededChance): Chain {
  if (chance.next() > 0.3) return chain;
  const state = chain.state === 'judging' && chance.next() < 0.5 ? 'judging' : 'following';
  return move(chain, 'relocated', { state, wakeAt: now }, now);
}

function waitLonger(chain: Chain, now: number): Chain {
  return postponeAttempt(chain, now + 60_000, now);
}

function lose(chain: Chain, now: number): Chain {
  return recordLost(chain, now);
}

/** The bucket shows a run with the labels of the attempt that is due. */
function takeUp(chain: Chain, now: number): Chain {
  return chain.highestAttempt >= nextAttempt(chain) ? create(chain, now) : chain;
}

/** Another chain holds the run. */
function standAside(chain: Chain, now: number, chance: SeededChance): Chain {
  return chance.next() < 0.1
    ? refuseAttempt(chain, 'superseded', note('It is another chain’s.'), now, false)
    : chain;
}

function placeRun(chain: Chain): Chain {
  return patchRun(chain, currentRun(chain).prowJobId, { folder: 'b/logs/periodic-ci-a/1', buildId: '1' });
}

function putOff(chain: Chain, now: number): Chain {
  return postpone(chain, now + 30_000);
}

/** Seldom, or no walk gets far. */
function giveUp(chain: Chain, now: number, chance: SeededChance): Chain {
  const missing = chain.state === 'judging' && chain.reportedLocations !== null ? 'location' : null;
  return chance.next() < 0.3 ? escalate(chain, note('It cannot be told'), now, missing) : chain;
}

function begin(chain: Chain, now: number): Chain {
  return beginAttempt(chain, now + 30_000, now);
}

function create(chain: Chain, now: number): Chain {
  return recordCreated(chain, { prowJobId: `run-${nextAttempt(chain)}`, buildId: null }, now, now);
}

function refuse(chain: Chain, now: number, chance: SeededChance): Chain {
  return chance.next() < 0.3 ? recordRefused(chain, 'Gangway answered 500', now) : chain;
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
  const { prowJobId } = chance.pick(chain.runs);
  const jobName = chance.pick([chain.jobName, chain.jobName, 'another-job']);
  const buildId = chance.pick(['100', '200', `${Math.floor(300 + chance.next() * 30)}`]);
  const secret = (kind: string) => marked(`${kind}${Math.floor(chance.next() * 30)}`);
  const brought = { token: chance.pick([secret('t'), null]), slack: secret('s'), slackErrors: null };
  return joinChain(chain, { jobName, prowJobId, buildId }, brought, now, stranger);
}

function weigh(chain: Chain, now: number, chance: SeededChance): Chain {
  const looks = openLocations(chain).map((location): LocationCheck => {
    const verdict = chance.pick(['open', 'foreign', 'ours'] as const);
    return verdict === 'ours' ? { location, verdict, folder: 'b/logs/x/1', url: 'u' } : { location, verdict };
  });
  return applyLocationChecks(chain, looks, now);
}

function hearOfHold(chain: Chain, now: number, chance: SeededChance): Chain {
  return announceHold(
    chain,
    chance.pick([
      [],
      [
        {
          news: { topic: 'held' as const, reason: note('Jobs fail alike') },
          to: [{ kind: 'default' as const }],
        },
      ],
    ]),
    now,
  );
}

function refuseToken(chain: Chain, now: number, chance: SeededChance): Chain {
  return recordTokenRefused(chain, chance.pick(chain.credentials.tokens), 'Gangway answered 401', now);
}

/** Seldom, or no walk gets far. */
function wantToken(chain: Chain, now: number, chance: SeededChance): Chain {
  if (chance.next() > 0.3) return chain;
  return escalateForToken(chain, note('There is no token'), chance.pick([[], [tokenOf('T')]]), now);
}

function loseToken(chain: Chain, _: number, chance: SeededChance): Chain {
  return dropToken(chain, chance.pick(chain.credentials.tokens));
}

function delay(chain: Chain, now: number): Chain {
  const next = nextDelivery(chain);
  return next === null ? chain : delayDelivery(chain, next, [next.recipient.id], now + 5_000);
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
