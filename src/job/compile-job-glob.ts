import { compileGlob } from './glob.ts';

/**
 * The jobs of openshift/release, which moved from branch `master` to `main` in 2026-02 and took their names along
 * (PROW.md, 6): `periodic-ci-openshift-release-master-nightly-…` is `periodic-ci-openshift-release-main-nightly-…`.
 */
const renamed = /^((?:rehearse-\d+-)?(?:periodic|branch|pull)-ci-openshift-release-)(master|main)(?=-|$)/;

/** As `compileGlob`, for globs on job names: one that is written for a job's old name matches the new name too. */
export function compileJobGlob(glob: string): (jobName: string) => boolean {
  const matches = compileGlob(glob);
  return (jobName) => {
    if (matches(jobName)) return true;
    const other = findOtherName(jobName);
    return other !== null && matches(other);
  };
}

/** Whether a glob names jobs of openshift/release by their old branch. */
export function usesOldBranch(glob: string): boolean {
  return glob.includes('-ci-openshift-release-master');
}

/** The name of the same job on the other branch; `null`: it was never renamed. */
function findOtherName(jobName: string): string | null {
  const [whole, start, branch] = renamed.exec(jobName) ?? [];
  if (whole === undefined || start === undefined) return null;
  return `${start}${branch === 'main' ? 'master' : 'main'}${jobName.slice(whole.length)}`;
}
