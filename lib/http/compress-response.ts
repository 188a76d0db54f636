import type { Coding } from '#lib/content-coding.ts';
import type { HttpResponse } from './middleware.ts';

// What fits into one packet gets there no sooner when it is smaller.
const worthwhileLength = 1_400;
// The next ones take a tenth off a page of projects, for twice to seven times the time.
const quickest = 1;

/**
 * Encodes the body of an answer as the client likes it, for API Gateway does not. Leaves alone what is short, encoded already or not to
 * be transformed, and tokens of a session, one of which stays the same (BREACH). Synchronous: an instance has one request at a time, and
 * a thread costs more than the work. ADR 37.
 */
export function compressResponse(response: HttpResponse, acceptEncoding: string | undefined): void {
  const { body, cookies, headers = {}, isBase64Encoded } = response;
  if (acceptEncoding === undefined || body === undefined || body.length < worthwhileLength) return;
  if (
    isBase64Encoded ||
    cookies ||
    headers['content-encoding'] ||
    String(headers['cache-control']).includes('no-transform')
  )
    return;
  const coding = chooseCoding(acceptEncoding);
  if (!coding) return;
  response.body = encode(body, coding).toString('base64');
  response.isBase64Encoded = true;
  response.headers = { ...headers, 'content-encoding': coding };
}

/** The coding that a client would rather have (RFC 9110, 12.5.3), undefined for none. */
export function chooseCoding(acceptEncoding: string): Coding | undefined {
  const weights = new Map<string, number>();
  for (const item of acceptEncoding.toLowerCase().split(',')) {
    const [coding = '', weight] = item.split(';').map((part) => part.trim());
    weights.set(coding, Number(weight?.replace(/^q=/, '') ?? 1) || 0);
  }
  const weightOf = (coding: string) => weights.get(coding) ?? weights.get('*') ?? 0;
  const [gzip, br] = [weightOf('gzip'), weightOf('br')];
  const best = Math.max(gzip, br);
  if (best <= 0 || best < (weights.get('identity') ?? 0)) return undefined;
  return br === best ? 'br' : 'gzip';
}

function encode(body: string, coding: Coding): Buffer {
  // Loaded by who uses it: it takes a millisecond of a cold start.
  const { brotliCompressSync, constants, gzipSync } = process.getBuiltinModule('node:zlib');
  if (coding === 'gzip') return gzipSync(body, { level: quickest });
  return brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: quickest } });
}
