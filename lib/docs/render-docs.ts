import type { OpenApiDocument, OpenApiOperation } from './openapi-document.ts';
import { assetPath } from './read-asset.ts';
import { escapeHtml, renderPage } from './render-page.ts';

// Shown by docs-page.js, which sends it.
const logInForm = `<form id="log-in" hidden>
<label>Email <input name="email" type="email" autocomplete="username" required></label>
<label>Password <input name="password" type="password" autocomplete="current-password" required></label>
<label>Code of a second factor, if any <input name="code" inputmode="numeric" autocomplete="one-time-code"></label>
<button>Log in</button>
</form>
<p id="log-in-outcome" role="status"></p>`;

/** The documentation page: a list of every operation of the document by area, in whose place Swagger UI comes where scripts run. */
export function renderDocs(document: OpenApiDocument): string {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
  const areas = Map.groupBy(operations, ({ operation }) => operation.tags[0] ?? '');
  const sections = [...areas].map(
    ([area, entries]) =>
      `<h2>${escapeHtml(area)}</h2>${entries.map(({ path, method, operation }) => renderOperation(path, method, operation)).join('')}`,
  );
  const head = `<link rel="icon" href="data:,">
<link rel="stylesheet" href="${assetPath('swagger-ui.css')}">
<link rel="stylesheet" href="${assetPath('docs-page.css')}">
<script defer src="${assetPath('swagger-ui-bundle.js')}"></script>
<script defer src="${assetPath('docs-page.js')}"></script>`;
  return renderPage(
    document.info.title,
    `${logInForm}
<main id="operations"><p>${escapeHtml(document.info.description)}</p><p><a href="/openapi.json">openapi.json</a></p>${sections.join('')}</main>
<footer><small>Rendered by Swagger UI (<a href="${assetPath('swagger-ui.LICENSE.txt')}">Apache-2.0</a>, <a href="${assetPath('swagger-ui.NOTICE.txt')}">notice</a>, <a href="${assetPath('swagger-ui-bundle.js.LICENSE.txt')}">licences of its parts</a>)</small></footer>`,
    head,
  );
}

function renderOperation(path: string, method: string, operation: OpenApiOperation): string {
  const responses = Object.entries(operation.responses)
    .map(
      ([status, { description, $ref }]) =>
        `${status} ${description ?? $ref?.split('/').at(-1)?.replaceAll('_or_', ', ')}`,
    )
    .join(' · ');
  return `<section id="${escapeHtml(operation.operationId)}"><h3><code>${method.toUpperCase()} ${escapeHtml(path)}</code></h3>
<p>${escapeHtml(operation.summary)}</p><p>Who: ${escapeHtml(operation['x-access'])}</p><p><small>${escapeHtml(responses)}</small></p></section>`;
}
