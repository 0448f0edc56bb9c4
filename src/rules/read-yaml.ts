import { isNode, isPair, LineCounter, parseDocument, visit, type Document, type YAMLError } from 'yaml';

export interface Mistake {
  line: number;
  column: number;
  message: string;
}

export interface YamlText {
  /** `null` where the text is empty or cannot be read. */
  value: unknown;
  /** Why it cannot be read, one for each line at most; none: it can. */
  mistakes: Mistake[];
  /** The mistake at the key of this path, or at the nearest thing around it that stands in the text. */
  mistakeAt: (path: readonly PropertyKey[], message: string) => Mistake;
}

/** An anchor may be used this often; more is taken for a text that unfolds without end (a "YAML bomb"). */
const maxAliasCount = 100;

/** Reads one YAML document, merge keys (`<<`) included, and remembers where everything stands. */
export function readYaml(text: string): YamlText {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    stringKeys: true,
    merge: true,
  });
  const mistakes: Mistake[] = [];
  for (const error of [...document.errors, ...document.warnings]) {
    const mistake = place(error.pos[0], sayYamlError(error));
    // A slip makes the parser stumble over the rest of the line, too.
    if (!mistakes.some(({ line }) => line === mistake.line)) mistakes.push(mistake);
  }
  const value = mistakes.length === 0 ? unfold() : null;
  return { value, mistakes, mistakeAt: (path, message) => place(findOffset(document, path), message) };

  function unfold(): unknown {
    try {
      return document.toJS({ maxAliasCount }) as unknown;
    } catch (error) {
      mistakes.push(
        place(findAlias(document), error instanceof Error ? sayAliasError(error) : String(error)),
      );
      return null;
    }
  }

  function place(offset: number, message: string): Mistake {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col), message };
  }
}

function sayYamlError({ code, message }: YAMLError): string {
  if (code === 'MULTIPLE_DOCS') return 'a second document begins here; write one in each file';
  if (code === 'DUPLICATE_KEY') return 'this key stands here twice';
  if (code === 'NON_STRING_KEY') return 'this key is not text';
  if (code === 'RESOURCE_EXHAUSTION') return 'the lists and maps are nested too deep';
  return message;
}

function sayAliasError({ message }: Error): string {
  if (message.startsWith('Excessive')) return 'the aliases (*name) unfold to too much; write the rules out';
  return message;
}

/** Where the alias that can't be resolved stands, or else the first one. */
function findAlias(document: Document): number {
  const offsets: number[] = [];
  visit(document, {
    Alias: (_, alias) => {
      const offset = alias.range?.[0] ?? 0;
      if (alias.resolve(document) === undefined) offsets.unshift(offset);
      else offsets.push(offset);
    },
  });
  return offsets[0] ?? 0;
}

function findOffset(document: Document, path: readonly PropertyKey[]): number {
  for (let depth = path.length; depth > 0; depth -= 1) {
    const parent = document.getIn(path.slice(0, depth - 1), true);
    const key = path[depth - 1];
    const items: unknown[] = isNode(parent) && 'items' in parent ? (parent.items as unknown[]) : [];
    const item = typeof key === 'number' ? items[key] : items.find((each) => isPairOf(each, key));
    const node = isPair(item) ? item.key : item;
    if (isNode(node) && node.range) return node.range[0];
  }
  return 0;
}

function isPairOf(item: unknown, key: PropertyKey | undefined): boolean {
  return isPair(item) && isNode(item.key) && String(item.key.toJSON()) === String(key);
}
