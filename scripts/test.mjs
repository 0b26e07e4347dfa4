// `npm test`: set up whatever is missing, then every check and test; arguments after `--` go to pytest.
import { prepareEnvironment, program, ROOT } from './environment.mjs';
import { extensionScript, hasExtension, installNpmPackages } from './extension.mjs';
import { run, script } from './processes.mjs';
import { installTestPackages } from './test_packages.mjs';

const inEnvironment = (name, ...args) => async () => (await run(program(name), args, { cwd: ROOT })).code;

/** The steps in order; each answers its exit code, or null when there is nothing to run. */
function steps(pytestArguments) {
  return [
    ['formatting (ruff)', inEnvironment('ruff', 'format', '--check', '.')],
    ['lint (ruff)', inEnvironment('ruff', 'check', '.')],
    ['types (mypy)', inEnvironment('mypy')],
    ['layers (import-linter)', inEnvironment('lint-imports', '--no-logo')],
    // -P keeps the checkout off the import path, so that the tests see the installed wheel.
    ['tests (pytest)', inEnvironment('python', '-P', '-m', 'pytest', ...pytestArguments)],
    ['extension check', () => (hasExtension() ? extensionScript('check') : null)],
    ['extension tests', () => (hasExtension() ? extensionScript('test') : null)],
  ];
}

const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(1)} s`;

// Headings and pytest's closing line share standard output, so that they stay in order in a file or a pipe.
const print = (line) => process.stdout.write(`${line}\n`);

await script(async (args) => {
  const began = performance.now();
  await prepareEnvironment({ development: true });
  if (hasExtension()) await installNpmPackages();
  await installTestPackages();
  const rows = [['setup', 'passed', seconds(began)]];
  for (const [name, step] of steps(args)) {
    print(`\n=== ${name} ===`);
    const since = performance.now();
    const code = await step();
    const verdict = code === null ? 'not there yet' : code === 0 ? 'passed' : `FAILED (exit ${code})`;
    if (code === null) print('The editor extension is not part of this checkout yet; skipped.');
    rows.push([name, verdict, seconds(since)]);
  }
  print('\n=== summary ===');
  for (const [name, verdict, time] of rows) print(`${name.padEnd(24)} ${time.padStart(8)}  ${verdict}`);
  return rows.some(([, verdict]) => verdict.startsWith('FAILED')) ? 1 : 0;
});
