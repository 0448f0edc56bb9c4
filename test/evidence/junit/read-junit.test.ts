import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readJunit } from '../../../src/evidence/junit/read-junit.ts';
import { streamText } from '../memory-source.ts';

async function read(text: string, size?: number) {
  return readJunit(streamText(text, size));
}

async function texts(text: string) {
  return (await read(text))?.failed.map((failed) => [failed.name, failed.text]);
}

describe('shapes of a JUnit document', () => {
  const failed = '<testcase name="a"><failure message="">broke</failure></testcase>';
  const shapes: [string, string][] = [
    ['one case in one suite', `<testsuites><testsuite>${failed}</testsuite></testsuites>`],
    [
      'a header, a byte order mark and a comment',
      `\uFEFF<?xml version="1.0"?><!-- x --><testsuite>${failed}</testsuite>`,
    ],
    [
      'several suites',
      `<testsuites><testsuite name="x"/><testsuite>${failed}</testsuite><testsuite/></testsuites>`,
    ],
    [
      'suites in suites',
      `<testsuites>${'<testsuite>'.repeat(60)}${failed}${'</testsuite>'.repeat(60)}</testsuites>`,
    ],
    ['a suite as the root', `<testsuite><properties/>${failed}</testsuite>`],
    ['a case as the root', failed],
    ['cases beside each other without a root', `<testcase name="b"/>${failed}`],
    ['upper case', '<TestSuite><TestCase Name="a"><Failure>broke</Failure></TestCase></TestSuite>'],
    ['an error', '<testsuite><testcase name="a"><error>broke</error></testcase></testsuite>'],
    [
      'a message and no body',
      '<testsuite><testcase name="a"><failure message="broke"/></testcase></testsuite>',
    ],
    [
      'a message that the body repeats',
      '<testsuite><testcase name="a"><failure message="brok">broke</failure></testcase></testsuite>',
    ],
    [
      'character data',
      '<testsuite><testcase name="a"><failure><![CDATA[broke]]></failure></testcase></testsuite>',
    ],
    [
      'properties and output',
      '<testsuite><testcase name="a"><properties><property name="failure" value="x"/></properties><failure>broke</failure><system-out>much</system-out></testcase></testsuite>',
    ],
    [
      'nonsense for numbers',
      '<testsuite tests="many" time="0.2XXX"><testcase time="whatever" name="a"><failure>broke</failure></testcase></testsuite>',
    ],
    [
      'skipped and passed cases',
      `<testsuite><testcase name="s"><skipped/></testcase><testcase name="p"/>${failed}</testsuite>`,
    ],
  ];
  for (const [name, text] of shapes) {
    test(name, async () => {
      assert.deepEqual(await texts(text), [['a', 'broke']]);
      assert.deepEqual((await read(text, 1))?.problems, []);
    });
  }

  test('a message that says something else stands in front of the body', async () => {
    const text =
      '<testsuite><testcase name="a"><failure message="exit 1">log</failure><error>too</error></testcase></testsuite>';
    assert.deepEqual(await texts(text), [['a', 'exit 1\nlog\ntoo']]);
  });

  test('no case failed', async () => {
    assert.deepEqual(await read('<testsuites/>'), { failed: [], problems: [], interrupted: false });
  });
});

describe('what is not well-formed', () => {
  test('a forbidden numeric entity goes, the text around it stays', async () => {
    const text =
      '<testsuite><testcase name="a&#x1b;[1m"><failure>&#x1b;[31mred&#27;[0m&#xA;next &amp; last&#0;</failure></testcase></testsuite>';
    assert.deepEqual(await texts(text), [['a', 'red\nnext & last']]);
  });

  test('bytes that are no UTF-8 do not end the reading', async () => {
    async function* bytes() {
      yield new TextEncoder().encode('<testsuite><testcase name="a"><failure>br');
      yield Uint8Array.of(0xff, 0xc3);
      yield new TextEncoder().encode('oke ☃\uFFFD</failure></testcase></testsuite>');
    }
    assert.equal((await readJunit(bytes()))?.failed[0]?.text, 'broke ☃');
  });

  test('characters that are cut between two pieces stay whole', async () => {
    const report = await read(
      '<testsuite><testcase name="☃"><failure>bröke 🙂</failure></testcase></testsuite>',
      1,
    );
    assert.deepEqual(report?.failed[0], { name: '☃', kind: 'graph', text: 'bröke 🙂' });
  });

  test('no entity of a DTD is expanded or looked up', async () => {
    const text = `<!DOCTYPE x [<!ENTITY a "lol"><!ENTITY b "&a;&a;"><!ENTITY f SYSTEM "file:///etc/passwd">]>
      <testsuite><testcase name="a"><failure>&b;&f;</failure></testcase></testsuite>`;
    assert.deepEqual(await texts(text), [['a', '&b;&f;']]);
  });

  test('a document that is cut short counts with what came', async () => {
    const text =
      '<testsuites><testsuite><testcase name="a"><failure>broke</failure></testcase><testcase name="b"><failure message="half">and h';
    const report = await read(text);
    assert.deepEqual(
      report?.failed.map((failed) => failed.text),
      ['broke', 'half\nand h'],
    );
    assert.deepEqual(report?.problems, ['is cut short']);
    assert.equal(report?.interrupted, false);
  });

  test('one that ends inside a tag is cut short', async () => {
    assert.deepEqual((await read('<testsuite><testcase name="a'))?.problems, ['is cut short']);
  });

  test('a stream that breaks keeps what came and may be read again', async () => {
    async function* bytes() {
      yield new TextEncoder().encode('<testsuite><testcase name="a"><failure>broke</failure></testcase>');
      throw new Error('connection reset');
    }
    const report = await readJunit(bytes());
    assert.equal(report?.failed[0]?.text, 'broke');
    assert.deepEqual(report?.problems, ['could not be read to its end: connection reset']);
    assert.equal(report?.interrupted, true);
  });

  test('something else is no JUnit document', async () => {
    const others = [
      '',
      ' \n',
      'Not Found',
      '{"error": 404}',
      '<html><testsuite/></html>',
      '<!DOCTYPE html><html lang="en"><body>x',
    ];
    for (const text of others) assert.equal(await read(text), null, text);
  });
});

describe('what is too large', () => {
  test('suites nested without an end stop the reading', async () => {
    const report = await read('<testsuite>'.repeat(100_000), 50_000);
    assert.deepEqual(report?.problems, ['nests deeper than 200 elements']);
  });

  test('an attribute, a comment and a doctype over the size of a buffer do not end the reading', async () => {
    const long = 'y'.repeat(400_000);
    const text = `<!DOCTYPE ${long}><testsuite><!--${long}--><testcase name="a"><failure message="${long}">broke</failure></testcase>
      <testcase name="b"><failure>too</failure></testcase></testsuite>`;
    const report = await read(text, 65_536);
    assert.deepEqual(
      report?.failed.map((failed) => failed.name),
      ['a', 'b'],
    );
    assert.match(report?.failed[0]?.text ?? '', /^y{4096}$/);
    assert.deepEqual(report?.problems, []);
  });
});
