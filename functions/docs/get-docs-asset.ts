import * as z from 'zod';
import { type Asset, readAsset } from '#lib/docs/read-asset.ts';
import { chooseCoding } from '#lib/http/compress-response.ts';
import { defineStaticEndpoint } from '#lib/http/define-static-endpoint.ts';

// An object to us, but to who reads the document it is text.
const AssetText = z.custom<Asset>().meta({ type: 'string', example: ':root { color-scheme: light dark; }' });

export const handler = defineStaticEndpoint(
  {
    id: 'getDocsAsset',
    method: 'GET',
    path: '/docs/assets/{file}',
    summary: 'A script or style of the docs page',
    description: 'Its name has a hash of its content, so that it may be kept for ever.',
    params: z.object({ file: z.string().max(100).meta({ example: 'docs-page.css' }) }),
    response: {
      status: 200,
      schema: AssetText,
      contentType: 'text/javascript',
      otherContentTypes: ['text/css', 'text/plain'],
      bytes: ({ bytes }) => bytes,
      headers: {
        'Content-Type': ({ contentType }) => contentType,
        'Content-Encoding': ({ coding }) => coding,
        'Cache-Control': ({ cacheControl }) => cacheControl,
      },
    },
    errors: ['not_found'],
  },
  ({ params, acceptEncoding }) => readAsset(params.file, chooseCoding(acceptEncoding)),
);
