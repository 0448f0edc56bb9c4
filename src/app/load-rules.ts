import { describeStrayFiles, readRulesDir } from '../adapters/system/rules-dir.ts';
import { NoRegularFile } from '../adapters/system/read-regular-file.ts';
import { type GoodRules, parseRules, type ParsedRules } from '../rules/language/parse-rules.ts';

/** The rules in the directory do not hold; `problems` has a line for each thing to mend. */
export class BadRules extends Error {
  override name = 'BadRules';
  readonly problems: string[];

  constructor(directory: string, problems: string[]) {
    super(`the rules in ${directory} are not right`);
    this.problems = problems;
  }
}

/** Reads the rules as they stand in the directory; one that can't be read is a problem like any other. */
export async function readRules(directory: string): Promise<ParsedRules> {
  try {
    const parsed = parseRules(await readRulesDir(directory));
    if (parsed.kind === 'bad') return parsed;
    const isEmpty = parsed.rules.rules.length === 0;
    const empty = isEmpty ? [`no rules in ${directory}: nothing will be retried`] : [];
    return { ...parsed, fileWarnings: [...empty, ...(await describeStrayFiles(directory))] };
  } catch (cause) {
    if (cause instanceof NoRegularFile) return { kind: 'bad', problems: [cause.message] };
    return { kind: 'bad', problems: [`${directory}: the directory cannot be read (${String(cause)})`] };
  }
}

/** Throws `BadRules`. */
export async function loadRules(directory: string): Promise<GoodRules> {
  const parsed = await readRules(directory);
  if (parsed.kind === 'bad') throw new BadRules(directory, parsed.problems);
  return parsed;
}
