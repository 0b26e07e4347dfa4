// The token: signed in, still there after a reload, signed out; the trace is on all the while.
import { strict as assert } from 'node:assert';
import { journey, plan } from './driver.mjs';

async function providers(window) {
  await window.command('Aurelis: Sign In...');
  const row = window.rows('custom').first();
  await row.waitFor();
  const text = await row.innerText();
  return text.replaceAll('\u00a0', ' ').replaceAll('\n', ' ');
}

await journey(async (window) => {
  await window.running();
  await window.command('Developer: Set Log Level...');
  await window.choose('Aurelis');
  await window.choose('Trace');

  assert.match(await providers(window), /no token/);
  await window.picture('sign-in-provider');
  await window.choose('custom');
  // The list's own field is there until the box for the token takes its place.
  await window.until('the field hides what is typed', async () => (await window.input.getAttribute('type')) === 'password');
  await window.input.fill('has blanks in it');
  await window.page.locator('.quick-input-message').filter({ hasText: 'no blanks' }).waitFor();
  await window.input.fill(plan.token);
  await window.picture('sign-in-token');
  await window.press('Enter');
  await window.message('Signed in to custom.');
  await window.quiet();
  assert.match(await providers(window), /signed in/);
  await window.press('Escape');

  await window.reload();
  await window.running();
  assert.match(await providers(window), /signed in/);
  await window.picture('sign-in-after-reload');
  await window.press('Escape');

  await window.command('Aurelis: Sign Out...');
  await window.message('Signed out of custom.');
  await window.quiet();
  await window.until('the server knows no token', async () => {
    const text = await providers(window);
    await window.press('Escape');
    return /no token/.test(text);
  });
  await window.noMessage();
});
