import { AppError } from '#lib/errors/app-error.ts';

/** The strong entity tag of a version (RFC 9110, 8.8.3). */
export function versionTag({ version }: { version: number }): string {
  return `"v${version}"`;
}

/**
 * The versions that `If-Match` names (RFC 9110, 13.1.1): undefined for `*` or no header, empty when no tag is one of
 * ours (weak ones never match). Throws `precondition_required` when a required header is missing.
 */
export function parseIfMatch(
  header: string | undefined,
  requirement: 'optional' | 'required',
): readonly number[] | undefined {
  if (header === undefined) {
    if (requirement === 'optional') return undefined;
    throw new AppError('precondition_required', 'Send If-Match with the ETag you read, or * to overwrite');
  }
  if (header.trim() === '*') return undefined;
  return [...header.matchAll(/(?:^|,)\s*"v([1-9]\d{0,8})"\s*(?=,|$)/g)].map(([, version]) => Number(version));
}

/** True when `If-None-Match` lists the tag (weak comparison, RFC 9110, 13.1.2). */
export function matchesEntityTag(header: string | undefined, tag: string): boolean {
  if (header === undefined) return false;
  return header.split(',').some((candidate) => ['*', tag].includes(candidate.trim().replace(/^W\//, '')));
}
