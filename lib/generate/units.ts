import type { EndpointOperation } from './load-operations.ts';

/**
 * How the endpoints of an area are deployed: a Lambda each, one Lambda for all behind a router, or the ones named `alone`
 * with a Lambda each and the others behind the router.
 */
export type Unit = 'endpoint' | 'area' | { readonly alone: readonly string[] };

export interface Division {
  readonly alone: readonly EndpointOperation[];
  readonly routed: readonly EndpointOperation[];
}

/** Throws for an endpoint that the area does not have. */
export function divide(unit: Unit, endpoints: readonly EndpointOperation[]): Division {
  if (unit === 'endpoint') return { alone: endpoints, routed: [] };
  if (unit === 'area') return { alone: [], routed: endpoints };
  const unknown = unit.alone.find((id) => !endpoints.some(({ spec }) => spec.id === id));
  if (unknown)
    throw new Error(`functions/generate.ts deploys "${unknown}" alone, which is not an endpoint of its area`);
  return {
    alone: endpoints.filter(({ spec }) => unit.alone.includes(spec.id)),
    routed: endpoints.filter(({ spec }) => !unit.alone.includes(spec.id)),
  };
}
