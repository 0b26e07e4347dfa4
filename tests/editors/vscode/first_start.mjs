// Nothing is configured and no Python has the server: the person is asked, the server is installed, ghost text appears, Tab
// takes it, and the server hears of it.
import { strict as assert } from 'node:assert';
import { journey, plan } from './driver.mjs';

await journey(async (window) => {
  const question = await window.message('Aurelis runs a language server in Python');
  assert.match(question, /Install it into a private environment/);
  await window.statusSays(/not installed/);
  await window.picture('first-start-question');
  await window.push('Aurelis runs a language server', 'Install');
  await window.message('downloading the locked packages');
  await window.picture('first-start-installing');
  await fetch(plan.release);
  await window.running(120_000);
  await window.noMessage();

  // The advice names what can be done here; a terminal would not know the server's program.
  await window.statusSays(/"Aurelis: Start a Local Model" .* "Aurelis: Sign In\.\.\."/);
  await window.command('Aurelis: Start a Local Model');
  assert.match(await window.message('is installed'), /Install one with this line, then run "Aurelis: Start a Local Model" again/);
  await window.picture('no-local-model');
  await window.quiet();

  await window.open('settings.py');
  await window.press('Control+End');
  for (const line of ['', 'def read_timeout(text):']) {
    await window.page.keyboard.type(line);
    await window.press('Enter');
  }
  await window.page.keyboard.type('if not text.is', { delay: 40 });
  await window.ghost.first().waitFor();
  await window.picture('ghost-text');
  await window.image('ghost-text', { width: 640, height: 560 });
  await window.press('Tab');
  await window.until('the text was taken', async () => (await window.text()).split('raise SettingsError("A port is a number.")').length === 3);
  await window.picture('ghost-text-taken');
  await window.noMessage();

  await window.command('Aurelis: Show Statistics');
  const taken = window.view.locator('dl div').filter({ hasText: 'Ghost text taken' }).locator('dd');
  await taken.waitFor();
  assert.match(await taken.innerText(), /[1-9]\d* %/);
  await window.picture('statistics');
});
