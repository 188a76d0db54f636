import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import type { Coding } from '#lib/content-coding.ts';
import { AppError } from '#lib/errors/app-error.ts';

// In no bundle: what browsers get, and the licences that come with it. A bundle lies as deep below the root of its package as this file
// below ours.
const sources = {
  'swagger-ui-bundle.js': '../../node_modules/swagger-ui-dist/swagger-ui-bundle.js',
  'swagger-ui-bundle.js.LICENSE.txt': '../../node_modules/swagger-ui-dist/swagger-ui-bundle.js.LICENSE.txt',
  'swagger-ui.css': '../../node_modules/swagger-ui-dist/swagger-ui.css',
  'swagger-ui.LICENSE.txt': '../../node_modules/swagger-ui-dist/LICENSE',
  'swagger-ui.NOTICE.txt': '../../node_modules/swagger-ui-dist/NOTICE',
  'docs-page.js': '../../lib/docs/docs-page.js',
  'docs-page.css': '../../lib/docs/docs-page.css',
} as const;

type AssetName = keyof typeof sources;

const contentTypes: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
};

/** A file of the docs page as it is sent. */
export interface Asset {
  readonly bytes: Buffer;
  readonly contentType: string;
  readonly coding: Coding | undefined;
  readonly cacheControl: string;
}

interface Source {
  readonly bytes: Buffer;
  readonly hash: string;
  readonly coded: Partial<Record<Coding, Buffer>>;
}

const kept = new Map<AssetName, Source>();

/** The path of an asset, with a hash of its content in the name: what is behind it never changes. */
export function assetPath(name: AssetName): string {
  const extension = extname(name);
  return `/docs/assets/${name.slice(0, -extension.length)}.${read(name).hash}${extension}`;
}

/**
 * The asset behind the last segment of such a path. With another hash, as in a page from before a deployment, or with none it is the
 * present one, which nobody may keep. Throws `not_found`.
 */
export function readAsset(file: string, coding: Coding | undefined): Asset {
  const [, stem, hash, extension = ''] = /^(.+?)(?:\.([0-9a-f]{16}))?(\.\w+)$/.exec(file) ?? [];
  const name = `${stem}${extension}`;
  if (!Object.hasOwn(sources, name)) throw new AppError('not_found', 'There is no such file');
  const source = read(name as AssetName);
  return {
    bytes: coding ? encode(source, coding) : source.bytes,
    contentType: contentTypes[extension] ?? '',
    coding,
    cacheControl: hash === source.hash ? 'public, max-age=31536000, immutable' : 'no-store',
  };
}

function read(name: AssetName): Source {
  let source = kept.get(name);
  if (!source) {
    const bytes = readFileSync(join(import.meta.dirname, sources[name]));
    const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 16);
    source = { bytes, hash, coded: {} };
    kept.set(name, source);
  }
  return source;
}

// On first use and kept. Quality 11 would save another ninth of the bytes and take fifty times as long (ADR 35).
function encode({ bytes, coded }: Source, coding: Coding): Buffer {
  coded[coding] ??=
    coding === 'gzip'
      ? gzipSync(bytes)
      : brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } });
  return coded[coding];
}
