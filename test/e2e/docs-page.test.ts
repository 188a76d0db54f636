import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  type APIResponse,
  type Browser,
  type BrowserContext,
  chromium,
  type Page,
  type Response,
} from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { demoLogins, seedDatabase } from '#drizzle/seed.ts';
import { type Gateway, startGateway } from '#lib/local/gateway.ts';
import { findFreePort } from '#lib/local/ports.ts';
import { findBreachAt } from '#test/support/fetch-declared.ts';
import { createDatabase } from '#test/support/scratch-database.ts';

const usualPaths = [
  '/usr/bin/chromium',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];
const { CHROMIUM_PATH } = process.env;
const executablePath = (CHROMIUM_PATH ? [CHROMIUM_PATH] : usualPaths).find(existsSync);
const missing =
  'There is no Chromium, which the test of the docs page needs: apt-get install chromium, or set CHROMIUM_PATH.';

test.runIf(!executablePath)('there is a Chromium', ({ skip }) => {
  // .ci/run sets CI, as the runners of GitHub do: what proves a change may not leave a test out.
  if (process.env.CI) throw new Error(missing);
  skip(missing);
});

// Two tests at once on two cores, and a browser that renders without a graphics card.
describe.skipIf(!executablePath)('The docs page in a browser', { timeout: 60_000 }, () => {
  let gateway: Gateway;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  /** What a page that works does not have: errors, violations of its policy, requests to others. */
  const complaints: string[] = [];
  const judgements: Promise<void>[] = [];

  beforeAll(async () => {
    process.env.DATABASE_URL = await createDatabase(inject('templateDatabase'));
    await seedDatabase(process.env.DATABASE_URL, 'local');
    gateway = await startGateway({ port: await findFreePort(), stage: 'local' });
    browser = await chromium.launch({
      ...(executablePath && { executablePath }),
      args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
    });
    context = await browser.newContext({ baseURL: gateway.url, colorScheme: 'light' });
    await context.addInitScript({ path: join(import.meta.dirname, '../support/measure-legibility.js') });
    page = await openDocs(context);
    await page.locator('#log-in').waitFor();
  });

  afterAll(async () => {
    await browser?.close();
    await gateway?.stop();
  });

  async function openDocs(where: BrowserContext): Promise<Page> {
    const opened = await where.newPage();
    opened.on('console', (message) => {
      if (message.type() !== 'log') complaints.push(`${message.type()}: ${message.text()}`);
    });
    opened.on('pageerror', (error) => complaints.push(String(error)));
    opened.on('request', (request) => {
      const { protocol, host } = new URL(request.url());
      if (protocol !== 'data:' && host !== new URL(gateway.url).host) complaints.push(request.url());
    });
    opened.on('response', (response) => {
      if (!response.url().startsWith('data:')) judge(response.request().method(), response);
    });
    opened.setDefaultTimeout(50_000);
    await opened.goto('/docs');
    return opened;
  }

  /** Complains of an answer that the OpenAPI document does not declare. */
  function judge(method: string, response: Response | APIResponse): void {
    const compare = async () => {
      const headers = response.headersArray();
      const named = (await headers).map(({ name, value }) => [name.toLowerCase(), value]);
      const breach = await findBreachAt(method, response.url(), {
        status: response.status(),
        headers: Object.fromEntries(named),
        cookies: named.flatMap(([name, value = '']) => (name === 'set-cookie' ? [value] : [])),
        text: await response.text(),
      });
      if (breach) complaints.push(breach);
    };
    judgements.push(compare());
  }

  const operation = (id: string) => page.locator(`.opblock[id$="-${id}"]`);

  /** Sends an operation from the page, and gives the answer that the page got. */
  async function execute(id: string, body?: object): Promise<Response> {
    const block = operation(id);
    await block.locator('.opblock-summary-control').click();
    await block.getByRole('button', { name: 'Try it out' }).click();
    if (body) await block.locator('textarea.body-param__text').fill(JSON.stringify(body));
    return repeat(id);
  }

  async function repeat(id: string): Promise<Response> {
    const answered = page.waitForResponse(/\/api\//);
    await operation(id).getByRole('button', { name: 'Execute' }).click();
    return answered;
  }

  test('sends requests of somebody who has logged in on it', async () => {
    await page.getByRole('button', { name: 'Log in', exact: true }).click();
    await page.getByText(`Logged in as ${demoLogins[0].email}`).waitFor();
    await page.locator('#operations-tag-projects').click();
    expect((await execute('listProjects')).status()).toBe(200);
    await operation('listProjects')
      .locator('.live-responses-table', { hasText: 'Website relaunch' })
      .waitFor();
    expect((await execute('createProject', { name: 'Made on the page' })).status()).toBe(201);
  });

  test('writes with the cookies of a log-in where there is no token', async () => {
    expect(await context.cookies()).toEqual([]);
    await page.locator('.btn.authorize').click();
    const dialog = page.locator('.modal-ux');
    await dialog.getByRole('button', { name: 'Remove authorization' }).click();
    await dialog.locator('.close-modal').click();
    const [{ email, password }] = demoLogins;
    judge('POST', await context.request.post('/api/v1/auth/login', { data: { email, password } }));
    const created = await repeat('createProject');
    expect(created.status()).toBe(201);
    const { authorization, cookie, ...headers } = await created.request().allHeaders();
    expect([authorization, cookie, headers['x-csrf-token']]).toEqual([
      undefined,
      expect.stringContaining('auth_token='),
      expect.any(String),
    ]);
  });

  test('has every operation of the document', async () => {
    const response = await fetch(`${gateway.url}/openapi.json`);
    const { paths } = (await response.json()) as {
      paths: Record<string, Record<string, { operationId: string }>>;
    };
    const ids = Object.values(paths).flatMap((methods) =>
      Object.values(methods).map(({ operationId }) => operationId),
    );
    await page.evaluate(
      `document.querySelectorAll('.opblock-tag[data-is-open=false]').forEach((tag) => tag.click())`,
    );
    await expect.poll(() => page.locator('.opblock').count()).toBe(ids.length);
    const shown = await page.locator('.opblock').evaluateAll((blocks) => blocks.map(({ id }) => String(id)));
    expect(shown.map((id) => id.split('-').at(-1)).sort()).toEqual(ids.sort());
    expect(await page.title()).toBe('Plinth API');
  });

  test('can be read in light and in dark, on a desk and in a hand', async () => {
    await operation('createProject').locator('.tablinks', { hasText: 'Schema' }).last().click();
    await page.locator('.btn.authorize').click();
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      const root = page.locator(colorScheme === 'dark' ? 'html.dark-mode' : 'html:not(.dark-mode)');
      await root.waitFor({ state: 'attached' });
      for (const width of [1280, 390]) {
        await page.setViewportSize({ width, height: 844 });
        expect(await page.evaluate('measureLegibility()'), `${colorScheme}, ${width} px`).toEqual([]);
      }
      const color = await page.evaluate<string>('getComputedStyle(document.documentElement).backgroundColor');
      // Nothing of its own in light: that of the browser.
      expect(color).toBe({ light: 'rgba(0, 0, 0, 0)', dark: 'rgb(28, 32, 34)' }[colorScheme]);
    }
  });

  test('is a list where no script runs', async () => {
    const plain = await browser.newContext({ baseURL: gateway.url, javaScriptEnabled: false });
    const opened = await openDocs(plain);
    expect(await opened.locator('section#createProject').innerText()).toContain('POST /api/v1/projects');
    expect(await opened.locator('#log-in').isVisible()).toBe(false);
    await Promise.all(judgements);
    await plain.close();
  });

  test('loads nothing from elsewhere, gets what the document declares, and is told of no error or violation of its policy', async () => {
    await Promise.all(judgements);
    expect(judgements.length).toBeGreaterThan(10);
    expect(complaints).toEqual([]);
  });
});
