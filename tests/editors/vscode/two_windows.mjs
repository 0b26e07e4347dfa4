// Two windows at once, in folders with blanks and letters of several scripts: each has its own server, both work.
import { strict as assert } from 'node:assert';
import { journey, plan, servers } from './driver.mjs';

async function ghostText(window) {
  await window.running();
  await window.open('settings.py');
  await window.press('Control+End');
  await window.page.keyboard.type('\nif not text.is', { delay: 40 });
  await window.ghost.first().waitFor();
  await window.noMessage();
}

await journey(async (first) => {
  const second = await first.browser.window(plan.secondFolder);
  await ghostText(second);
  await second.picture('second-window');
  await first.page.bringToFront();
  await ghostText(first);
  await first.picture('first-window');
  assert.equal(servers().length, 2);
});
