import type { Check } from './check.ts';
import { databaseMigrations } from './checks/database-migrations.ts';
import { databaseResponseTime } from './checks/database-response-time.ts';
import { redisResponseTime } from './checks/redis-response-time.ts';

/** What a request needs: all critical checks of what is outside, and Redis, without which it is served worse. */
export const readyChecks: readonly Check[] = [databaseResponseTime, databaseMigrations, redisResponseTime];
