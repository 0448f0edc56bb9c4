import type { House, Rule } from './house.ts';

const empty = /(?:^|-)(?:utils?|helpers?|managers?|services?)$|^(?:common|shared|misc|libs?)$/;
const kebab = /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.[a-z0-9]+)+$/;
const kebabFolder = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;

export const nameRules: Rule[] = [
  {
    name: 'names are kebab-case',
    breaches: (house) =>
      breachesByName(house, (name, isFile) =>
        name === 'README.md' || (isFile ? kebab : kebabFolder).test(name)
          ? null
          : `${name}: write it in kebab-case, after the main export`,
      ),
  },
  {
    name: 'no name is an empty word',
    breaches: (house) =>
      breachesByName(house, (name) =>
        empty.test(name.replace(/\..*$/, '')) ? `${name} says nothing: name it by what it answers` : null,
      ),
  },
];

function breachesByName(
  house: House,
  judge: (name: string, isFile: boolean) => string | null,
): ReturnType<Rule['breaches']> {
  return house.paths.flatMap((path) =>
    path.split('/').flatMap((name, index, names) => {
      const advice = judge(name, index === names.length - 1);
      return advice === null ? [] : [{ path, line: 1, advice }];
    }),
  );
}
