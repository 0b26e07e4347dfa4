// Somebody's first minutes with nothing set up: the walkthrough, its example, ghost text, the menu, and what is said where
// nothing comes of it. Everything is seen in a light theme and in a dark one.
import { strict as assert } from 'node:assert';
import { journey } from './driver.mjs';

const THEMES = ['light', 'dark'];
/** Each step with the heading of what stands beside it; last the one whose button goes on. */
const STEPS = [
  ['Choose who answers', 'Who can answer'],
  ['Rest on a name', 'Explanations'],
  ['Let it change code', 'Changes'],
  ['See what was sent', 'What leaves this machine'],
  ['Take ghost text', 'Ghost text'],
];
const MISSING = 'raise ValueError("There are no values.")';

const times = async (window, text) => (await window.text()).split(text).length - 1;

await journey(async (window) => {
  await window.running();
  // With the side bar there is no room for what stands beside the steps.
  await window.command('View: Toggle Primary Side Bar Visibility');
  const walkthrough = window.page.locator('.gettingStartedContainer');
  for (const theme of THEMES) {
    await window.command('Aurelis: Open Walkthrough');
    await walkthrough.filter({ hasText: 'Get Started with Aurelis' }).waitFor();
    for (const [number, [step, heading]] of STEPS.entries()) {
      await walkthrough.locator('.getting-started-step h3').filter({ hasText: step }).click();
      await walkthrough.locator('.getting-started-step.expanded').filter({ hasText: step }).waitFor();
      await window.view.locator('h1').filter({ hasText: heading }).waitFor();
      await window.picture(`walkthrough-${number}-${theme}`);
    }
    await walkthrough.locator('.monaco-button').filter({ hasText: 'Open the Example' }).click();
    await window.page.locator('.tab.active').filter({ hasText: 'Untitled' }).waitFor();
    await window.ghost.first().waitFor();
    await window.picture(`example-ghost-text-${theme}`);
    await window.press('Tab');
    await window.ghost.first().waitFor({ state: 'detached' });
    await window.until('the ghost text was taken', async () => (await times(window, MISSING)) === 2);

    await window.goTo(8, 7);
    await window.hover('Explain with Aurelis');
    await window.picture(`example-hover-${theme}`);
    await window.press('Escape');
    await window.command('Source Action...');
    await window.page.locator('.action-widget .monaco-list-row').filter({ hasText: 'Document with Aurelis' }).waitFor();
    await window.picture(`example-actions-${theme}`);
    await window.press('Escape');

    await window.goTo(8, 7);
    await window.command('Aurelis: Refactor...');
    await window.answer('');
    await window.message('the answer holds no code');
    await window.picture(`example-refactoring-${theme}`);
    await window.push('the answer holds no code', 'Show Answer');
    await window.view.locator('main').filter({ hasText: 'no rules for rewriting code' }).waitFor();
    await window.picture(`example-answer-${theme}`);
    await window.noMessage();

    await window.status.click();
    await window.rows('Model: sandbox/default').waitFor();
    await window.picture(`example-menu-${theme}`);
    await window.press('Escape');
    await window.command('View: Close All Editors');
    const save = window.page.locator('.monaco-dialog-box .monaco-button').filter({ hasText: "Don't Save" });
    await save.click();
    await save.waitFor({ state: 'detached' });
    await window.command('Preferences: Toggle between Light/Dark Themes');
  }

  await window.command('Aurelis: Write Commit Message');
  await window.message('Nothing is staged');
  await window.picture('nothing-staged');
  await window.push('Nothing is staged', 'Stage All and Write It');
  const box = window.page.locator('.scm-input .view-lines, .scm-editor .view-lines').first();
  await window.until('the message is in its box', async () => /Add settings\.py/.test((await box.innerText().catch(() => '')).replaceAll('\u00a0', ' ')));
  await window.picture('staged-and-written');
  await window.noMessage();
});
