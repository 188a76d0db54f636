export interface Match {
  readonly routeKey: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** The route of an HTTP API that takes a request: of several the one that names more of the path, `$default` if no other does. */
export function findRoute(routeKeys: readonly string[], method: string, path: string): Match | undefined {
  const segments = path.split('/');
  const matches = routeKeys
    .map((routeKey) => ({ routeKey, parameters: matchRoute(routeKey, method, segments) }))
    .filter((match): match is Match => match.parameters !== undefined)
    .sort((one, other) => Object.keys(one.parameters).length - Object.keys(other.parameters).length);
  const fallback = routeKeys.includes('$default') ? { routeKey: '$default', parameters: {} } : undefined;
  return matches[0] ?? fallback;
}

function matchRoute(
  routeKey: string,
  method: string,
  segments: string[],
): Record<string, string> | undefined {
  const [routeMethod, template = ''] = routeKey.split(' ');
  const names = template.split('/');
  if ((routeMethod !== method && routeMethod !== 'ANY') || names.length !== segments.length) return undefined;
  const parameters: Record<string, string> = {};
  for (const [index, name] of names.entries()) {
    const segment = segments[index] ?? '';
    const parameter = /^\{(\w+)\}$/.exec(name)?.[1];
    if (parameter && segment !== '') parameters[parameter] = decode(segment);
    else if (name !== segment) return undefined;
  }
  return parameters;
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch (error) {
    // Not UTF-8: the function gets it as it came, and says so.
    if (error instanceof URIError) return segment;
    throw error;
  }
}
