import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { z } from 'zod';
import { makeQuickCheck } from '../../../../src/adapters/lowdb/chains/quick-check.ts';

describe('a quick check', () => {
  const kept: [string, z.ZodType, unknown][] = [
    ['string', z.string().min(1), 'a'],
    ['number', z.number().min(0).max(2), 2],
    ['whole number', z.int(), 1],
    ['word', z.enum(['a', 'b']), 'b'],
    ['literal', z.literal(1), 1],
    ['what may be null', z.string().nullable().default(null), null],
    ['list', z.array(z.boolean()).min(1), [true]],
    ['record', z.record(z.string(), z.string()), { a: 'b' }],
    ['object', z.looseObject({ a: z.string().exactOptional() }), { more: 1 }],
    ['what a step leaves alone', z.string().transform((each) => each), 'a'],
  ];
  for (const [name, schema, value] of kept)
    it(`passes what the schema leaves as it is: ${name}`, () => {
      assert.equal(makeQuickCheck(schema)(value), true);
      assert.deepEqual(schema.parse(value), value);
      for (const odd of [undefined, 3.5, [], [1]]) assert.equal(makeQuickCheck(schema)(odd), false);
    });

  const unsure: [string, z.ZodType, unknown][] = [
    ['a step that changes it', z.string().trim(), 'a '],
    ['a step that refuses it', z.string().transform((each, context) => context.addIssue(each)), 'a'],
    ['a transformation', z.array(z.string()).transform((each) => [...each]), ['a']],
    ['an object that loses what it does not know', z.object({}), { a: 1 }],
    ['a format', z.email(), 'a'],
    ['a pattern', z.string().regex(/b/), 'a'],
    ['a check of its own', z.string().check((context) => void context.issues.push()), 'a'],
    ['a condition that is not met', z.string().refine((each) => each === 'b'), 'a'],
    ['a choice of schemas', z.union([z.string(), z.number()]), 'a'],
    ['a value by default', z.looseObject({ a: z.string().default('a') }), {}],
    ['a value in place of a wrong one', z.string().catch('a'), 1],
  ];
  for (const [name, schema, value] of unsure)
    it(`leaves it to the schema: ${name}`, () => assert.equal(makeQuickCheck(schema)(value), false));
});
