// `npm run code`: build everything and open the user's VS Code with the extension loaded from this checkout.
import { join } from 'node:path';
import { prepareEnvironment, ROOT } from './environment.mjs';
import { buildExtension, EXTENSION, hasExtension } from './extension.mjs';
import { Complaint, run, script } from './processes.mjs';

const EDITORS = ['code', 'codium', 'code-insiders', 'code-oss', 'cursor'];

await script(async (args) => {
  if (!hasExtension()) throw new Complaint('There is no editor extension in this checkout yet; `npm start` shows the product in the terminal.');
  await prepareEnvironment();
  await buildExtension();
  const shell = process.platform === 'win32';
  for (const editor of EDITORS) {
    const { code } = await run(editor, ['--version'], { capture: true, shell });
    if (code !== 0) continue;
    const given = ['--new-window', `--extensionDevelopmentPath=${join(ROOT, EXTENSION)}`, ...(args.length ? args : [ROOT])];
    // A shell gets one line: without quotation marks a path with blanks would be several arguments.
    return (await run(editor, shell ? given.map((one) => `"${one}"`) : given, { shell })).code;
  }
  throw new Complaint('No VS Code was found on the PATH. Install it with its `code` command, then run `npm run code` again.', 2);
});
