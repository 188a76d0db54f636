import { AppError } from '#lib/errors/app-error.ts';
import type { AnyEndpointSpec } from './endpoint-spec.ts';

/**
 * Refuses a request that excludes all media types of the answer, before anything is done for it. Problems are answered whatever the
 * client accepts. Throws `not_acceptable`.
 */
export function assertAcceptable({ response }: AnyEndpointSpec, accept: string): void {
  if (accept === '' || accept === '*/*' || !response.schema) return;
  const types = mediaTypesOf(response);
  if (!isAcceptable(accept, types))
    throw new AppError('not_acceptable', `The answer would be ${types.join(' or ')}, which Accept excludes`);
}

function mediaTypesOf({
  contentType = 'application/json',
  otherContentTypes = [],
}: AnyEndpointSpec['response']) {
  return [contentType, ...otherContentTypes].map((type) => type.split(';')[0] ?? '');
}

/** Whether `Accept` (RFC 9110, 12.5.1) leaves one of the types; of a type the most specific range decides. */
function isAcceptable(accept: string, types: readonly string[]): boolean {
  const weights = new Map<string, number>();
  for (const item of accept.toLowerCase().split(',')) {
    const [range = '', ...parameters] = item.split(';').map((part) => part.trim());
    const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? 1;
    if (range.includes('/')) weights.set(range, Math.max(weights.get(range) ?? 0, Number(weight)));
  }
  const weightOf = (type: string) => {
    const range = rangesOf(type).find((candidate) => weights.has(candidate));
    return range === undefined ? 0 : weights.get(range);
  };
  return weights.size === 0 || types.some((type) => weightOf(type) !== 0);
}

/** Who reads JSON reads its specializations (RFC 6839). */
function rangesOf(type: string): string[] {
  const [top, subtype = ''] = type.split('/');
  const suffix = subtype.split('+')[1];
  return [type, ...(suffix ? [`${top}/${suffix}`] : []), `${top}/*`, '*/*'];
}
