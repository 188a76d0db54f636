import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OpenApiDocument } from './openapi-document.ts';

let document: OpenApiDocument | undefined;

/** The OpenAPI document beside the handlers in `folder`, read once. Not bundled: it grows with every route. */
export function loadDocument(folder: string): OpenApiDocument {
  document ??= JSON.parse(readFileSync(join(folder, 'openapi.json'), 'utf8')) as OpenApiDocument;
  return document;
}
