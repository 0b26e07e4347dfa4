// `npm start`: set up whatever is missing, then run `aurelis demo`; arguments after `--` go to the demo.
import { prepareEnvironment, program } from './environment.mjs';
import { buildExtension } from './extension.mjs';
import { run, script } from './processes.mjs';

await script(async (args) => {
  await prepareEnvironment();
  await buildExtension();
  const { code } = await run(program('aurelis'), ['demo', ...args]);
  if (code === 0 && args.length === 0) console.log('   In VS Code:          npm run code');
  return code;
});
