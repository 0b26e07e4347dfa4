// How TypeScript becomes one file that VS Code can load.
import { build } from 'esbuild';

const COMMON = { bundle: true, platform: 'node', format: 'cjs', target: 'node20', logLevel: 'warning', mainFields: ['module', 'main'] };

export const bundleExtension = (folder) =>
  build({
    ...COMMON,
    entryPoints: [`${folder}/src/extension.ts`],
    outfile: `${folder}/dist/extension.js`,
    external: ['vscode'],
    minify: true,
    legalComments: 'linked',
  });

/** The unit tests, with a stand-in for the module that only VS Code has. */
export const bundleTests = (folder, entryPoints) =>
  build({
    ...COMMON,
    entryPoints,
    outdir: `${folder}/out/test`,
    outExtension: { '.js': '.cjs' },
    alias: { vscode: `${folder}/test/vscode_stub.ts` },
    logOverride: { 'import-is-undefined': 'error' },
    sourcemap: 'inline',
  });
