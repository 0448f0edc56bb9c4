import { type Example, ExampleFile, exampleKeys } from './example-file.ts';
import {
  type FileKind,
  type FileText,
  findLargeFile,
  formatPlace,
  formatProblems,
  readStrictFiles,
} from '../language/read-config-file.ts';

export interface PlacedExample {
  example: Example;
  /** `path:line:column`. */
  place: string;
}

export type ParsedExamples =
  | { kind: 'good'; examples: PlacedExample[] }
  | { kind: 'bad'; problems: string[] };

const exampleFiles: FileKind<typeof ExampleFile> = {
  schema: ExampleFile,
  list: 'examples',
  item: 'example',
  most: 2_000,
  knownKeys: exampleKeys,
};

/** Reads example files as `parseRules` reads rule files; a name may stand twice, since nothing goes by it. */
export function parseExamples(texts: readonly FileText[]): ParsedExamples {
  const large = findLargeFile(texts);
  if (large !== null) return { kind: 'bad', problems: formatProblems([large]) };
  const files = readStrictFiles(texts, exampleFiles);
  const problems = files.flatMap((file) => file.problems);
  const more = files.reduce((sum, file) => sum + file.more, 0);
  if (problems.length > 0) return { kind: 'bad', problems: formatProblems(problems, more) };
  const examples = files.flatMap(({ content, problemAt }) =>
    (content?.examples ?? []).map((example, index) => ({
      example,
      place: formatPlace(problemAt(['examples', index, 'name'], '')),
    })),
  );
  return { kind: 'good', examples };
}
