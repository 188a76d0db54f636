/** One change as `oasdiff breaking --format json` tells it. */
export interface Change {
  readonly id: string;
  readonly text: string;
  readonly level: number;
  readonly operation?: string;
  readonly operationId?: string;
  readonly path?: string;
}

/** The level of what may break or not, like a pattern that is another one: that takes somebody who can compare them. */
const doubtful = 2;

/** Said of the version as soon as anything breaks. */
const unraised = ['api-version-not-bumped', 'api-version-decreased', 'api-major-version-not-bumped'];

/** Where our promise is not the one that oasdiff supposes. */
export const severities: Readonly<Record<string, 'err' | 'info'>> = {
  ...Object.fromEntries(unraised.map((id) => [id, 'err'])),
  // Whoever reads an enum has to expect values that are new, and problems with such a code: else each new error code would break every route.
  'response-property-enum-value-added': 'info',
  'response-body-one-of-added': 'info',
  // What is lost by it is told besides.
  'response-body-wrapped-in-one-of': 'info',
  'response-body-wrapped-in-one-of-original-preserved': 'info',
  // We refuse what we do not know: unknown members with 422, unknown parameters with 400.
  'request-property-removed': 'err',
  'request-parameter-removed': 'err',
  // Somebody reads it.
  'response-optional-property-removed': 'err',
  // Deprecated is not announced for a day: without a sunset that is over, it stays.
  'api-removed-with-deprecation': 'err',
  'api-path-removed-with-deprecation': 'err',
};

/** What breaks or may, for which operation, and what to do about it; allowed when nothing surely does, or the version says so. */
export function describeBreaking(
  changes: readonly Change[],
  { base, before, after }: { readonly base: string; readonly before: string; readonly after: string },
): { isAllowed: boolean; text: string } {
  const found = changes.filter(({ id }) => !unraised.includes(id));
  if (found.length === 0) return { isAllowed: true, text: `Nothing breaks clients of ${base}.` };
  const isAllowed = found.length === changes.length;
  const list = [...Map.groupBy(found, nameOf)].map(([name, those]) =>
    [name, ...those.map(describe)].join('\n'),
  );
  let verdict = isAllowed
    ? `Version ${after} breaks clients of ${before} (${base}), as it may. CHANGELOG.md has to tell them how to move.`
    : remedy(before, after);
  if (found.every(({ level }) => level === doubtful)) verdict = doubt(base);
  return { isAllowed, text: [`Against ${base}:`, ...list, verdict].join('\n\n') };
}

function doubt(base: string): string {
  return `Nothing surely breaks clients of ${base}, so this passes. No program can tell whether what "may break" does: look at it, and do not
merge what refuses a request that was accepted, or sends what no client expects (docs/versioning.md).`;
}

function describe({ text, id, level }: Change): string {
  return `  - ${level === doubtful ? 'may break: ' : ''}${text} [${id}]`;
}

function nameOf({ operation, operationId, path }: Change): string {
  if (path === undefined) return 'The document';
  return [operation, path, operationId && `(${operationId})`].filter(Boolean).join(' ');
}

function remedy(before: string, after: string): string {
  return `This breaks clients, and the version is ${after === before ? 'still ' : ''}${after}. Either
  1. keep it compatible: add beside what is there, and make it optional in requests; or
  2. leave the route as it is and define a new version of it, /api/v2/… (docs/versioning.md), with \`deprecated\` on the old one; or
  3. raise "version" in package.json to ${nextVersion(before)}, run \`npm run generate\`, and tell in CHANGELOG.md how to move.`;
}

/** Below 1.0.0 a minor version may break. */
function nextVersion(version: string): string {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major === 0 ? `0.${minor + 1}.0` : `${major + 1}.0.0`;
}
