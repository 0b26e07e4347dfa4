// What goes wrong in a day: a wrong setting, a provider that is not there, a server that is killed, too many restarts.
import { strict as assert } from 'node:assert';
import { changeSettings, journey, plan, servers } from './driver.mjs';

/** Settings for one provider; its name tells in the status whether the server has taken them. */
const provider = (name, baseUrl) => ({
  'aurelis.providers': { [name]: { baseUrl, profile: 'custom', models: ['default'] } },
  'aurelis.models': { code: `${name}/default` },
});

await journey(async (window) => {
  const wrong = await window.message('hover.mode');
  assert.match(wrong, /onDemand/);
  assert.match(wrong, /Open Settings/);
  await window.picture('wrong-setting');
  await window.quiet();
  await window.running();

  changeSettings({ 'aurelis.hover.mode': undefined, ...provider('elsewhere', 'http://127.0.0.1:9/v1') });
  await window.statusSays(/elsewhere/);
  await window.open('settings.py');
  await window.goTo(14, 8);
  await window.command('Aurelis: Explain');
  await window.answered('failed');
  const unreachable = await window.message(/127\.0\.0\.1:9|could not be reached|connect/);
  await window.picture('unreachable-provider');
  assert.match(unreachable, /Open Settings/);
  await window.quiet();

  changeSettings(provider('custom', plan.baseUrl));
  await window.statusSays(/custom/);
  const [killed, ...others] = servers();
  assert.deepEqual(others, []);
  process.kill(killed, 'SIGKILL');
  await window.until('another server runs', async () => servers().some((pid) => pid !== killed));
  await window.running();
  await window.noMessage();
  await window.back();
  await window.goTo(9, 8);
  await window.command('Aurelis: Explain');
  assert.match(await window.answered('done'), /read_port/);
  await window.picture('after-the-crash');

  const before = servers();
  for (let count = 0; count < 3; count += 1) await window.command('Aurelis: Restart Language Server');
  await window.until('one new server is left', async () => servers().length === 1 && !before.includes(servers()[0]));
  await window.running();
  await window.noMessage();
});
