import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRules } from '../../../src/rules/language/parse-rules.ts';

/** A rule in block style, so that each key has a line of its own: `add` stands at line 4, the retry in line 5. */
function ruleWith(add: string, retry = '{attempts: 1, delay: 1m}'): string {
  return `rules:\n  - name: a\n    match: {}\n    ${add || 'description: x'}\n    retry: ${retry}\n`;
}

function retryWith(add: string): string {
  return ruleWith('', `{attempts: 1, delay: 1m, ${add}}`);
}

const span = 'written like 500ms, 30s, 30m or 12h, not';
const when = 'must be a day such as 2026-12-24, or an instant such as 2026-12-24T18:00:00Z, not';
const never = 'must be never, or a map of keys and values, not';
const variable = 'is no name that a variable can have: letters, digits and _, no digit first';
const map = 'must be a map of keys and values, not';
const signs = '* is any text, ? one character, {a,b} one of several';
const lookAround = 'is no RE2 expression: RE2 has no look-ahead or look-behind:';

const mistakes: [text: string, ...problems: string[]][] = [
  [ruleWith('ownr: x'), '4:5: rule a: unknown key ownr; did you mean owner?'],
  [ruleWith('retries: 1'), '4:5: rule a: unknown key retries; did you mean retry?'],
  [ruleWith('"odd key": 1'), '4:5: rule a: unknown key "odd key"; did you mean owner?'],
  [ruleWith('unless: {mesage: x}'), '4:14: rule a: unknown key unless.mesage; did you mean message?'],
  [ruleWith('history: {windw: 1d}'), '4:15: rule a: unknown key history.windw; did you mean window?'],
  [retryWith('cool_down: 1h'), '5:37: rule a: unknown key retry.cool_down; did you mean cooldown?'],
  ['budget: []\n', '1:1: unknown key budget; did you mean budgets?'],
  [
    'budgets:\n  - {job: "*", retry: 3, per: 1d}\n',
    '2:5: budgets number 1: retries is missing',
    '2:16: budgets number 1: unknown key retry; did you mean retries?',
  ],
  [
    'outage: {same_steps_jobs: 3, within: 1m, hold: 1m}\n',
    '1:1: outage.same_step_jobs is missing',
    '1:10: unknown key outage.same_steps_jobs; did you mean same_step_jobs?',
  ],

  [ruleWith('', 'nevr'), `5:5: rule a: retry ${never} "nevr"; did you mean never?`],
  [ruleWith('', 'Never'), `5:5: rule a: retry ${never} "Never"; did you mean never?`],
  [ruleWith('', 'once'), `5:5: rule a: retry ${never} "once"`],
  [ruleWith('', '[]'), `5:5: rule a: retry ${never} a list`],
  [ruleWith('', 'true'), `5:5: rule a: retry ${never} true`],
  [ruleWith('', ''), '5:5: rule a: retry has no value'],
  [
    ruleWith('', '{attempts: 1000, delay: -5m, jitter: 2, backoff: 0}'),
    '5:13: rule a: retry.attempts must be a whole number from 1 to 10, not 1000',
    `5:29: rule a: retry.delay must be a duration up to 7d, ${span} "-5m"`,
    '5:41: rule a: retry.jitter must be a number from 0 to 1, not 2',
    '5:52: rule a: retry.backoff must be a number from 1 to 10, not 0',
  ],
  [retryWith('backoff: .nan'), '5:37: rule a: retry.backoff must be a number from 1 to 10, not NaN'],
  [retryWith('jitter: "0.1"'), '5:37: rule a: retry.jitter must be a number from 0 to 1, not "0.1"'],
  [retryWith('max_delay: 8d'), `5:37: rule a: retry.max_delay must be a duration up to 7d, ${span} "8d"`],
  [retryWith('cooldown: 60'), `5:37: rule a: retry.cooldown must be a duration up to 7d, ${span} 60`],

  [retryWith('envs: {a b: x}'), `5:44: rule a: retry.envs."a b" ${variable}`],
  [
    retryWith('envs: {1A: x, "": y}'),
    `5:44: rule a: retry.envs.1A ${variable}`,
    `5:51: rule a: retry.envs."" ${variable}`,
  ],
  [retryWith('envs: {A: ""}'), '5:44: rule a: retry.envs.A is empty'],
  [retryWith('envs: {A: }'), '5:44: rule a: retry.envs.A has no value'],
  [retryWith('envs: {A: 1}'), '5:44: rule a: retry.envs.A must be text, not 1; put it in quotes'],
  [
    retryWith('envs: {A: yes, B: true}'),
    '5:52: rule a: retry.envs.B must be text, not true; put it in quotes',
  ],
  [retryWith('envs: [A=1]'), `5:37: rule a: retry.envs ${map} a list`],

  [ruleWith('expires: soon'), `4:5: rule a: expires ${when} "soon"`],
  [ruleWith('expires: 2026-13-01'), `4:5: rule a: expires ${when} "2026-13-01"`],
  [ruleWith('expires: 2026-02-30'), `4:5: rule a: expires ${when} "2026-02-30"`],
  [ruleWith('expires: 2026-02-30T10:00:00Z'), `4:5: rule a: expires ${when} "2026-02-30T10:00:00Z"`],
  [ruleWith('expires: 2026-12-24T18:00:00'), `4:5: rule a: expires ${when} "2026-12-24T18:00:00"`],
  [ruleWith('expires: 24.12.2026'), `4:5: rule a: expires ${when} "24.12.2026"`],
  [ruleWith('expires: 20261224'), '4:5: rule a: expires must be text, not 20261224; put it in quotes'],

  [ruleWith('history: {same_failure: go}'), '4:15: rule a: history.same_failure must be stop, not "go"'],
  [
    ruleWith('history: {max_consecutive_failures: 0}'),
    '4:15: rule a: history.max_consecutive_failures must be a whole number from 1 to 100, not 0',
  ],
  [
    ruleWith('history: {window: 0d}'),
    `4:15: rule a: history.window must be a duration from 1ms to 90d, ${span} "0d"`,
  ],

  ['budgets: {job: "*"}\n', '1:1: budgets must be a list, not a map'],
  ['budgets: ["*"]\n', `1:11: budgets number 1 ${map} "*"`],
  [
    'budgets:\n  - {job: ["*"], retries: -1, per: 31d}\n  - {job: "", retries: 1.5, per: 0s}\n',
    '2:6: budgets number 1: job must be text, not a list',
    '2:18: budgets number 1: retries must be a whole number from 0 to 100000, not -1',
    `2:31: budgets number 1: per must be a duration from 1ms to 30d, ${span} "31d"`,
    '3:6: budgets number 2: job is empty',
    '3:15: budgets number 2: retries must be a whole number from 0 to 100000, not 1.5',
    `3:29: budgets number 2: per must be a duration from 1ms to 30d, ${span} "0s"`,
  ],
  ['outage: []\n', `1:1: outage ${map} a list`],
  ['outage:\n', '1:1: outage has no value'],
  [
    'outage: {same_step_jobs: 1, within: 0m, hold: 8d}\n',
    '1:10: outage.same_step_jobs must be a whole number from 2 to 1000, not 1',
    `1:29: outage.within must be a duration from 1ms to 7d, ${span} "0m"`,
    `1:41: outage.hold must be a duration from 1ms to 7d, ${span} "8d"`,
  ],
  ['outage: {}\noutage: {}\n', '2:1: this key stands here twice'],

  [ruleWith('unless: []'), `4:5: rule a: unless ${map} a list`],
  [ruleWith('history: 3'), `4:5: rule a: history ${map} 3`],
  [ruleWith('').replace('match: {}', 'match: []'), `3:5: rule a: match ${map} a list`],
  [ruleWith('').replace('match: {}', 'match:'), '3:5: rule a: match has no value'],
  [ruleWith('owner: ""'), '4:5: rule a: owner is empty'],
  [ruleWith('issue: 5'), '4:5: rule a: issue must be text, not 5; put it in quotes'],
  [ruleWith('description: [x]'), '4:5: rule a: description must be text, not a list'],

  [ruleWith('unless: {message: (?=x)y}'), `4:14: rule a: unless.message ${lookAround} (?=`],
  [ruleWith('unless: {log: "(x"}'), '4:14: rule a: unless.log is no RE2 expression: missing closing ): `(x`'],
  [ruleWith('unless: {log: ""}'), '4:14: rule a: unless.log is empty'],
  [ruleWith('unless: {log: [x]}'), '4:14: rule a: unless.log must be text, not a list'],
  [ruleWith(`unless: {log: ${'x'.repeat(1001)}}`), '4:14: rule a: unless.log is over 1000 characters long'],
  [
    ruleWith(`unless: {job: [y, ${'x'.repeat(301)}]}`),
    '4:23: rule a: unless.job is over 300 characters long',
  ],
  [
    ruleWith('unless: {job: "periodic-["}'),
    `4:14: rule a: unless.job is no glob: it has a bracket; ${signs}`,
  ],
  [
    ruleWith('unless: {step: [ok, "{x"], reason: "a]"}'),
    '4:25: rule a: unless.step is no glob: a brace of it has no other one, or they are over three deep; ' +
      signs,
    `4:32: rule a: unless.reason is no glob: it has a bracket; ${signs}`,
  ],
  [
    'budgets: [{job: "x}", retries: 1, per: 1d}]\n',
    '1:12: budgets number 1: job is no glob: a brace of it has no other one, or they are over three deep; ' +
      signs,
  ],
  [ruleWith('unless: {job: 5}'), '4:14: rule a: unless.job must be text, not 5; put it in quotes'],
];

for (const [text, ...problems] of mistakes) {
  const [line = ''] = text
    .split('\n')
    .filter(
      (each) =>
        !/^(rules:|  - name: a|    (match|retry): \{(attempts: 1, delay: 1m)?\}| +description: x)?$/.test(
          each,
        ),
    );
  test(`says what is wrong with ${line.trim().slice(0, 70)}`, () => {
    const parsed = parseRules([{ path: 'r.yaml', text }]);
    assert.deepEqual(
      parsed.kind === 'bad' ? parsed.problems : [],
      problems.map((problem) => `r.yaml:${problem}`),
    );
  });
}
