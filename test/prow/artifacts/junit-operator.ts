/** One case of a JUnit file. */
export interface JUnitCase {
  name: string;
  ms: number;
  /** The failure's text: the body, the attribute stays empty. */
  failure?: string;
  systemOut?: string;
}

/** A file as ci-operator writes it: no XML header, cases sorted by name, Go's escapes (PROW.md, 4). */
export function junitFile(suite: string, cases: readonly JUnitCase[]): string {
  const sorted = cases.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const failures = sorted.filter((one) => one.failure !== undefined).length;
  const total = sorted.reduce((sum, one) => sum + one.ms, 0);
  return [
    '<testsuites>',
    `  <testsuite name="${escape(suite)}" tests="${sorted.length}" skipped="0" failures="${failures}" time="${seconds(total)}">`,
    '    <properties></properties>',
    ...sorted.map(testCase),
    '  </testsuite>',
    '</testsuites>',
  ].join('\n');
}

function testCase(one: JUnitCase): string {
  const inside = [
    ...(one.failure === undefined ? [] : [`      <failure message="">${escape(one.failure)}</failure>`]),
    ...(one.systemOut === undefined ? [] : [`      <system-out>${escape(one.systemOut)}</system-out>`]),
  ];
  const open = `    <testcase name="${escape(one.name)}" time="${seconds(one.ms)}">`;
  return inside.length === 0 ? `${open}</testcase>` : [open, ...inside, '    </testcase>'].join('\n');
}

function seconds(ms: number): string {
  return String(ms / 1000);
}

const escapes: Record<string, string> = {
  '"': '&#34;',
  "'": '&#39;',
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '\t': '&#x9;',
  '\n': '&#xA;',
  '\r': '&#xD;',
};

/** As Go's encoding/xml: newlines become references, other control characters U+FFFD (so ANSI's escape too). */
function escape(text: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are the point
  return text.replace(/["'&<>\u0000-\u001f]/g, (character) => escapes[character] ?? '\uFFFD');
}
