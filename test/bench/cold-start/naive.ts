import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import { Tracer } from '@aws-lambda-powertools/tracer';
import { captureLambdaHandler } from '@aws-lambda-powertools/tracer/middleware';
import middy from '@middy/core';
import httpErrorHandler from '@middy/http-error-handler';
import httpJsonBodyParser from '@middy/http-json-body-parser';
import { Redis } from '@upstash/redis';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { eq } from 'drizzle-orm';
import { integer, jsonb, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core';
import { drizzle } from 'drizzle-orm/postgres-js';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import postgres from 'postgres';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';

// getProject, with the same packages as ours, each used as its own documentation begins: what we compare with. Nothing is here to be
// slow: no package that we do not have, no more schemas and tables than one endpoint needs, and nothing connects before the first request.

const logger = new Logger({ serviceName: 'naive' });
const metrics = new Metrics({ namespace: 'naive', serviceName: 'naive' });
const tracer = new Tracer({ serviceName: 'naive' });

const settings = z
  .object({
    DATABASE_URL: z.url().default('postgres://localhost/naive'),
    UPSTASH_REDIS_REST_URL: z.url().default('http://localhost:1'),
    UPSTASH_REDIS_REST_TOKEN: z.string().default('naive'),
    JWKS_URL: z.url().default('http://localhost:1/jwks.json'),
  })
  .parse(process.env);

const projects = pgTable('projects', {
  id: uuid().primaryKey(),
  organizationId: uuid().notNull(),
  ownerId: uuid().notNull(),
  name: text().notNull(),
  slug: text().notNull(),
  description: text().notNull(),
  status: text().notNull(),
  tags: text().array().notNull(),
  metadata: jsonb().notNull(),
  version: integer().notNull().default(1),
  createdAt: timestamp().notNull().defaultNow(),
  updatedAt: timestamp().notNull().defaultNow(),
  deletedAt: timestamp(),
});
const database = drizzle(postgres(settings.DATABASE_URL), { schema: { projects } });
const redis = new Redis({ url: settings.UPSTASH_REDIS_REST_URL, token: settings.UPSTASH_REDIS_REST_TOKEN });
const keys = createRemoteJWKSet(new URL(settings.JWKS_URL));

const Params = z.object({ id: z.uuid() });
const Project = z.object({
  id: z.uuid(),
  name: z.string(),
  slug: z.string(),
  description: z.string(),
  status: z.enum(['active', 'paused', 'archived']),
  tags: z.array(z.string()),
  metadata: z.record(z.string(), z.unknown()),
  version: z.int(),
  createdAt: z.date(),
  updatedAt: z.date(),
});

async function getProject(event: APIGatewayProxyEventV2) {
  const requestId = uuidv7();
  const { payload } = await jwtVerify(event.headers.authorization?.slice('Bearer '.length) ?? '', keys);
  await redis.incr(`requests:${payload.sub}`);
  const { id } = Params.parse(event.pathParameters);
  const [project] = await database.select().from(projects).where(eq(projects.id, id));
  if (!project) return { statusCode: 404, body: JSON.stringify({ requestId }) };
  return { statusCode: 200, body: JSON.stringify(Project.parse(project)) };
}

export const handler = middy(getProject)
  .use(captureLambdaHandler(tracer))
  .use(injectLambdaContext(logger))
  .use(logMetrics(metrics))
  .use(httpJsonBodyParser({ disableContentTypeError: true }))
  .use(httpErrorHandler());
