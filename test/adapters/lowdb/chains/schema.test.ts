import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { jobFileName } from '../../../../src/adapters/lowdb/chains/job-file.ts';
import { isStoredChain, storedChain } from '../../../../src/adapters/lowdb/chains/schema.ts';
import type { Chain } from '../../../../src/chain/chain.ts';
import { viewChain } from '../../../../src/report/chain/view-chain.ts';
import { addRun, makeChain, makeReport } from '../../../contract/chain-store.ts';
import { MemoryDisk } from '../disk/memory-disk.ts';
import { openOn } from '../open-store.ts';

const decision = {
  outcome: 'retry',
  reason: 'matched',
  rule: 'setup',
  because: ['It did not come up.'],
} as const;

/** A chain in which nothing is absent that may be there. */
function fullChain(): Chain {
  const chain = addRun(makeChain('run-1', 'a-job'), 'run-2');
  return {
    ...chain,
    runs: chain.runs.map((run) => ({
      ...run,
      status: 'UNKNOWN',
      phase: 'pre',
      steps: ['a'],
      knownFailures: [{ label: 'InfraFailure', summary: 'a node was lost' }],
      startedAt: 1,
    })),
    closedAt: 2_000,
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
    intent: {
      attempt: 1,
      writtenAt: 1,
      lostAt: 2,
      sent: 1,
      lists: 0,
      clean: 0,
      gangwayCalls: 1,
    },
    overrides: { names: ['A'], sealed: 's', notCarried: ['--multi-stage-param B'] },
    envs: { A: 'b' },
    hold: { key: 'k', since: 1, until: 2, dueAt: 3, canary: { id: 'x', attempt: 1 }, told: true },
    outbox: [{ ...makeReport(1), topic: 'held', detail: 'd', decision: { ...decision, because: [] } }],
    credentials: {
      tokens: [{ mark: 'm', sealed: 't' }],
      refusals: 1,
      addresses: [{ mark: 'o', slack: 's', slackErrors: 'e' }],
    },
    claims: [{ jobName: 'another', buildId: '5' }],
    lacks: 'token',
    proof: 'listed',
    trust: 'none',
  };
}

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

/** Chains of earlier versions lack them. */
const youngFields = [
  'card',
  'muted',
  'ruling',
  'overrides',
  'managedBy',
  'proof',
  'trust',
  'isVerified',
  'refusedAt',
];

describe('a stored chain', () => {
  it('is what the store wrote, whatever is absent in it, and keeps what a later version added', () => {
    for (const chain of [makeChain('run-1'), fullChain(), { ...fullChain(), later: { more: 1 } }]) {
      assert.deepEqual(storedChain.parse(JSON.parse(JSON.stringify(chain))), chain);
    }
  });

  it('is checked in every field', () => {
    const chain = fullChain();
    for (const path of leavesOf(chain)) {
      for (const odd of [{ odd: 1 }, undefined]) {
        const changed = replaceAt(chain, path, odd);
        if (odd === undefined && (path.at(-1) === 'author' || path[0] === 'envs')) continue;
        if (path[0] === 'card') continue;
        if (odd === undefined && [...youngFields, 'message', 'deniedLooks'].includes(path.at(-1) ?? ''))
          continue;
        if (odd === undefined && /^\d+$/.test(path.at(-1) ?? '')) continue;
        assert.equal(storedChain.safeParse(changed).success, false, `${path.join('.')} ${typeof odd}`);
      }
    }
    for (const field of Object.keys(chain).filter((each) => !youngFields.includes(each))) {
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

  it('fails the quick check where an earlier version wrote it', () => {
    const { overrides: _, ...old } = fullChain();
    const [run] = old.runs;
    const folder = 'logs/a-job/1';
    for (const chain of [old, { ...fullChain(), runs: [{ ...run, folder }] }])
      assert.equal(isStoredChain(chain), false);
  });

  it('may come from before it could have a card', () => {
    const { card: _, muted: __, ruling: ___, managedBy: ____, ...old } = fullChain();
    const runs = old.runs.map(
      ({ message: _____, knownFailures: ______, deniedLooks: _______, ...run }) => run,
    );
    const read = storedChain.parse({ ...old, runs });
    assert.deepEqual(
      [read.card, read.silencedUntil, read.ruleInfo, read.managedBy],
      [null, null, null, null],
    );
    const [run] = read.runs;
    assert.deepEqual([run?.message, run?.knownFailures, run?.deniedLooks], [null, [], 0]);
  });

  it('counts as proven if an earlier version wrote it', () => {
    const { proof: _, trust: __, ...old } = fullChain();
    const read = storedChain.parse(old);
    assert.deepEqual([read.proof, read.trust], ['failed', 'secret']);
  });

  it('may come from a version without overrides and without a count of refusals', () => {
    const { overrides: _, credentials, ...old } = fullChain();
    const { refusals: __, ...rest } = credentials;
    const read = storedChain.parse({ ...old, credentials: { ...rest, refused: ['m', 'n'] } });
    assert.deepEqual(read.overrides, { names: [], sealed: null, notCarried: [] });
    assert.deepEqual(read.credentials, { ...rest, refusals: 2 });
  });

  const inBucket = 'pr-logs/pull/org_repo/7/a-job/19';
  const places: [what: string, folder: string | null, url: string | null, read: string | null][] = [
    ['with its bucket', `b/${inBucket}`, null, `b/${inBucket}`],
    [
      'of 0.1.0, whose bucket is in its address',
      inBucket,
      `https://prow/view/gs/old/${inBucket}`,
      `old/${inBucket}`,
    ],
    ['of 0.1.0 without an address', inBucket, null, null],
    ['of 0.1.0 with the address of another one', inBucket, 'https://prow/view/gs/old/logs/a-job/19', null],
    ['of 0.1.0 with an address that is none', 'logs/a-job/19', 'https://prow/19', null],
    ['that is not known', null, null, null],
  ];
  for (const [what, folder, url, read] of places) {
    it(`may hold a folder ${what}`, () => {
      const chain = makeChain('run-1');
      const runs = chain.runs.map((run) => ({ ...run, folder, url }));
      const [run] = storedChain.parse({ ...chain, runs }).runs;
      assert.deepEqual([run?.folder, run?.url], [read, url]);
    });
  }

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
