import type { OpenApiDocument, OpenApiOperation } from './openapi-document.ts';
import { escapeHtml, renderPage } from './render-page.ts';

/** The documentation page: every operation of the document, by area. */
export function renderDocs(document: OpenApiDocument): string {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
  const areas = Map.groupBy(operations, ({ operation }) => operation.tags[0] ?? '');
  const sections = [...areas].map(
    ([area, entries]) =>
      `<h2>${escapeHtml(area)}</h2>${entries.map(({ path, method, operation }) => renderOperation(path, method, operation)).join('')}`,
  );
  return renderPage(
    document.info.title,
    `<p>${escapeHtml(document.info.description)}</p><p><a href="/openapi.json">openapi.json</a></p>${sections.join('')}`,
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
