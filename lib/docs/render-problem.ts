import { AppError } from '#lib/errors/app-error.ts';
import { type ErrorCode, errorCatalog } from '#lib/errors/catalog.ts';
import { errorExplanations } from '#lib/errors/explanations.ts';
import { escapeHtml, renderPage } from './render-page.ts';

/** The page that a problem's `type` points at; throws `not_found` for a code the catalogue does not have. */
export function renderProblem(code: string): string {
  if (!Object.hasOwn(errorCatalog, code)) throw new AppError('not_found', 'There is no such problem type');
  const { status, title, retryable } = errorCatalog[code as ErrorCode];
  return renderPage(
    title,
    `<p><code>${code}</code> · HTTP ${status} · ${retryable ? 'retryable' : 'not retryable'}</p><p>${escapeHtml(errorExplanations[code as ErrorCode])}</p>`,
  );
}
