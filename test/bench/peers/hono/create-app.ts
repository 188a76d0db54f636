import { createPublicKey } from 'node:crypto';
import { prometheus } from '@hono/prometheus';
import { zValidator } from '@hono/zod-validator';
import { Hono } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { jwt } from 'hono/jwt';
import { secureHeaders } from 'hono/secure-headers';
import { pinoLogger } from 'hono-pino';
import { type RedisClient, RedisStore, rateLimiter } from 'hono-rate-limiter';
import { pino } from 'pino';
import type { ZodType } from 'zod';
import { createProject, listProjects, readProject } from '#peers/queries.ts';
import { ListQuery, NewProject, Project, ProjectPage, ProjectParams } from '#peers/schemas.ts';
import { type Claims, isAllowed, limits, settings } from '#peers/settings.ts';

// Hono with its own middlewares and those of honojs/middleware: secure-headers, jwt, zod-validator, prometheus; hono-pino,
// hono-rate-limiter on Redis.
type Env = { Variables: { jwtPayload: Claims } };
const validate = <T extends ZodType, Target extends 'param' | 'query' | 'json'>(target: Target, schema: T) =>
  zValidator(target, schema, (result) => {
    if (!result.success) throw new HTTPException(422, { message: result.error.message });
  });

/** The app, whose limits are in the Redis of `client`. */
export function createApp(client: RedisClient, name: string) {
  const limit = (kind: 'read' | 'write') =>
    rateLimiter<Env>({
      windowMs: limits.windowMs,
      limit: limits[kind],
      standardHeaders: 'draft-7',
      keyGenerator: (c) => c.get('jwtPayload').sub,
      store: new RedisStore({ client, prefix: `${name}:${kind}:` }),
    });
  const app = new Hono<Env>();
  const { registerMetrics } = prometheus();
  app.use(pinoLogger({ pino: pino() }));
  app.use('*', registerMetrics);
  app.use(secureHeaders());
  app.use(
    '/api/*',
    jwt({
      // Text would be made into a key with each request.
      secret: createPublicKey(settings.jwtKey).toCryptoKey('Ed25519', false, ['verify']),
      alg: settings.jwtAlgorithm,
      verification: { iss: settings.issuer, aud: settings.audience },
    }),
  );
  app.use('/api/*', async (c, next) => {
    if (!isAllowed(c.get('jwtPayload'), c.req.method)) throw new HTTPException(403, { message: 'Forbidden' });
    await next();
  });
  app.get('/api/v1/projects/:id', limit('read'), validate('param', ProjectParams), async (c) => {
    const project = await readProject(c.get('jwtPayload'), c.req.valid('param').id);
    if (!project) throw new HTTPException(404, { message: 'Not found' });
    return c.json(Project.parse(project));
  });
  app.get('/api/v1/projects', limit('read'), validate('query', ListQuery), async (c) => {
    const { limit: size, cursor } = c.req.valid('query');
    return c.json(ProjectPage.parse(await listProjects(c.get('jwtPayload'), size, cursor)));
  });
  app.post('/api/v1/projects', limit('write'), validate('json', NewProject), async (c) => {
    const project = await createProject(c.get('jwtPayload'), c.req.valid('json'));
    if (!project) throw new HTTPException(409, { message: 'Slug is taken' });
    c.header('Location', `/api/v1/projects/${project.id}`);
    return c.json(Project.parse(project), 201);
  });
  return app;
}
