import {
  isExportDeclaration,
  isExportSpecifier,
  isIdentifier,
  isVariableStatement,
  SyntaxKind,
  type Node,
} from 'typescript/unstable/ast';
import { lineAt, nodesOf, type Breach, type House, type Rule, type Source } from './house.ts';

interface Exported {
  name: string;
  statement: Node;
  source: Source;
}

export const exportRules: Rule[] = [
  { name: 'no two exported things share a name', breaches: breachesByNamesake },
];

/** What a file declares and exports. `export … from` declares nothing: it hands on a name of another file. */
function exportedBy(source: Source): Exported[] {
  return childrenOf(source.root)
    .filter(isExported)
    .flatMap((statement) => namesOf(statement).map((name) => ({ name, statement, source })));
}

function childrenOf(node: Node): Node[] {
  const children: Node[] = [];
  node.forEachChild((child) => void children.push(child));
  return children;
}

function isExported(statement: Node): boolean {
  const modifiers = 'modifiers' in statement ? (statement.modifiers as readonly Node[] | undefined) : [];
  const isLocal = isExportDeclaration(statement) && statement.moduleSpecifier === undefined;
  return isLocal || (modifiers?.some(({ kind }) => kind === SyntaxKind.ExportKeyword) ?? false);
}

function namesOf(statement: Node): string[] {
  if (isExportDeclaration(statement))
    return [...nodesOf(statement)].filter(isExportSpecifier).map(({ name }) => name.text);
  const declarations = isVariableStatement(statement) ? statement.declarationList.declarations : [statement];
  return declarations.flatMap((declaration) => {
    const name = 'name' in declaration ? (declaration.name as Node | undefined) : undefined;
    return name !== undefined && isIdentifier(name) ? [name.text] : [];
  });
}

function breachAt({ statement, source }: Exported, advice: string): Breach {
  return { path: source.path, line: lineAt(source.text, statement.getStart(source.root)), advice };
}

function breachesByNamesake(house: House): Breach[] {
  const byName = Map.groupBy(house.sources.flatMap(exportedBy), ({ name }) => name);
  return [...byName.values()].flatMap((namesakes) => {
    const [first, ...others] = [...new Map(namesakes.map((each) => [each.source.path, each])).values()];
    return others.map((other) =>
      breachAt(other, `${first?.source.path} exports ${other.name}, too: give each its own name`),
    );
  });
}
