import type { ProwRun } from '../cluster/prow-run.ts';

const merge = {
  command: 'git merge --no-ff 8a6e6fbfe958de6b89b98559ca0e59530865c636',
  output:
    'Auto-merging go.mod\nCONFLICT (content): Merge conflict in go.mod\n' +
    'Automatic merge failed; fix conflicts and then commit the result.\n',
  error: 'exit status 1',
};

/** `clone-records.json` of a clone that failed, as clonerefs writes it. */
export function cloneRecordsJson({ refs }: ProwRun): string {
  const source = refs ?? { org: 'acme', repo: 'shop', base_ref: 'main' };
  const init = { command: 'git init', output: 'Initialized empty Git repository\n', duration: 7_000_000 };
  return JSON.stringify([{ refs: source, commands: [init, merge], failed: true, duration: 12_000_000_000 }]);
}

/** The same for people: `clone-log.txt`, and `build-log.txt` as well if the clone failed. */
export function cloneLog({ refs }: ProwRun): string {
  const source = refs === null ? 'acme/shop at main' : `${refs.org}/${refs.repo} at ${refs.base_ref}`;
  return (
    `# Cloning ${source}\n$ git init\nInitialized empty Git repository\n$ ${merge.command}\n${merge.output}` +
    `# Error: ${merge.error}\n# Final SHA: \n# Total runtime: 12s\n`
  );
}
