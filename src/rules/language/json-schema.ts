import { z } from 'zod';
import { RuleFile } from './rule-file.ts';

/** The JSON schema of a rule file, for editors: it knows every key, and says what it is for. */
export function describeSchema(): object {
  return z.toJSONSchema(RuleFile.meta({ title: 'Rules of retrigger' }), {
    io: 'input',
    override: ({ zodSchema, jsonSchema }) => {
      if (zodSchema instanceof z.ZodPreprocess) offerSingle(jsonSchema);
    },
  });
}

/** What `anyOf` reads: a list, or a single value. */
function offerSingle(schema: z.core.JSONSchema.BaseSchema): void {
  const { type, items, minItems } = schema;
  if (type !== 'array' || typeof items !== 'object' || Array.isArray(items)) return;
  delete schema.type;
  delete schema.items;
  delete schema.minItems;
  schema.anyOf = [items, { type, items, ...(minItems === undefined ? {} : { minItems }) }];
}
