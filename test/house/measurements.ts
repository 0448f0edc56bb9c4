import { isIdentifier, isPropertyAccessExpression, type Node } from 'typescript/unstable/ast';
import { breachesAtNodes, type Rule } from './house.ts';

const clocks = [
  'performance.now',
  'performance.timeOrigin',
  'process.cpuUsage',
  'process.resourceUsage',
  'process.hrtime',
  'process.uptime',
  'Date.now',
  'console.time',
];

/** Files of the tests that read the machine's clock, and why they may: none of them asserts how long something took. */
export const mayReadTheClock: Record<string, string> = {
  'test/time/fast-clock.ts': 'a clock that follows the real one, only faster',
  'test/time/scaled-clock.ts': 'a clock that follows the real one, only faster',
  'test/demo/demo.ts': 'prints how long the demo took',
  'test/demo/run-script.ts': 'prints how long the demo has run',
  'test/simulation/simulate.ts': 'prints how long the worlds took',
  'test/adapters/system/system-clock.test.ts': 'the subject is the clock of the machine, which it replaces',
  'test/rules/shipped-rules.test.ts': 'needs the date of today: a rule that has expired is a fault',
  'test/cli/replay/replay.test.ts': 'the command reads the real clock, so its past runs lie before now',
};

export const measurementRules: Rule[] = [
  {
    name: 'no test measures a duration',
    breaches: ({ tests }) =>
      breachesAtNodes({ sources: tests }, (node, { path }) => {
        const clock = path.startsWith('test/bench/') || path in mayReadTheClock ? null : clockOf(node);
        return clock === null
          ? null
          : `${clock}: a busy machine makes any duration long. Count instead (test/steps, calls, bytes), or inject a clock`;
      }),
  },
];

function clockOf(node: Node): string | null {
  if (!isPropertyAccessExpression(node) || !isIdentifier(node.expression)) return null;
  const text = `${node.expression.text}.${node.name.text}`;
  return clocks.includes(text) ? text : null;
}
