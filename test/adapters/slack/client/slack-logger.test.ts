import assert from 'node:assert/strict';
import { test } from 'node:test';
import { slackLogger } from '../../../../src/adapters/slack/client/client.ts';
import { createLogger } from '../../../../src/logging.ts';

function loggerForTest() {
  const lines: string[] = [];
  const log = createLogger('trace', { write: (line) => void lines.push(line) });
  const read = () =>
    lines.map((line) => {
      const { level, says, msg } = JSON.parse(line) as Record<string, unknown>;
      return [level, says, msg];
    });
  return { logger: slackLogger(log), lines, read };
}

test('what the library has to say is a warning under a constant message', () => {
  const { logger, read } = loggerForTest();
  logger.debug('a debug');
  logger.info('an info');
  logger.warn('http request failed', 'ECONNRESET');
  logger.error('no more than 50 items allowed');
  logger.error(new Error('it broke'));
  const msg = "slack's library warns";
  assert.deepEqual(read(), [
    ['warn', 'http request failed ECONNRESET', msg],
    ['warn', 'no more than 50 items allowed', msg],
    ['warn', 'it broke', msg],
  ]);
  assert.equal(logger.getLevel(), 'warn');
});

test('no token, address or object shows, and no text without end', () => {
  const { logger, lines } = loggerForTest();
  const secrets = [
    'xoxb-1-2-abc',
    'xapp-1-A-2-abc',
    'xoxe.xoxp-1-abc',
    'XOXB-UP',
    'tail-of-an-address',
    'plain-secret',
  ];
  const [bot, app, rotated, upper, tail, plain] = secrets;
  logger.warn(`token ${bot} and (${app}), "${rotated}", ${upper}`);
  logger.error(new Error(`could not post to https://hooks.slack.com/actions/T1/2/${tail}`, { cause: plain }));
  logger.warn(
    `wss://wss-primary.slack.com/link/?ticket=${tail}`,
    { token: plain },
    [plain],
    `Bearer ${plain}`,
  );
  logger.warn('x'.repeat(100_000));
  for (const secret of secrets) assert.ok(!lines.join('').includes(secret), secret);
  assert.ok(lines.every((line) => line.length < 700));
});
