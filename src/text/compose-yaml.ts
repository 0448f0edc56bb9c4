import {
  Composer,
  CST,
  type Document,
  type DocumentOptions,
  Lexer,
  LineCounter,
  type ParseOptions,
  Parser,
  type SchemaOptions,
} from 'yaml';

/** The text would cost more than its size suggests, so it was not read. */
interface Excess {
  /** In the text, in UTF-16 units. */
  offset: number;
  /** It follows the place in the line of the problem. */
  message: string;
}

export type ComposedYaml =
  | { kind: 'composed'; document: Document; lines: LineCounter; secondAt: number | null }
  | { kind: 'excess'; lines: LineCounter; excess: Excess };

/** Nested lists and maps. */
const maxLevels = 30;
/** For each one the parser searches the text, so the cost is their number times the size. */
const maxAliases = 100;

type YamlOptions = ParseOptions & DocumentOptions & SchemaOptions;

/**
 * Reads the first document of a YAML text as the package `yaml` does, in time and memory linear in the text's size. A
 * text with more than 30 levels, or with more than 100 aliases and merge keys, is an excess. The caller checks that the
 * keys of a map differ, because the package compares each key with every other. `secondAt` is where a second document begins.
 */
export function composeYaml(text: string, options: YamlOptions): ComposedYaml {
  const lines = new LineCounter();
  const tokens: CST.Token[] = [];
  const excess = tokenize(text, lines, tokens);
  if (excess !== null) return { kind: 'excess', lines, excess };
  const all = { ...options, uniqueKeys: false, prettyErrors: false };
  const [document, second] = compose(tokens, text.length, all);
  return { kind: 'composed', document, lines, secondAt: second?.range[0] ?? null };
}

function tokenize(text: string, lines: LineCounter, tokens: CST.Token[]): Excess | null {
  const parser = new Parser(lines.addNewLine);
  let aliases = 0;
  let offset = 0;
  let isScalar = false;
  lines.addNewLine(0);
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) tokens.push(token);
    if (countLevels(parser) > maxLevels) return { offset, message: formatLevels };
    if (isScalar ? lexeme === '<<' : lexeme.startsWith('*')) aliases += 1;
    if (aliases > maxAliases) return { offset, message: formatAliases };
    isScalar = lexeme === CST.SCALAR;
    offset = parser.offset;
  }
  for (const token of parser.end()) tokens.push(token);
  return null;
}

/** The first on the stack is the document, and the last may be a scalar. */
function countLevels({ stack }: Parser): number {
  const top = stack.at(-1);
  const isInside = top !== undefined && 'items' in top;
  return stack.length - (isInside ? 1 : 2);
}

const formatLevels = `the lists and maps are nested too deep; ${maxLevels} levels are the limit`;
const formatAliases = `more than ${maxAliases} aliases (*name) and merge keys (<<); write the rest out, or split the file`;

/** A text without a document has an empty one. */
type Documents = [Document.Parsed, ...Document.Parsed[]];

function compose(tokens: readonly CST.Token[], end: number, options: YamlOptions): Documents {
  const { stackTraceLimit } = Error;
  // The package creates an error for each wrong character, and stack traces would be most of the cost.
  Error.stackTraceLimit = 0;
  try {
    return firstTwo(new Composer(options).compose(tokens, true, end)) as Documents;
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

function firstTwo(documents: Iterable<Document.Parsed>): Document.Parsed[] {
  const found: Document.Parsed[] = [];
  for (const document of documents) {
    found.push(document);
    if (found.length === 2) break;
  }
  return found;
}
