// What goes wrong in a day: a wrong setting, a provider that is not there, a server that is killed, too many restarts.
import { strict as assert } from 'node:assert';
import { changeSettings, journey, plan, servers } from './driver.mjs';

const GOOD = { custom: { baseUrl: plan.baseUrl, profile: 'custom', models: ['default'] } };

await journey(async (window) => {
  const wrong = await window.message('hover.mode');
  assert.match(wrong, /onDemand/);
  assert.match(wrong, /Open Settings/);
  await window.picture('wrong-setting');
  await window.quiet();
  await window.running();

  changeSettings({ 'aurelis.hover.mode': undefined, 'aurelis.providers': { custom: { baseUrl: 'http://127.0.0.1:9/v1', profile: 'custom', models: ['default'] } } });
  await window.open('settings.py');
  await window.goTo(14, 8);
  await window.until('the changed provider is asked', async () => {
    await window.command('Aurelis: Explain');
    await window.view.locator('footer.failed, footer.done').waitFor({ state: 'attached' });
    return (await window.view.locator('footer.failed').count()) > 0;
  });
  const unreachable = await window.message(/127\.0\.0\.1:9|could not be reached|connect/);
  await window.picture('unreachable-provider');
  assert.match(unreachable, /Open Settings/);
  await window.quiet();

  changeSettings({ 'aurelis.providers': GOOD });
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

  for (let count = 0; count < 3; count += 1) await window.command('Aurelis: Restart Language Server');
  await window.running();
  await window.until('one server is left', async () => servers().length === 1);
  await window.noMessage();
});
