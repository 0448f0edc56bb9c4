import type { Chain, News, Topic } from '../../../../src/chain/chain.ts';
import type { Reason } from '../../../../src/chain/decision.ts';
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { jobFileName } from '../../../../src/adapters/lowdb/chains/job-file.ts';
import { isStoredChain, storedChain } from '../../../../src/adapters/lowdb/chains/schema.ts';
import { beginAttempt } from '../../../../src/chain/attempt.ts';
import { move } from '../../../../src/chain/move.ts';
import { viewChain } from '../../../../src/report/chain/view-chain.ts';
import { addRun, makeChain, makeReport } from '../../../contract/chain-store.ts';
import { MemoryDisk } from '../disk/memory-disk.ts';
import { openOn } from '../open-store.ts';

const reason: Reason = { kind: 'held', key: 'k' };
const decision = {
  outcome: 'retry',
  reason: 'matched',
  rule: 'setup',
  because: [{ kind: 'note', text: 'It did not come up.' }],
} as const;

const hold = { key: 'k', since: 1, until: 2, dueAt: 3, announced: true };

/** A chain in which nothing is absent that may be there. */
function fullChain(): Chain {
  const chain = addRun(makeChain('run-1', 'a-job'), 'run-2');
  const intent = {
    attempt: 1,
    writtenAt: 1,
    lostAt: 2,
    postsSent: 1,
    listCalls: 0,
    cleanLists: 0,
    gangwayCalls: 1,
  };
  const full = {
    ...chain,
    runs: chain.runs.map((run) => ({
      ...run,
      status: 'UNKNOWN',
      phase: 'pre',
      steps: ['a'],
      knownFailures: [{ label: 'InfraFailure', summary: 'a node was lost' }],
      startedAt: 1,
    })),
    managedBy: 'aggregation',
    type: 'presubmit',
    refs: {
      org: 'o',
      repo: 'r',
      base_ref: 'b',
      base_sha: 's',
      pulls: [{ number: 1, sha: 's', author: 'a' }],
    },
    decision: { ...decision, because: [...decision.because] },
    overrides: { names: ['A'], sealed: 's', notCarried: ['--multi-stage-param B'] },
    envs: { A: 'b' },
    canaryOf: { ...hold, canary: { id: chain.id, attempt: 1 } },
    outbox: [
      {
        ...makeReport(1),
        topic: 'held',
        reason: { kind: 'held', key: 'k' },
        decision: { ...decision, because: [] },
      },
    ],
    rejectionReportedTo: [{ kind: 'address', fingerprint: 'o' }],
    silencedUntil: 5,
    ruleInfo: { owner: 'o', issue: 'i', channel: 'c' },
    credentials: {
      tokens: [{ kind: 'caller', fingerprint: 'm', sealed: 't' }],
      refusals: 1,
      addresses: [{ kind: 'address', fingerprint: 'o', slack: 's', slackErrors: 'e' }],
    },
    reportedLocations: [{ jobName: 'another', buildId: '5' }],
    proof: 'listed',
    trust: 'none',
  } satisfies Chain;
  return move(
    full,
    'escalated',
    { state: 'needs-human', closedAt: 2_000, missing: 'token', manual: true, intent },
    2_000,
  );
}

/** News on every topic. */
const news: { [Name in Topic]: News & { topic: Name } } = {
  scheduled: { topic: 'scheduled', dueAt: 1 },
  held: { topic: 'held', reason },
  delayed: { topic: 'delayed', reason },
  muted: { topic: 'muted', reason },
  rejected: { topic: 'rejected', reason },
  'needs-human': { topic: 'needs-human', reason },
  'outage-lasted': { topic: 'outage-lasted', jobs: ['a'] },
  demanded: { topic: 'demanded', by: 'ann' },
  verified: { topic: 'verified', title: 'It works', lines: ['One.'] },
  triggered: { topic: 'triggered' },
  passed: { topic: 'passed' },
  'failed-again': { topic: 'failed-again' },
  'not-retried': { topic: 'not-retried' },
  cancelled: { topic: 'cancelled' },
};

/** Every place of a value that is no object, by its path. */
function leavesOf(value: unknown, path: string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [path];
  return Object.entries(value).flatMap(([key, each]) => leavesOf(each, [...path, key]));
}

/** Every place of a value, by its path. */
function nodesOf(value: unknown, path: string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, each]) => nodesOf(each, [...path, key]))];
}

function removeAt(value: unknown, path: string[]): unknown {
  const copy = structuredClone(value);
  const parent = path
    .slice(0, -1)
    .reduce((each, key) => (each as Record<string, unknown>)[key] as object, copy);
  if (Array.isArray(parent)) parent.splice(Number(path.at(-1)), 1);
  else Reflect.deleteProperty(parent as object, path.at(-1) ?? '');
  return copy;
}

function replaceAt(value: unknown, [key, ...rest]: string[], by: unknown): unknown {
  if (key === undefined) return by;
  if (Array.isArray(value))
    return value.map((each, n) => (String(n) === key ? replaceAt(each, rest, by) : each));
  const fields = value as Record<string, unknown>;
  return { ...fields, [key]: replaceAt(fields[key], rest, by) };
}

/** A chain of each open state, with all that the state has. */
function openChains(): Chain[] {
  const judging = makeChain('run-1');
  const due = { state: 'scheduled', wakeAt: 1, manual: true, intent: null } as const;
  const scheduled = move(judging, 'scheduled', due, 1);
  const held = { state: 'held', wakeAt: 1, hold: { ...hold, canary: null }, intent: null } as const;
  const triggering = beginAttempt(scheduled, 1, 1);
  return [judging, scheduled, move(scheduled, 'held', held, 1), triggering, addRun(judging, 'run-2')];
}

describe('a stored chain', () => {
  it('may have a report on every topic', () => {
    const outbox = Object.values(news).map((each) => ({ ...makeReport(1), ...each }));
    const chain: Chain = { ...makeChain('run-1'), outbox };
    assert.deepEqual(storedChain.parse(chain), chain);
    assert.equal(isStoredChain(chain), true);
  });

  it('is what the store wrote, whatever is absent in it, and keeps what a later version added', () => {
    for (const chain of [...openChains(), fullChain(), { ...fullChain(), later: { more: 1 } }]) {
      assert.equal(isStoredChain(JSON.parse(JSON.stringify(chain))), true, chain.state);
      assert.deepEqual(storedChain.parse(JSON.parse(JSON.stringify(chain))), chain);
    }
  });

  it('is checked in every field', () => {
    for (const chain of [...openChains(), fullChain()]) {
      for (const path of leavesOf(chain)) {
        for (const odd of [{ odd: 1 }, undefined]) {
          const changed = replaceAt(chain, path, odd);
          if (odd === undefined && (path.at(-1) === 'author' || path[0] === 'envs')) continue;
          if (path[0] === 'card' || (odd === undefined && /^\d+$/.test(path.at(-1) ?? ''))) continue;
          assert.equal(storedChain.safeParse(changed).success, false, `${path.join('.')} ${typeof odd}`);
        }
      }
      for (const field of Object.keys(chain).filter((each) => each !== 'card'))
        assert.equal(storedChain.safeParse({ ...chain, [field]: undefined }).success, false, field);
    }
  });

  it('passes the quick check exactly where the schema would leave it as it is', () => {
    const card = { place: { channel: 'C', ts: '1' }, shown: 's', stale: null, lost: 0 };
    const known: unknown = JSON.parse(JSON.stringify({ ...fullChain(), card, later: { more: 1 } }));
    assert.equal(isStoredChain(known), true);
    const odds = [
      null,
      '',
      'odd',
      -1,
      0.5,
      9e15,
      Infinity,
      true,
      [],
      {},
      [{}],
      JSON.parse('{"__proto__":{}}'),
    ];
    let passed = 0;
    for (const path of nodesOf(known)) {
      for (const odd of [undefined, ...odds]) {
        // What is absent is absent in JSON; `Infinity` is what `1e999` is read as.
        const changed = odd === undefined ? removeAt(known, path) : replaceAt(known, path, odd);
        const { data } = storedChain.safeParse(changed);
        const isKept = isDeepStrictEqual(data, changed);
        assert.equal(isStoredChain(changed), isKept, `${path.join('.')}: ${JSON.stringify(odd)}`);
        if (isKept) passed += 1;
      }
    }
    assert.ok(passed > 100);
  });

  it('fails the quick check with a name that the schema drops', () => {
    const text = JSON.stringify(fullChain());
    for (const brace of ['{', '"envs":{']) {
      const chain: unknown = JSON.parse(text.replace(brace, `${brace}"__proto__":"x",`));
      assert.equal(storedChain.safeParse(chain).success, true);
      assert.equal(isStoredChain(chain), false);
    }
  });

  it('has no time that a date can not hold', () => {
    const chain = fullChain();
    const times = leavesOf(chain).filter((path) => /(?:At|^at|since|until)$/.test(path.at(-1) ?? ''));
    assert.ok(times.length >= 14, String(times.length));
    for (const path of times) {
      for (const far of [8.64e15 + 2, -8.64e15 - 2, 1e300]) {
        assert.equal(storedChain.safeParse(replaceAt(chain, path, far)).success, false, path.join('.'));
      }
    }
  });

  it('that is odd is set aside at the start, and the list is served', async () => {
    const odd: Record<string, unknown>[] = [
      { createdAt: 1e300 },
      { decision: { outcome: 'retry', reason: 'matched', rule: null } },
      { outbox: [{ ...makeReport(1), topic: 'toString' }] },
      { runs: [{ attempt: 0, prowJobId: 'run-1' }] },
    ];
    const disk = new MemoryDisk();
    await disk.makeFolder('/data/jobs');
    for (const [n, change] of [...odd.entries(), [9, {}] as const]) {
      const job = `job-${n}`;
      const chains = [{ ...makeChain(`run-${n}`, job), ...change }];
      const text = JSON.stringify({ version: 1, job, chains });
      disk.put(`/data/jobs/${jobFileName(job)}`, Buffer.from(text));
    }
    const store = await openOn(disk);
    const { chains } = await store.page({ limit: 10 });
    assert.deepEqual(
      chains.map(viewChain).map(({ job_name: job }) => job),
      ['job-9'],
    );
    assert.equal((await disk.list('/data/damaged')).length, odd.length);
    await store.close();
  });
});
