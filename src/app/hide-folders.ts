import { isAbsolute, normalize, resolve } from 'node:path';
import type { Config } from '../config/read-config.ts';
import type { ServiceHealth } from '../flow/requests/verify-deployment.ts';

/** The condition as a stranger may read it: with the names of files, but not the folders of this machine. */
export function hideFolders<T extends ServiceHealth>(
  condition: T,
  { rulesDir, dataDir }: Pick<Config, 'rulesDir' | 'dataDir'>,
): T {
  const folders = [rulesDir, dataDir].flatMap((folder) => [resolve(folder), normalize(folder)]);
  const hide = (text: string): string => folders.reduce(hideFolder, text).replace(quotedPath, "'$1'");
  const { store, rules } = condition;
  const fault = store.fault === null ? null : hide(store.fault);
  return {
    ...condition,
    store: { ...store, fault },
    rules: { ...rules, problems: rules.problems.map(hide) },
  };
}

/** A path as Node's errors quote it; the group is its last part. */
const quotedPath = /'\/[^'\n]*\/([^'\n/]*)'/g;

function hideFolder(text: string, folder: string): string {
  const name = folder.replace(/\/+$/, '');
  if (name === '' || name === '.') return text;
  const without = text.replaceAll(`${name}/`, '');
  return isAbsolute(name) ? without.replaceAll(name, 'its folder') : without;
}
