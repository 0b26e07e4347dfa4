// `npm run lock`: write the requirement and npm locks anew; `npm run lock -- --upgrade` takes the newest versions.
//
// The locks hold versions and the hashes of every platform's public files. pip's configuration is not read and nothing
// of uv's is, so that no address or folder of the machine at hand gets in.
import { join } from 'node:path';
import { prepareEnvironment, program, ROOT } from './environment.mjs';
import { Complaint, cleanEnvironment, npmCommand, run, say, script } from './processes.mjs';

const OLDEST_PYTHON = '3.11';
// Output, source, and the locks whose versions it has to share.
const LOCKS = [
  ['runtime', 'pyproject.toml', []],
  ['build', 'requirements/build.in', ['runtime']],
  ['dev', 'requirements/dev.in', ['runtime', 'build']],
  ['litellm', 'requirements/litellm.in', []],
  ['advisories', 'requirements/advisories.in', []],
];

function plainEnvironment() {
  const environment = cleanEnvironment();
  for (const name of Object.keys(environment)) if (name.startsWith('UV_')) delete environment[name];
  return environment;
}

await script(async (args) => {
  await prepareEnvironment({ development: true });
  for (const [name, source, shared] of LOCKS) {
    say(`Locking requirements/${name}.txt ...`);
    const constraints = shared.flatMap((other) => ['--constraint', `requirements/${other}.txt`]);
    const { code } = await run(
      program('uv'),
      // prettier-ignore
      ['--no-config', '--quiet', 'pip', 'compile', '--universal', '--generate-hashes', '--no-annotate', '--no-header',
        '--python-version', OLDEST_PYTHON, ...constraints, ...args, '--output-file', `requirements/${name}.txt`, source],
      { cwd: ROOT, env: plainEnvironment(), stdio: ['ignore', 2, 2] },
    );
    if (code !== 0) throw new Complaint(`Locking ${join('requirements', `${name}.txt`)} failed; the lines above say why.`);
  }
  say('Locking package-lock.json ...');
  const { command, first, shell } = npmCommand();
  return (await run(command, [...first, 'install', '--package-lock-only', '--ignore-scripts'], { cwd: ROOT, shell, stdio: ['ignore', 2, 2] })).code;
});
