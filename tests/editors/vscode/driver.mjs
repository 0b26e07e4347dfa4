// Drives VS Code in a browser: what a person does with keys and the mouse, and what a person sees.
//
// Nothing here waits for a fixed time where something can be waited for; every wait has a limit, and its failure says what
// was on the screen.
import { mkdirSync, readFileSync, readlinkSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const LIMIT_MS = 60_000;
const BROWSER = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

/** What the Python side decided: ports, folders, programs. */
export const plan = JSON.parse(readFileSync(process.argv[2], 'utf8'));

/** Run one journey and report how it ended. */
export async function journey(steps) {
  const browser = await Browser.launch();
  try {
    await steps(await browser.window());
    const foreign = [...browser.foreign];
    if (foreign.length > 0) throw new Error(`The browser asked other machines: ${foreign.join(', ')}`);
  } catch (error) {
    for (const [index, window] of browser.windows.entries()) await window.picture(`failed-${index}`).catch(() => undefined);
    process.stderr.write(`${error.stack ?? error}\n`);
    for (const window of browser.windows) process.stderr.write(`On the screen:\n${await window.words().catch(() => '')}\n`);
    process.exitCode = 1;
  } finally {
    await browser.close();
  }
}

/** Change the user's settings as if the person edited the file. */
export function changeSettings(change) {
  const settings = JSON.parse(readFileSync(plan.settingsFile, 'utf8'));
  for (const [key, value] of Object.entries(change)) {
    if (value === undefined) delete settings[key];
    else settings[key] = value;
  }
  writeFileSync(plan.settingsFile, JSON.stringify(settings));
}

/** The process ids of this editor's language servers: they run in the folder that the extension made for them. */
export function servers() {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const [, ...args] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
        return args.join(' ').trim() === '-P -m aurelis serve' && readlinkSync(`/proc/${pid}/cwd`) === join(plan.storage, 'run');
      } catch {
        return false;
      }
    })
    .map(Number);
}

class Browser {
  windows = [];
  foreign = new Set();

  static async launch() {
    const browser = new Browser();
    mkdirSync(plan.screenshots, { recursive: true });
    browser.context = await chromium.launchPersistentContext(plan.profile, {
      executablePath: plan.chromium,
      headless: true,
      viewport: { width: 1280, height: 800 },
      deviceScaleFactor: 1,
      args: BROWSER,
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    browser.context.setDefaultTimeout(LIMIT_MS);
    browser.context.on('request', (request) => {
      const { protocol, hostname } = new URL(request.url());
      if (protocol.startsWith('http') && hostname !== '127.0.0.1' && !hostname.endsWith('.localhost') && hostname !== 'localhost') browser.foreign.add(hostname);
    });
    return browser;
  }

  /** Open VS Code on a folder, by default the plan's. */
  async window(folder = plan.folder) {
    const page = await this.context.newPage();
    const window = new Window(page, this);
    this.windows.push(window);
    await page.goto(`http://127.0.0.1:${plan.port}/?folder=${encodeURIComponent(folder)}`);
    await page.locator('.monaco-workbench').waitFor({ timeout: 120_000 });
    await page.locator('[id="aurelis.aurelis.aurelis.status"]').waitFor({ timeout: 120_000 });
    return window;
  }

  async close() {
    await this.context.close();
  }
}

const plain = (text) => text.replaceAll('\u00a0', ' ').replaceAll('\u200b', '');

export class Window {
  constructor(page, browser) {
    this.page = page;
    this.browser = browser;
  }

  /** A screenshot; a fade that is still going on is waited for. */
  async picture(name, clip) {
    await this.page.evaluate(() =>
      Promise.race([
        Promise.allSettled(
          document
            .getAnimations()
            .filter((animation) => animation.effect?.getComputedTiming().iterations !== Number.POSITIVE_INFINITY)
            .map((animation) => animation.finished),
        ),
        new Promise((resolve) => setTimeout(resolve, 1000)),
      ]),
    );
    await this.page.screenshot({ path: join(plan.screenshots, `${name}.png`), ...(clip ? { clip } : {}) });
  }

  /** A picture for the documents, made anew only where that was asked for: the right part of a window so many pixels high. */
  async image(name, { height, width }) {
    if (!plan.images) return;
    const size = this.page.viewportSize();
    await this.page.setViewportSize({ width: size.width, height });
    await this.page.waitForTimeout(500);
    const left = 352;
    await this.page.screenshot({ path: join(plan.images, `${name}.png`), clip: { x: left, y: 0, width, height: height - 32 } });
    await this.page.setViewportSize(size);
  }

  async words() {
    return plain(await this.page.locator('.monaco-workbench').innerText());
  }

  /** Wait until a condition holds; the condition may look at the page as often as it likes. `what` is a text, or makes one. */
  async until(what, condition, limit = LIMIT_MS) {
    const end = Date.now() + limit;
    for (;;) {
      const found = await condition();
      if (found) return found;
      if (Date.now() > end) throw new Error(`Waited in vain until ${typeof what === 'string' ? what : what()}`);
      await this.page.waitForTimeout(50);
    }
  }

  async press(...keys) {
    for (const key of keys) await this.page.keyboard.press(key);
  }

  get input() {
    return this.page.locator('.quick-input-widget input.input');
  }

  rows(text) {
    return this.page.locator('.quick-input-list .monaco-list-row').filter({ hasText: text });
  }

  /** Run a command from the palette by its title. */
  async command(title) {
    await this.press('F1');
    await this.input.waitFor({ state: 'visible' });
    await this.input.fill(`>${title}`);
    await this.choose(title);
  }

  /** Choose a row of a quick pick. */
  async choose(text) {
    await this.rows(text).first().waitFor();
    await this.rows(text).first().click();
  }

  /** Type into an input box and confirm. */
  async answer(text) {
    await this.input.waitFor({ state: 'visible' });
    await this.input.fill(text);
    await this.press('Enter');
  }

  async open(name) {
    await this.press('Control+p');
    await this.input.waitFor({ state: 'visible' });
    await this.input.fill(name);
    await this.choose(name);
    await this.page.locator('.tab.active').filter({ hasText: name }).waitFor();
    await this.editor.waitFor();
  }

  get editor() {
    return this.page.locator('.editor-group-container.active .editor-instance .view-lines').first();
  }

  /** Go back from a view to the first editor. */
  async back() {
    await this.page.locator('.editor-group-container .editor-instance .view-lines').first().click();
    await this.editor.waitFor();
  }

  /** The visible lines of the active editor. */
  async text() {
    return plain(await this.editor.innerText());
  }

  /** Put the cursor on a line and column, both from 1. */
  async goTo(line, column = 1) {
    await this.press('Control+g');
    await this.answer(`:${line}:${column}`);
    await this.page.locator('.cursors-layer .cursor').first().waitFor();
  }

  async save() {
    await this.press('Control+s');
    await this.page.locator('.tab.active.dirty').waitFor({ state: 'detached' });
  }

  get ghost() {
    return this.page.locator('.ghost-text, .ghost-text-decoration, .ghost-text-decoration-preview');
  }

  notification(text) {
    return this.page.locator('.notifications-toasts .notification-list-item').filter({ hasText: text });
  }

  /** Wait for a message, and see that it is there once. */
  async message(text, limit = LIMIT_MS) {
    const found = this.notification(text);
    await found.first().waitFor({ timeout: limit });
    if ((await found.count()) !== 1) throw new Error(`The message "${text}" is shown ${await found.count()} times`);
    return plain(await found.innerText());
  }

  async push(message, button) {
    await this.notification(message).locator('.monaco-button').filter({ hasText: button }).click();
  }

  /** Close every message; they would lie over what comes next. */
  async quiet() {
    await this.command('Notifications: Clear All Notifications');
    await this.page.locator('.notifications-toasts .notification-list-item').first().waitFor({ state: 'detached' });
  }

  /** See that nothing is shown that nobody asked for; work that shows its progress is waited for. */
  async noMessage() {
    const work = this.page.locator('.notifications-toasts .notification-list-item').filter({ has: this.page.getByRole('button', { name: 'Cancel' }) });
    await work.first().waitFor({ state: 'detached' });
    const shown = await this.page.locator('.notifications-toasts .notification-list-item').allInnerTexts();
    if (shown.length > 0) throw new Error(`Messages that nobody asked for: ${shown.join(' | ')}`);
  }

  get status() {
    return this.page.locator('[id="aurelis.aurelis.aurelis.status"]');
  }

  /** Wait until the status item says something; its words are its accessible name. */
  async statusSays(pattern, limit = LIMIT_MS) {
    let said = '';
    const matches = async () => {
      said = (await this.status.locator('a').first().getAttribute('aria-label')) ?? '';
      return pattern.test(said);
    };
    return this.until(() => `the status says ${pattern}; it says: ${said}`, matches, limit);
  }

  /** Wait until the server runs and has said so. */
  async running(limit = 120_000) {
    await this.statusSays(/Ready|Connect one|Working|rate limit|provider/, limit);
  }

  /** The inside of the web view that is shown. */
  get view() {
    return this.page.locator('iframe.webview.ready').last().contentFrame().locator('iframe#active-frame').contentFrame();
  }

  /** The text of the log channel, as far as the panel shows it. */
  async log() {
    await this.command('Aurelis: Show Log');
    const lines = this.page.locator('.output-view .view-lines, .panel .view-lines').first();
    await lines.waitFor();
    return lines;
  }

  async reload() {
    await this.page.reload();
    await this.page.locator('.monaco-workbench').waitFor({ timeout: 120_000 });
    await this.status.waitFor({ timeout: 120_000 });
  }

  /** Wait for the answer in the view to reach a state: running, done, cancelled or failed. Returns its text. */
  async answered(state, limit = LIMIT_MS) {
    await this.view.locator(`footer.${state}`).waitFor({ state: 'attached', timeout: limit });
    return plain(await this.view.locator('main').innerText());
  }

  /** Show the hover of the cursor's place and return its text. */
  async hover(text) {
    await this.command('Show or Focus Hover');
    const found = this.page.locator('.monaco-hover:not(.hidden)').filter({ hasText: text }).first();
    await found.waitFor();
    return found;
  }

  async close() {
    await this.page.close();
    this.browser.windows.splice(this.browser.windows.indexOf(this), 1);
  }
}
