// The menu of quick fixes where another extension has a fix of its own: ours stands below it, and goes by its kind.
import { strict as assert } from 'node:assert';
import { changeSettings, journey } from './driver.mjs';

const OURS = 'Fix with Aurelis';
const THEIRS = 'Change to isdecimal';

await journey(async (window) => {
  await window.running();
  await window.open('settings.py');
  await window.page.locator('.squiggly-warning').first().waitFor();
  const rows = window.page.locator('.action-widget .monaco-list-row');
  const fixes = async () => (await rows.allInnerTexts()).filter((text) => text.includes(OURS) || text.includes(THEIRS));

  // A menu may close by itself, when settings or diagnostics arrive; then it is opened again.
  const menu = async (wanted) => {
    await window.goTo(9, 18);
    await window.command('Quick Fix...');
    const opened = await rows.filter({ hasText: THEIRS }).waitFor({ timeout: 5_000 }).then(
      () => true,
      () => false,
    );
    const shown = opened ? await fixes() : [];
    if (shown.length === wanted) return shown;
    await window.press('Escape');
    return false;
  };

  const both = await window.until('both fixes are in the menu', () => menu(2));
  await window.picture('quick-fixes');
  assert.match(both[0], new RegExp(THEIRS));
  assert.match(both[1], new RegExp(OURS));
  await window.press('Enter');
  await window.until('the first fix landed', async () => /text\.isdecimal/.test(await window.text()));
  await window.press('Control+z');
  await window.page.locator('.squiggly-warning').first().waitFor();

  changeSettings({ 'aurelis.codeActions.kinds': ['refactor', 'source'] });
  await window.until('our fix is gone', () => menu(1));
  await window.picture('quick-fixes-without-ours');
  await window.noMessage();
});
