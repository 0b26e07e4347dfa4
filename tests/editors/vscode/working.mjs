// A day's work: hover, explanations that stream and can be stopped, edits, and everything that tells what happened.
import { strict as assert } from 'node:assert';
import { journey } from './driver.mjs';

const EXPLANATION = 'read_hosts is a function';

await journey(async (window) => {
  await window.running();
  await window.open('settings.py');

  await window.goTo(14, 8);
  const offer = await window.hover('Explain with Aurelis');
  await window.picture('hover-offer');
  await offer.locator('a').filter({ hasText: 'Explain with Aurelis' }).click();

  // The sandbox has stopped in the middle of this answer and waits for the connection to be closed.
  await window.view.locator('main').filter({ hasText: 'function' }).waitFor();
  await window.answered('running');
  await window.picture('explanation-streams');
  await window.view.locator('#cancel').click();
  await window.answered('cancelled');
  await window.picture('explanation-cancelled');
  await window.noMessage();

  await window.back();
  await window.goTo(14, 8);
  await window.command('Aurelis: Explain');
  assert.match(await window.answered('done'), new RegExp(EXPLANATION));
  assert.match(await window.view.locator('footer').innerText(), /custom\/.+ · .+ · confidence \d\.\d\d/);
  await window.picture('explanation');
  await window.image('explanation', { width: 924, height: 520 });
  await window.noMessage();

  await window.back();
  await window.goTo(14, 8);
  await window.hover(EXPLANATION);
  await window.picture('hover');
  await window.press('Escape');

  await window.goTo(14, 8);
  await window.command('Source Action...');
  const action = window.page.locator('.action-widget .monaco-list-row').filter({ hasText: 'Document with Aurelis' });
  await action.waitFor();
  await window.picture('source-actions');
  await action.click();
  await window.until('the edit landed', async () => /"""Read hosts\./.test(await window.text()));
  await window.picture('documented');
  await window.noMessage();
  await window.press('Control+z');
  await window.until('undo took it back', async () => !/"""Read hosts\./.test(await window.text()));

  await window.goTo(8, 8);
  await window.command('Aurelis: Document');
  await window.until('the edit landed', async () => /"""Read port\./.test(await window.text()));
  await window.noMessage();
  await window.press('Control+z');

  await window.goTo(8, 8);
  await window.command('Aurelis: Refactor...');
  await window.answer('');
  assert.match(await window.message('the answer holds no code'), /Show Answer/);
  await window.picture('refactoring-failed');
  await window.quiet();

  await window.command('Aurelis: Show What Was Sent...');
  await window.picture('requests');
  await window.choose('explanation');
  await window.until('the request is shown', async () => /----- user -----|----- system -----/.test(await window.words()));
  await window.picture('request');

  await window.command('Aurelis: Check Health');
  await window.view.locator('main').filter({ hasText: 'Overall' }).waitFor();
  await window.picture('health');
  await window.command('Aurelis: Show Models');
  await window.rows('custom/').first().waitFor();
  await window.picture('models');
  await window.press('Escape');

  await window.open('settings.py');
  await window.goTo(8, 8);
  await window.command('Aurelis: Ask...');
  await window.answer('What does read_port return?');
  await window.view.locator('header').filter({ hasText: 'What does read_port return?' }).waitFor();
  assert.match(await window.answered('done'), /\w/);
  await window.picture('answer');

  await window.command('Aurelis: Run One Task on Many Files...');
  await window.choose('Document');
  await window.answer('**/*.py');
  await window.page.locator('.refactor-preview, .bulk-edit-panel').first().waitFor();
  await window.picture('batch');
  await window.page.locator('.bulk-edit-panel .monaco-list-row').first().locator('input[type=checkbox], .monaco-checkbox').click();
  await window.page.locator('.bulk-edit-panel .monaco-button').filter({ hasText: 'Apply' }).click();
  await window.open('settings.py');
  await window.until('the edits landed', async () => /"""Read port\./.test(await window.text()));
  await window.noMessage();

  await window.status.click();
  await window.rows('Ask a question').waitFor();
  await window.picture('menu');
  await window.press('Escape');
  await window.command('Aurelis: Show Statistics');
  await window.view.locator('h2').filter({ hasText: 'By model' }).waitFor();
  await window.picture('statistics-of-work');
});
