import type { Actor } from '#lib/auth/actor.ts';
import type { Context } from '#lib/context.ts';
import { toFamilies } from './measured-families.ts';
import { readLastFold, readTotals } from './read-measurements.ts';
import { readServerConnections } from './read-server.ts';
import { formatFor, type MetricFamily, renderExposition } from './render-exposition.ts';

/**
 * The metrics of the fleet for a scraper: whichever instance it reaches, the numbers are the same. What only one instance knows,
 * its memory or its pool, is not in here.
 */
export async function getMetrics(ctx: Context<Actor>, accept: string): Promise<string> {
  const [totals, foldedAt, connections] = await Promise.all([
    readTotals(ctx),
    readLastFold(ctx),
    readServerConnections(ctx),
  ]);
  const gauges: MetricFamily[] = [
    {
      name: 'plinth_measurements_folded_timestamp_seconds',
      type: 'gauge',
      unit: 'seconds',
      help: 'When measurements were folded last: everything else here is as of then.',
      samples: foldedAt ? [{ value: foldedAt.getTime() / 1000 }] : [],
    },
    {
      name: 'plinth_database_connections',
      type: 'gauge',
      help: 'Connections that PostgreSQL serves, by state.',
      samples: Object.entries(connections.byState).map(([state, value]) => ({ labels: { state }, value })),
    },
    {
      name: 'plinth_database_connections_limit',
      type: 'gauge',
      help: 'Connections that PostgreSQL accepts.',
      samples: [{ value: connections.limit }],
    },
  ];
  return renderExposition([...toFamilies(totals), ...gauges], formatFor(accept));
}
