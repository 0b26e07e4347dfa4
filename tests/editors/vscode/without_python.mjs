// No Python, a wrong one in the settings, a folder that cannot be used: each says what to do, and the right setting ends it.
import { strict as assert } from 'node:assert';
import { changeSettings, journey, plan } from './driver.mjs';

await journey(async (window) => {
  const missing = await window.message('Aurelis needs Python 3.11 or newer');
  assert.match(missing, /none was found on this machine/);
  assert.match(missing, /Open Settings/);
  await window.statusSays(/needs Python 3\.11/);
  await window.picture('no-python');
  await window.open('settings.py');
  await window.quiet();
  await window.command('Aurelis: Explain');
  assert.match(await window.message('Aurelis needs Python 3.11 or newer'), /Restart/);
  await window.quiet();

  changeSettings({ 'aurelis.client.interpreter': '/nowhere/python' });
  assert.match(await window.message('/nowhere/python'), /does not exist/);
  await window.picture('wrong-interpreter');
  await window.quiet();

  changeSettings({ 'aurelis.client.interpreter': plan.plainPython });
  await window.message('Install it into a private environment');
  await window.push('Install it into a private environment', 'Install');
  assert.match(await window.message('cannot use its folder'), /Remove that file, or name a Python/);
  await window.picture('unusable-folder');
  await window.quiet();

  changeSettings({ 'aurelis.client.interpreter': plan.python });
  await window.running();
  await window.noMessage();
});
